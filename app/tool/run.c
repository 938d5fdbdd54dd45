/* SPDX-License-Identifier: MIT */
/* run.c - `mobilenet run MODEL`: raw input tensors in, raw output tensors out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tool.h"

static bool write_file(const char *path, const void *data, size_t bytes)
{
    FILE *file = fopen(path, "wb"); /* not a rename: /dev/stdout and pipes must work */
    bool written = file && fwrite(data, 1, bytes, file) == bytes;
    if (file && fclose(file) != 0)
        written = false;
    if (!written)
        tool_error("%s: cannot write: %s", path, g_strerror(errno));
    return written;
}

static bool run_once(const ToolNet *tool, const char *in_path, const char *out_path)
{
    const NnTensorInfo *in = nn_model_input(tool->model);
    g_autofree char *data = NULL;
    gsize bytes;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(in_path, &data, &bytes, &error)) {
        tool_error("%s; --input names a file with the bytes of the input tensor", error->message);
        return false;
    }
    if (bytes != in->bytes) {
        tool_error("%s: has %" G_GSIZE_FORMAT " bytes, but the input of %s takes %zu; "
                   "'mobilenet info' shows its type and shape",
                   in_path, bytes, tool->path, in->bytes);
        return false;
    }
    memcpy(nn_net_input(tool->net), data, bytes);
    nn_net_run(tool->net);
    return write_file(out_path, nn_net_output(tool->net), nn_model_output(tool->model)->bytes);
}

int verb_run(int argc, char **argv)
{
    g_auto(GStrv) inputs = NULL, outputs = NULL;
    NnOptions options = NN_OPTIONS_INIT;
    /* clang-format off */
    const GOptionEntry entries[] = {
        {"input", 'i', 0, G_OPTION_ARG_FILENAME_ARRAY, &inputs,
         "Bytes of the input tensor", "RAW"},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME_ARRAY, &outputs,
         "Where the bytes of the output tensor go", "RAW"},
        {"threads", 't', 0, G_OPTION_ARG_INT, &options.threads,
         "Number of threads; default: one per core, 4 at most", "N"},
        {NULL}};
    /* clang-format on */
    if (!tool_parse(&argc, &argv, entries, "MODEL",
                    "Runs a model on raw tensors: packed, NHWC, little-endian, in the type and "
                    "shape\nthat 'mobilenet info MODEL' shows.",
                    "--input and --output may be given several times: the model runs once for "
                    "each pair, in order.\n\n"
                    "Example:\n  mobilenet run model.tflite --input in.bin --output out.bin"))
        return STATUS_USAGE;
    if (argc != 2)
        return tool_usage(argc < 2 ? "no model given" : "more than one model given");
    guint n = inputs ? g_strv_length(inputs) : 0;
    guint n_outputs = outputs ? g_strv_length(outputs) : 0;
    if (n == 0)
        return tool_usage("no --input given");
    if (n != n_outputs)
        return tool_usage("%u times --input but %u times --output; they go in pairs", n, n_outputs);

    ToolNet tool;
    int status = tool_open(&tool, argv[1], NULL, &options);
    if (status != STATUS_OK)
        return status;
    for (guint i = 0; i < n && status == STATUS_OK; i++) {
        if (!run_once(&tool, inputs[i], outputs[i]))
            status = STATUS_FAILED;
    }
    tool_close(&tool);
    return status;
}

/* SPDX-License-Identifier: MIT */
/* classify.c - `mobilenet classify IMAGE...`: names what is in pictures. */
#include <stdio.h>

#include "ahead.h"
#include "tool.h"

static void print_text(const char *image, const ToolNet *tool, const NnClass *best, int n)
{
    printf("%s\n", image);
    for (int i = 0; i < n; i++)
        printf("%6.1f %%  %s\n", 100 * best[i].confidence,
               nn_labels_get(tool->labels, best[i].index));
    fflush(stdout);
}

static void print_json(const char *image, const ToolNet *tool, const NnClass *best, int n)
{
    JsonBuilder *line = json_line_new();
    json_add_path(line, "image", image);
    json_add_path(line, "model", tool->path);
    json_begin_array(line, "results");
    for (int i = 0; i < n; i++)
        json_add_class(line, nn_labels_get(tool->labels, best[i].index), best[i].index,
                       best[i].confidence);
    json_builder_end_array(line);
    json_line_print(line);
}

/* The i-th of the pictures. */
static bool classify(Ahead *ahead, char *const *images, int count, int i, const ToolNet *tool,
                     NnFit fit, NnClass *best, int *n, GError **error)
{
    Picture picture;
    if (!ahead_open_next(ahead, &picture, images, count, i, error))
        return false;
    bool shown = picture_show(&picture, tool->net, fit, error);
    picture_close(&picture);
    if (!shown) {
        g_prefix_error(error, "%s: ", images[i]);
        return false;
    }
    nn_net_run(tool->net);
    *n = nn_net_topk(tool->net, best, *n);
    return true;
}

int verb_classify(int argc, char **argv)
{
    g_autofree char *model = NULL, *labels = NULL, *fit_name = NULL;
    int top = 3;
    gboolean json = FALSE;
    NnOptions options = NN_OPTIONS_INIT;
    double mean = 0, std = 0;
    /* clang-format off */
    const GOptionEntry entries[] = {
        {"model", 'm', 0, G_OPTION_ARG_FILENAME, &model,
         "Path or name of the .tflite model; default: the bundled one", "MODEL"},
        {"labels", 'l', 0, G_OPTION_ARG_FILENAME, &labels,
         "Label file; default: inside or beside the model", "FILE"},
        {"top", 'k', 0, G_OPTION_ARG_INT, &top, "How many classes to print (3)", "K"},
        {"fit", 'f', 0, G_OPTION_ARG_STRING, &fit_name,
         "How a picture fills the model's square: crop (default), stretch or letterbox", "FIT"},
        {"threads", 't', 0, G_OPTION_ARG_INT, &options.threads,
         "Number of threads; default: one per core, 4 at most", "N"},
        {"mean", 0, 0, G_OPTION_ARG_DOUBLE, &mean,
         "Input is (byte - MEAN) / STD; default: what the model says", "MEAN"},
        {"std", 0, 0, G_OPTION_ARG_DOUBLE, &std, "See --mean", "STD"},
        {"json", 'j', 0, G_OPTION_ARG_NONE, &json, "One line of JSON for each picture", NULL},
        {NULL}};
    /* clang-format on */
    if (!tool_parse(&argc, &argv, entries, "IMAGE...", "Names what is in pictures.",
                    "IMAGE is a path, a URI, or - for standard input: whatever GStreamer has a "
                    "decoder for\n(PNG, JPEG, WebP, BMP, GIF, ...; of a video the first frame). "
                    "Pictures are turned\nupright as their Exif tag says. One that cannot be read "
                    "is reported, the others go on.\n\n"
                    "Example:\n  mobilenet classify --top 5 cat.jpg dog.png"))
        return STATUS_USAGE;
    NnFit fit;
    if (argc < 2)
        return tool_usage("no picture given");
    if (!picture_fit_from_name(fit_name, &fit))
        return tool_usage("--fit %s: must be crop, stretch or letterbox", fit_name);
    for (int i = 1; i < argc; i++) {
        if (model == NULL && g_str_has_suffix(argv[i], ".tflite"))
            return tool_usage("%s is a model, not a picture: name it with --model", argv[i]);
    }
    if (top < 1)
        return tool_usage("--top %d: must be 1 or more", top);
    if (std < 0 || (mean != 0 && std == 0))
        return tool_usage("--mean and --std go together, and STD must be over 0");
    options.mean = (float)mean;
    options.std = (float)std;

    g_autoptr(GError) error = NULL;
    if (!picture_init(&error)) {
        tool_error("%s", error->message);
        return STATUS_FAILED;
    }
    ToolNet tool;
    int status = tool_open(&tool, model, labels, &options);
    if (status != STATUS_OK)
        return status;

    int most = MIN(top, nn_model_n_classes(tool.model));
    g_autofree NnClass *best = g_new(NnClass, most);
    Ahead *ahead = ahead_new();
    for (int i = 1; i < argc; i++) {
        int n = most;
        if (!classify(ahead, argv, argc, i, &tool, fit, best, &n, &error)) {
            tool_error("%s", error->message);
            g_clear_error(&error);
            status = STATUS_FAILED;
        } else if (json) {
            print_json(argv[i], &tool, best, n);
        } else {
            print_text(argv[i], &tool, best, n);
        }
    }
    ahead_free(ahead);
    tool_close(&tool);
    return status;
}

/* SPDX-License-Identifier: MIT */
/* test_tiny.c - every model of models/tiny computes what TensorFlow Lite's reference kernels do:
 * integers byte for byte, floats within 1e-5, or 1e-2 in half precision. Usage: test_tiny [--cpu
 * LIST]
 * [--fp16] [--threads N] [NAME...].
 */
#include "nn.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    unsigned cpu;
    int threads;
    gboolean fp16;
    int passed, failed;
} Run;

static char *load(const char *dir, const char *name, const char *suffix, size_t *size)
{
    char *base = g_strconcat(name, suffix, NULL);
    char *path = g_build_filename(dir, base, NULL);
    char *bytes = NULL;
    if (!g_file_get_contents(path, &bytes, size, NULL))
        printf("cannot read %s\n", path);
    g_free(base);
    g_free(path);
    return bytes;
}

/* Index of the first element that differs too much, or -1. */
static int first_difference(const NnTensorInfo *info, const char *got, const char *due, float bound)
{
    if (info->type != NN_F32) {
        for (size_t i = 0; i < info->bytes; i++)
            if (got[i] != due[i])
                return (int)i;
        return -1;
    }
    for (size_t i = 0; i < info->bytes / sizeof(float); i++) {
        float a, b;
        memcpy(&a, got + i * sizeof a, sizeof a);
        memcpy(&b, due + i * sizeof b, sizeof b);
        if (!(fabsf(a - b) <= bound * fmaxf(1.0f, fabsf(b))))
            return (int)i;
    }
    return -1;
}

static void print_element(const NnTensorInfo *info, const char *bytes, int i)
{
    float f;
    switch (info->type) {
    case NN_F32:
        memcpy(&f, bytes + (size_t)i * sizeof f, sizeof f);
        printf("%.9g", (double)f);
        break;
    case NN_U8:
        printf("%d", (uint8_t)bytes[i]);
        break;
    default:
        printf("%d", (int8_t)bytes[i]);
        break;
    }
}

/* Runs all cases of a net; false after saying what differs. */
static bool run_cases(const char *name, NnNet *net, const char *in, size_t in_bytes,
                      const char *out, size_t out_bytes, float bound)
{
    const NnTensorInfo *input = nn_model_input(nn_net_model(net));
    const NnTensorInfo *output = nn_model_output(nn_net_model(net));
    size_t cases = in_bytes / input->bytes;
    if (cases == 0 || cases * input->bytes != in_bytes || cases * output->bytes != out_bytes) {
        printf("%s: %zu and %zu bytes are no whole tensors\n", name, in_bytes, out_bytes);
        return false;
    }
    for (size_t i = 0; i < cases; i++) {
        const char *due = out + i * output->bytes;
        memcpy(nn_net_input(net), in + i * input->bytes, input->bytes);
        nn_net_run(net);
        int at = first_difference(output, nn_net_output(net), due, bound);
        if (at < 0)
            continue;
        printf("%s: case %zu differs at element %d: ", name, i, at);
        print_element(output, nn_net_output(net), at);
        printf(" instead of ");
        print_element(output, due, at);
        printf("\n");
        return false;
    }
    return true;
}

static bool check_model(const Run *run, const char *dir, const char *name)
{
    char *base = g_strconcat(name, ".tflite", NULL);
    char *path = g_build_filename(dir, base, NULL);
    size_t in_bytes, out_bytes;
    char *in = load(dir, name, ".in", &in_bytes), *out = load(dir, name, ".out", &out_bytes);
    GError *error = NULL;
    NnOptions options = NN_OPTIONS_INIT;
    options.cpu = run->cpu;
    options.threads = run->threads;
    options.precision = run->fp16 ? NN_PRECISION_FP16 : NN_PRECISION_FP32;
    NnModel *model = nn_model_new_from_file(path, &error);
    NnNet *net = model ? nn_net_new(model, &options, &error) : NULL;
    bool ok = net && in && out &&
              run_cases(name, net, in, in_bytes, out, out_bytes, run->fp16 ? 1e-2f : 1e-5f);
    if (error)
        printf("%s: %s\n", name, error->message);
    nn_net_free(net);
    nn_model_unref(model);
    g_clear_error(&error);
    g_free(in);
    g_free(out);
    g_free(path);
    g_free(base);
    return ok;
}

static void check_dir(Run *run, const char *dir, char **names)
{
    GDir *files = g_dir_open(dir, 0, NULL);
    const char *file;
    while (files && (file = g_dir_read_name(files))) {
        if (!g_str_has_suffix(file, ".tflite"))
            continue;
        char *name = g_strndup(file, strlen(file) - strlen(".tflite"));
        if (!*names || g_strv_contains((const char *const *)names, name)) {
            bool ok = check_model(run, dir, name);
            run->passed += ok;
            run->failed += !ok;
        }
        g_free(name);
    }
    g_clear_pointer(&files, g_dir_close);
}

int main(int argc, char **argv)
{
    char *cpu = NULL, **names = NULL;
    int threads = 1;
    gboolean fp16 = FALSE;
    GOptionEntry entries[] = {
        {"cpu", 0, 0, G_OPTION_ARG_STRING, &cpu, "as NN_CPU", "LIST"},
        {"fp16", 0, 0, G_OPTION_ARG_NONE, &fp16, "in half precision", NULL},
        {"threads", 0, 0, G_OPTION_ARG_INT, &threads, "threads of each net", "N"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &names, NULL, "NAME..."},
        {0},
    };
    GOptionContext *context = g_option_context_new(NULL);
    GError *error = NULL;
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 2;
    }
    g_option_context_free(context);
    if (cpu)
        g_setenv("NN_CPU", cpu, TRUE);
    char *none[] = {NULL};
    Run run = {.cpu = NN_CPU_ALL, .threads = threads, .fp16 = fp16};
    check_dir(&run, TINY_DIR, names ? names : none);
    printf("%d models passed, %d failed (cpu flags %u, %d threads)\n", run.passed, run.failed,
           nn_cpu_flags(), threads);
    g_free(cpu);
    g_strfreev(names);
    return run.failed > 0 || run.passed == 0;
}

/* SPDX-License-Identifier: MIT */
/* test_golden.c - published models must give TensorFlow Lite's reference bytes: every case, kernel
 * set and number of threads. Integer outputs byte for byte, float ones within 1e-5 (in half
 * precision, --fp16, within what nn.h promises) and the same top 1. Where a case differs, the
 * recorded layers name the operator to look at.
 *
 *     test_golden [--cpu c|neon|dotprod|fp16 [--need]] [--fp16] [--threads 1,2,3,7] [--models GLOB]
 *
 * Reads $MOBILENET_SHARED/golden and models; exits 77 (skipped) where they are not there, and with
 * --need where the CPU has not what --cpu names, so that the same would only be computed again. */
#include "net.h"

#include "cpu.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLOAT_BOUND 1e-5f
#define HALF_BOUND  0.02f

static int n_passed, n_failed;
static char *opt_cpu, *opt_threads, *opt_models;
static gboolean opt_need, opt_fp16;
static float largest; /* difference of a float output */

static JsonNode *read_json(const char *dir, const char *file)
{
    char *path = g_build_filename(dir, file, NULL);
    JsonParser *parser = json_parser_new();
    JsonNode *root = json_parser_load_from_file(parser, path, NULL)
                         ? json_node_copy(json_parser_get_root(parser))
                         : NULL;
    g_object_unref(parser);
    g_free(path);
    return root;
}

static char *read_bytes(const char *dir, const char *file, size_t expected)
{
    char *path = g_build_filename(dir, file, NULL), *data = NULL;
    size_t size;
    if (!g_file_get_contents(path, &data, &size, NULL) || size != expected) {
        printf("  %s: cannot be read, or not %zu bytes\n", path, expected);
        g_clear_pointer(&data, g_free);
    }
    g_free(path);
    return data;
}

static int top1_f32(const float *x, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (x[i] > x[best])
            best = i;
    return best;
}

/* Index of the first wrong element, or -1. */
static long first_wrong(const NnTensorInfo *out, const void *got, const void *expected)
{
    if (out->type != NN_F32) {
        const uint8_t *a = got, *b = expected;
        for (size_t i = 0; i < out->bytes; i++)
            if (a[i] != b[i])
                return (long)i;
        return -1;
    }
    const float *a = got, *b = expected;
    int n = (int)(out->bytes / sizeof(float));
    const float bound = opt_fp16 ? HALF_BOUND : FLOAT_BOUND;
    for (int i = 0; i < n; i++) {
        largest = fmaxf(largest, fabsf(a[i] - b[i]));
        if (!(fabsf(a[i] - b[i]) <= bound))
            return i;
    }
    return top1_f32(a, n) == top1_f32(b, n) ? -1 : top1_f32(a, n);
}

/* The first recorded layer that differs; int8 tensors that were uint8 in the file are off by 128.
 */
static void report_layers(const char *dir, NnModel *model, const NnOptions *options,
                          const char *input, size_t bytes)
{
    JsonNode *root = read_json(dir, "layers.json");
    if (!root)
        return;
    NnOptions keep = *options;
    keep.keep_all = true;
    NnNet *net = nn_net_new(model, &keep, NULL);
    memcpy(nn_net_input(net), input, bytes);
    nn_net_run(net);
    JsonArray *layers = json_object_get_array_member(json_node_get_object(root), "layers");
    for (guint i = 0; i < json_array_get_length(layers); i++) {
        JsonObject *layer = json_array_get_object_element(layers, i);
        int tensor = (int)json_object_get_int_member(layer, "output");
        const GraphTensor *t = &net->plan->graph->tensors[tensor];
        bool u8 = !strcmp(json_object_get_string_member(layer, "dtype"), "UINT8");
        char *expected = read_bytes(dir, json_object_get_string_member(layer, "file"), t->bytes);
        const char *got = plan_tensor(net->plan, tensor);
        int flip = u8 && t->type == NN_S8 ? 0x80 : 0;
        size_t at = 0;
        bool computed = false;
        for (int s = 0; s < net->plan->n_steps; s++)
            computed |= net->plan->steps[s].out == tensor;
        while (expected && computed && at < t->bytes && got[at] == (char)(expected[at] ^ flip))
            at++;
        bool wrong = expected && computed && at < t->bytes;
        g_free(expected);
        if (wrong) {
            printf("    first wrong layer: op %d %s, element %zu\n",
                   (int)json_object_get_int_member(layer, "op"),
                   json_object_get_string_member(layer, "kind"), at);
            break;
        }
    }
    nn_net_free(net);
    json_node_unref(root);
}

static void check_model(const char *shared, const char *name, unsigned cpu)
{
    char *dir = g_build_filename(shared, "golden", name, NULL);
    JsonNode *root = read_json(dir, "index.json");
    JsonObject *index = json_node_get_object(root);
    char *path =
        g_build_filename(shared, "models", json_object_get_string_member(index, "model"), NULL);
    GError *error = NULL;
    NnModel *model = nn_model_new_from_file(path, &error);
    if (!model) {
        printf("FAIL %s: %s\n", name, error->message);
        n_failed++;
        g_error_free(error);
    }
    JsonArray *cases = json_object_get_array_member(index, "cases");
    char **threads = g_strsplit(opt_threads, ",", -1);
    for (int t = 0; model && threads[t]; t++) {
        NnOptions options = {.threads = atoi(threads[t]),
                             .cpu = cpu,
                             .precision = opt_fp16 ? NN_PRECISION_FP16 : NN_PRECISION_FP32};
        NnNet *net = nn_net_new(model, &options, &error);
        const NnTensorInfo *in = nn_model_input(model), *out = nn_model_output(model);
        int wrong = 0;
        largest = 0;
        guint n = json_array_get_length(cases);
        for (guint i = 0; i < n; i++) {
            JsonObject *c = json_array_get_object_element(cases, i);
            char *input = read_bytes(dir, json_object_get_string_member(c, "in"), in->bytes);
            char *expected = read_bytes(dir, json_object_get_string_member(c, "out"), out->bytes);
            long at = 0;
            if (net && input && expected) {
                memcpy(nn_net_input(net), input, in->bytes);
                nn_net_run(net);
                at = first_wrong(out, nn_net_output(net), expected);
            }
            if (at >= 0) {
                printf("  %s, case %s, %s threads: output %ld is wrong\n", name,
                       json_object_get_string_member(c, "name"), threads[t], at);
                if (!wrong++ && input && net)
                    report_layers(dir, model, &options, input, in->bytes);
            }
            g_free(input);
            g_free(expected);
        }
        printf("%s %s: %u cases, %s threads", wrong ? "FAIL" : "ok  ", name, n, threads[t]);
        if (out->type == NN_F32)
            printf(", largest difference %.2g", (double)largest);
        printf("\n");
        n_passed += (int)n - wrong;
        n_failed += wrong;
        nn_net_free(net);
    }
    g_strfreev(threads);
    nn_model_unref(model);
    g_free(path);
    json_node_unref(root);
    g_free(dir);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
    const GOptionEntry entries[] = {
        {"cpu", 0, 0, G_OPTION_ARG_STRING, &opt_cpu, "Kernels to use: c, neon, dotprod, fp16",
         "LIST"},
        {"need", 0, 0, G_OPTION_ARG_NONE, &opt_need, "Skip where the CPU lacks those kernels",
         NULL},
        {"fp16", 0, 0, G_OPTION_ARG_NONE, &opt_fp16, "In half precision", NULL},
        {"threads", 0, 0, G_OPTION_ARG_STRING, &opt_threads, "Thread counts, 1,2,3,7", "LIST"},
        {"models", 0, 0, G_OPTION_ARG_STRING, &opt_models, "Only models that match", "GLOB"},
        {NULL}};
    GOptionContext *context = g_option_context_new("- golden outputs of published models");
    g_option_context_add_main_entries(context, entries, NULL);
    GError *error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 2;
    }
    g_option_context_free(context);
    unsigned cpu = opt_cpu ? cpu_parse(opt_cpu) : NN_CPU_ALL;
    if (opt_need && (cpu & ~cpu_detect())) {
        printf("skipped: this CPU has no %s\n", opt_cpu);
        return 77;
    }
    if (!opt_threads)
        opt_threads = g_strdup("1,2,3,7");

    const char *shared = g_getenv("MOBILENET_SHARED");
    char *golden = g_build_filename(shared ? shared : "../shared", "golden", NULL);
    GDir *dir = g_dir_open(golden, 0, NULL);
    if (!dir) {
        printf("skipped: no golden outputs at %s\n", golden);
        return 77;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; (name = g_dir_read_name(dir));) {
        char *index = g_build_filename(golden, name, "index.json", NULL);
        if (g_file_test(index, G_FILE_TEST_EXISTS) &&
            (!opt_models || g_pattern_match_simple(opt_models, name)))
            g_ptr_array_add(names, g_strdup(name));
        g_free(index);
    }
    g_dir_close(dir);
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i < names->len; i++)
        check_model(shared ? shared : "../shared", names->pdata[i], cpu);
    g_ptr_array_free(names, TRUE);
    g_free(golden);
    printf("%d passed, %d failed\n", n_passed, n_failed);
    return n_failed > 0;
}

/* SPDX-License-Identifier: MIT */
/* test_embedding.c - where classifiers are cut into features and top, and what a net gives of it.
 */
#include "graph_build.h"
#include "net.h"
#include "tiny.h"

#include <math.h>

/* Reshapes, squeezes, the classes as FULLY_CONNECTED or CONV_2D, squeeze-excite in the way. */
static void tiny_networks_are_cut_at_their_last_layer(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int size;
    } nets[] = {{"mobilenet_v1", 16}, {"mobilenet_v2", 9}, {"mobilenet_v3", 8}};
    static const char *const types[] = {"f32", "s8", "u8"};
    for (size_t i = 0; i < G_N_ELEMENTS(nets); i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(types); k++) {
            char *name = g_strdup_printf("%s_%s.tflite", nets[i].name, types[k]);
            NnModel *model = load(TINY_DIR, name);
            assert_int_equal(nn_model_embedding_size(model), nets[i].size);
            nn_model_unref(model);
            g_free(name);
        }
    }
}

static void published_networks_are_cut_before_what_knows_the_classes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int size;
    } nets[] = {
        {"gallery_mobilenet_v3_small_int8", 576},
        {"growgrid_mobilenet_v2_0.35_224_float", 1280}, /* not the 100 before its 8 classes */
        {"mlkit_flowers_mobilenet_v2_quant", 1280},
        {"mlkit_object_labeler_v2_quant", 1280},
        {"mobilenet_v1_0.25_128_quant", 256},
        {"mobilenet_v1_0.75_192_quant", 768},
        {"mobilenet_v1_1.0_224_quant_embedding_extractor", 1024},
        {"mobilenet_v2_1.0_224_inat_bird_quant", 1280},
        {"mobilenet_v2_1.0_224_quant", 1280},
        {"tf2_mobilenet_v2_1.0_224_ptq", 1280},
        {"vww_mobilenet_v1_0.25_96_float", 256},
        {"vww_mobilenet_v1_0.25_96_int8", 256},
    };
    const char *shared = g_getenv("MOBILENET_SHARED");
    char *folder = g_build_filename(shared ? shared : "/nowhere", "models", NULL);
    if (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
        print_message("no %s: published models are not looked at\n", folder);
        g_free(folder);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(nets); i++) {
        char *name = g_strconcat(nets[i].name, ".tflite", NULL);
        NnModel *model = load(folder, name);
        if (nn_model_embedding_size(model) != nets[i].size)
            fail_msg("%s: %d features", name, nn_model_embedding_size(model));
        nn_model_unref(model);
        g_free(name);
    }
    g_free(folder);
}

static void noise(void *data, size_t bytes, NnType type)
{
    uint32_t x = 12345;
    for (size_t i = 0; i < (type == NN_F32 ? bytes / 4 : bytes); i++) {
        x = x * 1664525 + 1013904223;
        if (type == NN_F32)
            ((float *)data)[i] = (float)(x >> 8) / (1 << 23) - 1;
        else
            ((uint8_t *)data)[i] = (uint8_t)(x >> 24);
    }
}

static float *features(NnModel *model, bool keep_all, int threads)
{
    NnOptions options = NN_OPTIONS_INIT;
    options.keep_all = keep_all;
    options.keep_embedding = true;
    options.threads = threads;
    NnNet *net = nn_net_new(model, &options, NULL);
    assert_non_null(net);
    float *values = g_new0(float, nn_model_embedding_size(model));
    noise(nn_net_input(net), nn_model_input(model)->bytes, nn_model_input(model)->type);
    nn_net_run(net);
    nn_net_embedding(net, values);
    nn_net_free(net);
    return values;
}

/* The features times the weights of the top are what the net itself says. */
static void features_and_top_make_the_output(void **state)
{
    (void)state;
    static const char *const names[] = {"mobilenet_v1_f32.tflite", "mobilenet_v2_f32.tflite",
                                        "mobilenet_v3_f32.tflite"};
    for (size_t m = 0; m < G_N_ELEMENTS(names); m++) {
        NnModel *model = load(TINY_DIR, names[m]);
        const NnGraph *graph = model->graph;
        const GraphOp *top = &graph->ops[graph->n_ops - 2];
        int n = nn_model_embedding_size(model), classes = nn_model_n_classes(model);
        const float *w = graph->tensors[top->in[1]].data, *b = graph->tensors[top->in[2]].data;
        float *e = features(model, false, 1), sum = 0;
        float *scores = g_new(float, classes), *mine = g_new0(float, classes);
        NnNet *net = nn_net_new(model, NULL, NULL);
        noise(nn_net_input(net), nn_model_input(model)->bytes, NN_F32);
        nn_net_run(net);
        nn_net_scores(net, scores);
        for (int k = 0; k < classes; k++) {
            for (int i = 0; i < n; i++)
                mine[k] += w[k * n + i] * e[i];
            sum += mine[k] = expf(mine[k] + b[k]);
        }
        for (int k = 0; k < classes; k++)
            assert_true(fabsf(mine[k] / sum - scores[k]) < 1e-5f);
        nn_net_free(net);
        nn_model_unref(model);
        g_free(e);
        g_free(scores);
        g_free(mine);
    }
}

/* Nothing that is computed later, in bands or by threads, overwrites them. */
static void features_survive_the_run(void **state)
{
    (void)state;
    static const char *const names[] = {"mobilenet_v1_u8.tflite", "mobilenet_v2_s8.tflite",
                                        "mobilenet_v3_u8.tflite", "mobilenet_v3_f32.tflite"};
    g_setenv("NN_BANDS", "8", TRUE);
    g_setenv("NN_PRECISION", "fp32", TRUE); /* as nets that keep all are */
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        NnModel *model = load(TINY_DIR, names[i]);
        size_t bytes = sizeof(float) * (size_t)nn_model_embedding_size(model);
        float *all = features(model, true, 1), *one = features(model, false, 1),
              *three = features(model, false, 3);
        bool varied = false;
        for (int k = 1; k < nn_model_embedding_size(model); k++)
            varied = varied || all[k] != all[0];
        assert_true(varied);
        assert_memory_equal(one, all, bytes);
        assert_memory_equal(three, all, bytes);
        nn_model_unref(model);
        g_free(all);
        g_free(one);
        g_free(three);
    }
    g_unsetenv("NN_BANDS");
    g_unsetenv("NN_PRECISION");
}

/* pool -> hard swish written as three operators -> dense: the wide layer of v3 from other
 * exporters. The tensors between are not cuts. */
static void a_cut_is_where_all_ways_meet(void **state)
{
    (void)state;
    NnGraph *graph = graph_new();
    int in = f32_tensor(graph, 2, 2, 4), pooled = f32_tensor(graph, 1, 1, 4);
    int wide = f32_tensor(graph, 1, 1, 6), gate = f32_tensor(graph, 1, 1, 6);
    int swish = f32_tensor(graph, 1, 1, 6), out = f32_tensor(graph, 1, 1, 3);
    int w1 = fill(graph, tensor(graph, NN_F32, 6, 1, 1, 4, 0, 0), 0);
    int w2 = fill(graph, tensor(graph, NN_F32, 3, 1, 1, 6, 0, 0), 0);
    int three = fill(graph, f32_tensor(graph, 1, 1, 1), 0);
    for (int i = 0; i < graph->n_tensors; i++)
        assert_true(graph_check_tensor(i, &graph->tensors[i], NULL));
    add_op(graph, GRAPH_MEAN, in, -1, pooled);
    add_op(graph, GRAPH_CONV, pooled, w1, wide);
    add_op(graph, GRAPH_ADD, wide, three, gate);
    add_op(graph, GRAPH_MUL, wide, gate, swish);
    add_op(graph, GRAPH_CONV, swish, w2, out);
    graph->input = in;
    graph->output = out;
    assert_int_equal(graph_embedding(graph), swish);
    int cuts[5];
    assert_int_equal(graph_cuts(graph, swish, cuts), 3);
    assert_int_equal(cuts[0], wide);
    assert_int_equal(cuts[1], pooled);
    assert_int_equal(cuts[2], in);
    graph_free(graph);
}

static void pictures_without_one_cell_have_no_features(void **state)
{
    (void)state;
    NnModel *model = load(TINY_DIR, "add_f32.tflite");
    assert_int_equal(nn_model_embedding_size(model), 0);
    nn_model_unref(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiny_networks_are_cut_at_their_last_layer),
        cmocka_unit_test(published_networks_are_cut_before_what_knows_the_classes),
        cmocka_unit_test(features_and_top_make_the_output),
        cmocka_unit_test(features_survive_the_run),
        cmocka_unit_test(a_cut_is_where_all_ways_meet),
        cmocka_unit_test(pictures_without_one_cell_have_no_features),
    };
    return cmocka_run_group_tests_name("embedding", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* test_grad.c - gradients against finite differences, operator by operator and through whole
 * networks; the forward pass against the runtime; a block against PyTorch. */
#include "grad.h"
#include "graph_build.h"
#include "net.h"
#include "tiny.h"

#include <math.h>

static int constant(NnGraph *graph, int n, int h, int w, int c, uint32_t seed)
{
    int t = fill(graph, tensor(graph, NN_F32, n, h, w, c, 0, 0), 0);
    float *data = (float *)graph->tensors[t].data;
    for (int i = 0; i < n * h * w * c; i++)
        data[i] = (float)next(&seed);
    return t;
}

static void check_all(NnGraph *graph)
{
    for (int i = 0; i < graph->n_tensors; i++)
        assert_true(graph_check_tensor(i, &graph->tensors[i], NULL));
}

/* sum_i r_i out_i for fixed r: what is differentiated. */
static double weigh(Grad *g, const float *in, float *r)
{
    size_t n = grad_elements(g->graph, g->to);
    double sum = 0;
    uint32_t seed = 5;
    grad_forward(g, in);
    for (size_t i = 0; i < n; i++) {
        r[i] = (float)next(&seed);
        sum += (double)r[i] * (double)g->value[g->to][i];
    }
    return sum;
}

/* Central differences of some elements of an array that weigh() depends on. An element near a kink
 * (a bound of an activation) has none: the two one-sided slopes differ, and it is passed over. */
static int compare(Grad *g, const float *in, float *array, const float *gradient, size_t n)
{
    const double step = 2e-3;
    float *r = g_new(float, grad_elements(g->graph, g->to));
    double here = weigh(g, in, r);
    int compared = 0;
    for (size_t i = 0; i<n; i += n> 40 ? n / 40 : 1) {
        float keep = array[i];
        array[i] = keep + (float)step;
        double above = weigh(g, in, r), up = array[i];
        array[i] = keep - (float)step;
        double below = weigh(g, in, r), down = array[i];
        array[i] = keep;
        double slope = (above - below) / (up - down);
        double bend = (above - here) - (here - below);
        if (fabs(bend) > 1e-3 * (0.1 + fabs(above - below)))
            continue;
        compared++;
        if (fabs(slope - (double)gradient[i]) > 1e-2 * (1 + fabs(slope)))
            fail_msg("element %zu: slope %g, gradient %g", i, slope, (double)gradient[i]);
    }
    g_free(r);
    return compared;
}

/* Of the input and all parameters. Frees the graph. */
static void check_gradients(NnGraph *graph, int from, int to)
{
    GError *error = NULL;
    Grad *g = grad_new(graph, from, to, &error);
    if (!g)
        fail_msg("%s", error->message);
    size_t n = grad_elements(graph, from);
    float *in = g_new(float, n), *r = g_new(float, grad_elements(graph, to));
    uint32_t seed = 3;
    for (size_t i = 0; i < n; i++)
        in[i] = (float)(2 * next(&seed));
    weigh(g, in, r);
    grad_backward(g, r);
    float *gradient = g_memdup2(g->gradient[from], n * sizeof(float));
    assert_true(compare(g, in, in, gradient, n) > 5);
    for (guint k = 0; k < g->params->len; k++) {
        GradParam *p = &g_array_index(g->params, GradParam, k);
        assert_true(compare(g, in, p->value, p->gradient, p->n) > 0);
    }
    g_free(gradient);
    g_free(in);
    g_free(r);
    grad_free(g);
}

static void windowed(GraphKind kind, int k, int stride, int pad, GraphAct act, int out_c)
{
    NnGraph *graph = graph_new();
    int side = (7 + 2 * pad - k) / stride + 1;
    int in = f32_tensor(graph, 7, 7, 4), out = f32_tensor(graph, side, side, out_c), w = -1, b = -1;
    if (kind == GRAPH_CONV)
        w = constant(graph, out_c, k, k, 4, 1);
    if (kind == GRAPH_DWCONV)
        w = constant(graph, 1, k, k, out_c, 1);
    if (w >= 0)
        b = constant(graph, 1, 1, 1, out_c, 2);
    check_all(graph);
    GraphOp *op = add_op(graph, kind, in, w, out);
    op->k_h = op->k_w = k;
    op->stride_h = op->stride_w = stride;
    op->pad_t = op->pad_l = pad;
    op->act = act;
    if (w >= 0) {
        op->n_in = 3;
        op->in[2] = b;
    }
    check_gradients(graph, in, out);
    graph_free(graph);
}

static void convolutions_and_pools_have_their_slopes(void **state)
{
    (void)state;
    windowed(GRAPH_CONV, 1, 1, 0, GRAPH_ACT_NONE, 5);
    windowed(GRAPH_CONV, 1, 1, 0, GRAPH_ACT_RELU6, 5);
    windowed(GRAPH_CONV, 3, 2, 1, GRAPH_ACT_RELU, 3);
    windowed(GRAPH_DWCONV, 3, 1, 1, GRAPH_ACT_RELU6, 4);
    windowed(GRAPH_DWCONV, 3, 2, 1, GRAPH_ACT_NONE, 8);
    windowed(GRAPH_DWCONV, 5, 1, 2, GRAPH_ACT_RELU_N1_TO_1, 4);
    windowed(GRAPH_AVERAGE_POOL, 3, 2, 1, GRAPH_ACT_NONE, 4);
    windowed(GRAPH_AVERAGE_POOL, 7, 1, 0, GRAPH_ACT_NONE, 4);
}

static void single(GraphKind kind)
{
    NnGraph *graph = graph_new();
    int in = f32_tensor(graph, 3, 4, 6);
    int out = kind == GRAPH_MEAN ? f32_tensor(graph, 1, 1, 6) : f32_tensor(graph, 3, 4, 6);
    check_all(graph);
    add_op(graph, kind, in, -1, out);
    check_gradients(graph, in, out);
    graph_free(graph);
}

static void activations_have_their_slopes(void **state)
{
    (void)state;
    single(GRAPH_HARD_SWISH);
    single(GRAPH_LOGISTIC);
    single(GRAPH_RELU);
    single(GRAPH_RELU6);
    single(GRAPH_RELU_N1_TO_1);
    single(GRAPH_MEAN);
}

/* A tensor, and the mean of it as a gate: what squeeze-excite does; and with a constant. */
static void operands_have_their_slopes(void **state)
{
    (void)state;
    static const GraphKind kinds[] = {GRAPH_ADD, GRAPH_SUB, GRAPH_MUL};
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        NnGraph *graph = graph_new();
        int in = f32_tensor(graph, 3, 2, 5), gate = f32_tensor(graph, 1, 1, 5);
        int both = f32_tensor(graph, 3, 2, 5), out = f32_tensor(graph, 3, 2, 5);
        int c = constant(graph, 1, 1, 1, 5, 8);
        check_all(graph);
        add_op(graph, GRAPH_MEAN, in, -1, gate);
        add_op(graph, kinds[i], in, gate, both);
        add_op(graph, kinds[i], c, both, out);
        check_gradients(graph, in, out);
        graph_free(graph);
    }
}

/* From the picture to the features: all operators of MobileNet v1, v2 and v3 together; and the
 * forward pass is that of the runtime. */
static void whole_networks_have_their_slopes(void **state)
{
    (void)state;
    static const char *const names[] = {"mobilenet_v1_f32.tflite", "mobilenet_v2_f32.tflite",
                                        "mobilenet_v3_f32.tflite"};
    for (size_t m = 0; m < G_N_ELEMENTS(names); m++) {
        NnModel *model = tiny(names[m]);
        NnOptions options = NN_OPTIONS_INIT;
        options.keep_embedding = true;
        NnNet *net = nn_net_new(model, &options, NULL);
        NnGraph *graph = model->graph;
        Grad *g = grad_new(graph, graph->input, graph->embedding, NULL);
        size_t n = grad_elements(graph, graph->input);
        int depth = nn_model_embedding_size(model);
        float *in = g_new(float, n), *features = g_new(float, depth);
        uint32_t seed = 4;
        for (size_t i = 0; i < n; i++)
            in[i] = (float)next(&seed);
        memcpy(nn_net_input(net), in, n * sizeof(float));
        nn_net_run(net);
        nn_net_embedding(net, features);
        grad_forward(g, in);
        for (int i = 0; i < depth; i++)
            assert_true(fabsf(g->value[graph->embedding][i] - features[i]) < 1e-4f);
        grad_free(g);
        check_gradients(graph, graph->input, graph->embedding);
        nn_net_free(net);
        nn_model_unref(model);
        g_free(in);
        g_free(features);
    }
}

/* An inverted residual block, stride one: expansion with RELU6, depthwise with RELU6, projection,
 * add; then the mean. Values from PyTorch (grad_vectors.py): loss sum_i (i + 1) out_i. */
#include "grad_vectors.h"

static void near(const float *is, const float *should, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fabsf(is[i] - should[i]) > 1e-4f * (1 + fabsf(should[i])))
            fail_msg("element %zu is %g, PyTorch has %g", i, (double)is[i], (double)should[i]);
}

static void a_block_has_pytorchs_gradients(void **state)
{
    (void)state;
    NnGraph *graph = graph_new();
    int in = f32_tensor(graph, 4, 4, 3), wide = f32_tensor(graph, 4, 4, 6);
    int deep = f32_tensor(graph, 4, 4, 6), thin = f32_tensor(graph, 4, 4, 3);
    int sum = f32_tensor(graph, 4, 4, 3), out = f32_tensor(graph, 1, 1, 3);
    int w[6] = {constant(graph, 6, 1, 1, 3, 11), constant(graph, 1, 1, 1, 6, 12),
                constant(graph, 1, 3, 3, 6, 13), constant(graph, 1, 1, 1, 6, 14),
                constant(graph, 3, 1, 1, 6, 15), constant(graph, 1, 1, 1, 3, 16)};
    check_all(graph);
    const int ends[3][2] = {{in, wide}, {wide, deep}, {deep, thin}};
    for (int i = 0; i < 3; i++) {
        GraphOp *op =
            add_op(graph, i == 1 ? GRAPH_DWCONV : GRAPH_CONV, ends[i][0], w[2 * i], ends[i][1]);
        op->n_in = 3;
        op->in[2] = w[2 * i + 1];
        op->k_h = op->k_w = i == 1 ? 3 : 1;
        op->pad_t = op->pad_l = i == 1;
        op->act = i < 2 ? GRAPH_ACT_RELU6 : GRAPH_ACT_NONE;
    }
    add_op(graph, GRAPH_ADD, thin, in, sum);
    add_op(graph, GRAPH_MEAN, sum, -1, out);
    Grad *g = grad_new(graph, in, out, NULL);
    float x[48];
    uint32_t seed = 10;
    for (int i = 0; i < 48; i++)
        x[i] = (float)(2 * next(&seed));
    grad_forward(g, x);
    near(g->value[out], torch_out, 3);
    grad_backward(g, (const float[]){1, 2, 3});
    near(g->gradient[in], torch_x, 48);
    const float *const expected[6] = {torch_w1, torch_b1, torch_w2, torch_b2, torch_w3, torch_b3};
    for (int i = 0; i < 6; i++) {
        const GradParam *p = &g_array_index(g->params, GradParam, g->param_of[w[i]]);
        near(p->gradient, expected[i], p->n);
    }
    grad_free(g);
    graph_free(graph);
}

static void what_has_no_slope_is_named(void **state)
{
    (void)state;
    NnModel *model = tiny("mobilenet_v2_s8.tflite");
    GError *error = NULL;
    assert_null(grad_new(model->graph, model->graph->input, model->graph->embedding, &error));
    assert_true(g_error_matches(error, NN_ERROR, NN_ERROR_UNSUPPORTED));
    assert_non_null(strstr(error->message, "a float32 model is needed"));
    g_error_free(error);
    nn_model_unref(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions_and_pools_have_their_slopes),
        cmocka_unit_test(activations_have_their_slopes),
        cmocka_unit_test(operands_have_their_slopes),
        cmocka_unit_test(whole_networks_have_their_slopes),
        cmocka_unit_test(a_block_has_pytorchs_gradients),
        cmocka_unit_test(what_has_no_slope_is_named),
    };
    return cmocka_run_group_tests_name("grad", tests, NULL, NULL);
}

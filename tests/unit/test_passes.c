/* SPDX-License-Identifier: MIT */
/* test_passes.c - each rewrite happens where it is exact, and only there. */
#include "graph_build.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void check_and_pass(NnGraph *graph)
{
    GError *error = NULL;
    bool ok = graph_check(graph, &error) && graph_passes(graph, &error);
    if (!ok)
        print_message("%s\n", error->message);
    assert_true(ok);
}

/* input 4x4x3 -> PAD by one all around -> CONV 3x3 VALID -> 4x4x2. Tensors 0 1 2 3. */
static NnGraph *pad_conv(float value)
{
    NnGraph *graph = graph_new();
    graph->input = f32_tensor(graph, 4, 4, 3);
    int padded = f32_tensor(graph, 6, 6, 3);
    int weights = fill(graph, tensor(graph, NN_F32, 2, 3, 3, 3, 0, 0), 0);
    graph->output = f32_tensor(graph, 4, 4, 2);
    GraphOp *pad = add_op(graph, GRAPH_PAD, graph->input, -1, padded);
    pad->pad_before[1] = pad->pad_after[1] = pad->pad_before[2] = pad->pad_after[2] = 1;
    pad->pad_value = value;
    add_op(graph, GRAPH_CONV, padded, weights, graph->output);
    return graph;
}

static void pad_goes_into_the_convolution(void **state)
{
    (void)state;
    NnGraph *graph = pad_conv(0);
    check_and_pass(graph);
    assert_int_equal(graph->n_ops, 1);
    assert_int_equal(graph->ops[0].in[0], graph->input);
    assert_int_equal(graph->ops[0].pad_t, 1);
    assert_int_equal(graph->ops[0].pad_l, 1);
    graph_free(graph);
}

static void pad_with_another_value_stays(void **state)
{
    (void)state;
    NnGraph *graph = pad_conv(0.5f);
    check_and_pass(graph);
    assert_int_equal(graph->n_ops, 2);
    graph_free(graph);
}

static void pad_read_twice_stays(void **state)
{
    (void)state;
    NnGraph *graph = pad_conv(0);
    int other = f32_tensor(graph, 4, 4, 2), sum = f32_tensor(graph, 4, 4, 2);
    add_op(graph, GRAPH_CONV, 1, 2, other);
    add_op(graph, GRAPH_ADD, graph->output, other, sum);
    graph->output = sum;
    check_and_pass(graph);
    assert_int_equal(graph->n_ops, 4);
    graph_free(graph);
}

/* input -> ADD with itself (act) -> second activation -> output. */
static NnGraph *add_relu(NnType type, GraphAct act, GraphKind second, float out_scale)
{
    NnGraph *graph = graph_new();
    graph->input = tensor(graph, type, 1, 2, 2, 4, 0.1f, -3);
    int sum = tensor(graph, type, 1, 2, 2, 4, 0.1f, -3);
    graph->output = tensor(graph, type, 1, 2, 2, 4, out_scale, -3);
    add_op(graph, GRAPH_ADD, graph->input, graph->input, sum)->act = act;
    add_op(graph, second, sum, -1, graph->output);
    return graph;
}

static void activations_are_fused_where_exact(void **state)
{
    static const struct {
        NnType type;
        GraphAct act;
        GraphKind second;
        float out_scale;
        int n_ops;
        GraphAct result;
    } rows[] = {
        {NN_F32, GRAPH_ACT_NONE, GRAPH_RELU6, 0, 1, GRAPH_ACT_RELU6},
        {NN_F32, GRAPH_ACT_RELU, GRAPH_RELU6, 0, 1, GRAPH_ACT_RELU6},
        {NN_F32, GRAPH_ACT_RELU6, GRAPH_RELU, 0, 1, GRAPH_ACT_RELU6},
        {NN_F32, GRAPH_ACT_RELU, GRAPH_RELU_N1_TO_1, 0, 2, GRAPH_ACT_RELU},
        {NN_S8, GRAPH_ACT_NONE, GRAPH_RELU, 0.1f, 1, GRAPH_ACT_RELU},
        {NN_S8, GRAPH_ACT_NONE, GRAPH_RELU, 0.2f, 2, GRAPH_ACT_NONE},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        NnGraph *graph = add_relu(rows[i].type, rows[i].act, rows[i].second, rows[i].out_scale);
        check_and_pass(graph);
        assert_int_equal(graph->n_ops, rows[i].n_ops);
        assert_int_equal(graph->ops[0].act, rows[i].result);
        assert_int_equal(graph->ops[graph->n_ops - 1].out, graph->output);
        graph_free(graph);
    }
}

static void activation_read_twice_stays(void **state)
{
    (void)state;
    NnGraph *graph = add_relu(NN_F32, GRAPH_ACT_NONE, GRAPH_RELU, 0);
    int sum = f32_tensor(graph, 2, 2, 4);
    add_op(graph, GRAPH_ADD, 1, graph->output, sum);
    graph->output = sum;
    check_and_pass(graph);
    assert_int_equal(graph->n_ops, 3);
    graph_free(graph);
}

static void dequantized_constants_become_float(void **state)
{
    static const struct {
        uint16_t half;
        float value;
    } rows[] = {{0x0000, 0.0f},        {0x8000, -0.0f},         {0x3c00, 1.0f},
                {0xc100, -2.5f},       {0x7bff, 65504.0f},      {0x0001, 5.9604645e-8f},
                {0x83ff, -6.0976e-5f}, {0x0400, 6.1035156e-5f}, {0x7c00, INFINITY}};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        NnGraph *graph = graph_new();
        graph->input = f32_tensor(graph, 1, 1, 4);
        int half = fill(graph, tensor(graph, NN_F16, 1, 1, 1, 1, 0, 0), 0);
        int value = f32_tensor(graph, 1, 1, 1);
        graph->output = f32_tensor(graph, 1, 1, 4);
        uint16_t stored = GUINT16_TO_LE(rows[i].half);
        memcpy((void *)(uintptr_t)graph->tensors[half].data, &stored, sizeof stored);
        add_op(graph, GRAPH_DEQUANTIZE, half, -1, value);
        add_op(graph, GRAPH_MUL, graph->input, value, graph->output);
        check_and_pass(graph);
        assert_int_equal(graph->n_ops, 1);
        float got;
        memcpy(&got, graph->tensors[value].data, sizeof got);
        if (isfinite(rows[i].value))
            assert_true(fabsf(got - rows[i].value) <= 1e-9f);
        else
            assert_true(isinf(got));
        assert_int_equal(signbit(got) != 0, signbit(rows[i].value) != 0);
        graph_free(graph);
    }
}

static void fully_connected_becomes_a_convolution(void **state)
{
    (void)state;
    NnGraph *graph = graph_new();
    graph->input = f32_tensor(graph, 2, 3, 4);
    GraphTensor weights = {.type = NN_F32, .n_dims = 2, .dims = {5, 24}, .alias = -1};
    GraphTensor out = {.type = NN_F32, .n_dims = 2, .dims = {1, 5}, .alias = -1};
    int w = fill(graph, graph_add_tensor(graph, &weights), 0);
    graph->output = graph_add_tensor(graph, &out);
    add_op(graph, GRAPH_FULLY_CONNECTED, graph->input, w, graph->output);
    check_and_pass(graph);
    const GraphOp *op = &graph->ops[0];
    const GraphTensor *in = &graph->tensors[op->in[0]];
    assert_int_equal(op->kind, GRAPH_CONV);
    assert_true(op->fc_origin);
    assert_int_equal(in->alias, graph->input);
    assert_memory_equal(in->dims, ((int[]){1, 1, 1, 24}), sizeof in->dims);
    assert_memory_equal(graph->tensors[op->in[1]].dims, ((int[]){5, 1, 1, 24}), sizeof in->dims);
    assert_ptr_equal(graph->tensors[op->in[1]].data, graph->tensors[w].data);
    graph_free(graph);
}

static void uint8_is_left_at_the_ends_only(void **state)
{
    (void)state;
    NnGraph *graph = graph_new();
    graph->input = tensor(graph, NN_U8, 1, 2, 2, 3, 0.5f, 100);
    int weights = fill(graph, tensor(graph, NN_U8, 4, 1, 1, 3, 0.25f, 130), 7);
    graph->output = tensor(graph, NN_U8, 1, 2, 2, 4, 1.0f, 0);
    add_op(graph, GRAPH_CONV, graph->input, weights, graph->output);
    check_and_pass(graph);
    assert_int_equal(graph->n_ops, 3);
    const GraphOp *first = &graph->ops[0], *conv = &graph->ops[1], *last = &graph->ops[2];
    assert_int_equal(first->kind, GRAPH_QUANTIZE);
    assert_int_equal(first->in[0], graph->input);
    assert_int_equal(last->kind, GRAPH_QUANTIZE);
    assert_int_equal(last->out, graph->output);
    assert_int_equal(graph->tensors[graph->input].type, NN_U8);
    assert_int_equal(graph->tensors[graph->input].zero[0], 100);
    assert_true(conv->u8_origin);
    assert_int_equal(graph->tensors[conv->in[0]].type, NN_S8);
    assert_int_equal(graph->tensors[conv->in[0]].zero[0], -28);
    assert_int_equal(graph->tensors[conv->in[1]].zero[0], 2);
    int8_t values[12];
    assert_int_equal(graph->tensors[conv->in[1]].bytes, sizeof values);
    graph_copy_data(&graph->tensors[conv->in[1]], values);
    assert_int_equal(values[11], 7 - 128);
    assert_int_equal(graph->tensors[conv->out].zero[0], -128);
    graph_free(graph);
}

static void reshapes_become_aliases_of_the_root(void **state)
{
    (void)state;
    NnGraph *graph = graph_new();
    graph->input = f32_tensor(graph, 2, 2, 4);
    int sum = f32_tensor(graph, 2, 2, 4), flat = f32_tensor(graph, 1, 1, 16);
    graph->output = f32_tensor(graph, 4, 1, 4);
    add_op(graph, GRAPH_ADD, graph->input, graph->input, sum);
    add_op(graph, GRAPH_RESHAPE, sum, -1, flat);
    add_op(graph, GRAPH_RESHAPE, flat, -1, graph->output);
    check_and_pass(graph);
    assert_int_equal(graph->n_ops, 1);
    assert_int_equal(graph->tensors[flat].alias, sum);
    assert_int_equal(graph->tensors[graph->output].alias, sum);
    assert_int_equal(graph->tensors[sum].alias, -1);
    graph_free(graph);
}

static void what_nobody_reads_is_dropped(void **state)
{
    (void)state;
    NnGraph *graph = graph_new();
    graph->input = f32_tensor(graph, 2, 2, 4);
    int a = f32_tensor(graph, 2, 2, 4), b = f32_tensor(graph, 2, 2, 4);
    graph->output = f32_tensor(graph, 2, 2, 4);
    add_op(graph, GRAPH_HARD_SWISH, graph->input, -1, a);
    add_op(graph, GRAPH_LOGISTIC, a, -1, b);
    add_op(graph, GRAPH_RELU, graph->input, -1, graph->output);
    check_and_pass(graph);
    assert_int_equal(graph->n_ops, 1);
    assert_int_equal(graph->ops[0].kind, GRAPH_RELU);
    graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pad_goes_into_the_convolution),
        cmocka_unit_test(pad_with_another_value_stays),
        cmocka_unit_test(pad_read_twice_stays),
        cmocka_unit_test(activations_are_fused_where_exact),
        cmocka_unit_test(activation_read_twice_stays),
        cmocka_unit_test(dequantized_constants_become_float),
        cmocka_unit_test(fully_connected_becomes_a_convolution),
        cmocka_unit_test(uint8_is_left_at_the_ends_only),
        cmocka_unit_test(reshapes_become_aliases_of_the_root),
        cmocka_unit_test(what_nobody_reads_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

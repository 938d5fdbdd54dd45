/* SPDX-License-Identifier: MIT */
/* test_graph.c - graphs grow and shrink; graph_check turns SAME into numbers and refuses what does
 * not fit together. (Single faults of files: tests/golden/test_malformed.c.) */
#include "graph_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void ops_are_inserted_and_removed_in_order(void **state)
{
    (void)state;
    NnGraph *graph = graph_new();
    for (int i = 0; i < 100; i++)
        add_op(graph, GRAPH_RELU, i, -1, i + 1);
    graph_remove_op(graph, 50);
    GraphOp op = {.kind = GRAPH_MEAN, .out = 7};
    graph_insert_op(graph, 3, &op);
    assert_int_equal(graph->n_ops, 100);
    assert_int_equal(graph->ops[2].out, 3);
    assert_int_equal(graph->ops[3].kind, GRAPH_MEAN);
    assert_int_equal(graph->ops[4].out, 4);
    assert_int_equal(graph->ops[50].out, 50);
    assert_int_equal(graph->ops[51].out, 52);
    graph_free(graph);
}

static void allocation_is_limited_and_zeroed(void **state)
{
    (void)state;
    NnGraph *graph = graph_new();
    const char *block = graph_alloc(graph, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(block[i], 0);
    assert_null(graph_alloc(graph, GRAPH_MAX_OWNED));
    assert_null(graph_alloc(graph, SIZE_MAX));
    assert_non_null(graph_alloc(graph, 0));
    graph_free(graph);
    graph_free(NULL);
}

static void dims_are_seen_as_nhwc(void **state)
{
    (void)state;
    GraphTensor t = {.n_dims = 2, .dims = {3, 5}};
    int dims[4];
    graph_dims4(&t, dims);
    assert_memory_equal(dims, ((int[]){1, 1, 3, 5}), sizeof dims);
    t = (GraphTensor){.n_dims = 0};
    graph_dims4(&t, dims);
    assert_memory_equal(dims, ((int[]){1, 1, 1, 1}), sizeof dims);
}

static void long_names_are_cut_between_characters(void **state)
{
    (void)state;
    GraphTensor t = {.name = "ääääääääääääääääääääääääääääääääääääääääääääää"};
    char place[GRAPH_PLACE];
    graph_place(place, 7, &t);
    assert_true(g_utf8_validate(place, -1, NULL));
    assert_true(g_str_has_prefix(place, "tensor 7 \""));
    assert_true(g_str_has_suffix(place, "ä...\""));
}

/* A float convolution over h x w, to oh x ow. */
static NnGraph *conv_graph(int h, int w, int k, int stride, int dil, bool same, int oh, int ow)
{
    NnGraph *graph = graph_new();
    graph->input = f32_tensor(graph, h, w, 3);
    int weights = fill(graph, tensor(graph, NN_F32, 4, k, k, 3, 0, 0), 0);
    graph->output = f32_tensor(graph, oh, ow, 4);
    GraphOp *op = add_op(graph, GRAPH_CONV, graph->input, weights, graph->output);
    op->stride_h = op->stride_w = stride;
    op->dil_h = op->dil_w = dil;
    op->pad_same = same;
    return graph;
}

static void padding_becomes_numbers(void **state)
{
    static const struct {
        int h, w, k, stride, dil;
        bool same;
        int oh, ow, pad_t, pad_l;
    } rows[] = {
        {224, 224, 3, 2, 1, true, 112, 112, 0, 0}, /* one row below, none above */
        {225, 225, 3, 2, 1, true, 113, 113, 1, 1}, {7, 8, 3, 1, 1, true, 7, 8, 1, 1},
        {7, 8, 5, 2, 1, true, 4, 4, 2, 1},         {7, 7, 3, 1, 2, true, 7, 7, 2, 2},
        {7, 7, 1, 2, 1, true, 4, 4, 0, 0}, /* the window leaves gaps */
        {7, 8, 3, 2, 1, false, 3, 3, 0, 0},        {9, 9, 3, 1, 2, false, 5, 5, 0, 0},
        {3, 3, 3, 1, 1, false, 1, 1, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        NnGraph *graph = conv_graph(rows[i].h, rows[i].w, rows[i].k, rows[i].stride, rows[i].dil,
                                    rows[i].same, rows[i].oh, rows[i].ow);
        GError *error = NULL;
        assert_true(graph_check(graph, &error));
        assert_int_equal(graph->ops[0].pad_t, rows[i].pad_t);
        assert_int_equal(graph->ops[0].pad_l, rows[i].pad_l);
        assert_int_equal(graph->ops[0].k_h, rows[i].k);
        graph_free(graph);
    }
}

static void check_fails(NnGraph *graph, NnError code, const char *words)
{
    GError *error = NULL;
    assert_false(graph_check(graph, &error));
    if (!strstr(error->message, words))
        print_message("\"%s\" is not in \"%s\"\n", words, error->message);
    assert_true(g_error_matches(error, NN_ERROR, (int)code));
    assert_non_null(strstr(error->message, words));
    g_error_free(error);
    graph_free(graph);
}

static void errors_name_operator_and_reason(void **state)
{
    (void)state;
    check_fails(conv_graph(8, 8, 3, 1, 1, false, 8, 8), NN_ERROR_CORRUPT,
                "op 0 CONV_2D: its output is 1x8x8x4 in the file but comes out as 1x6x6x4");
    check_fails(conv_graph(2, 2, 3, 1, 1, false, 1, 1), NN_ERROR_CORRUPT, "does not fit into 2");
    NnGraph *graph = conv_graph(8, 8, 3, 1, 1, true, 8, 8);
    graph->tensors[1].data = NULL;
    check_fails(graph, NN_ERROR_CORRUPT, "nothing has written");
    graph = conv_graph(8, 8, 3, 1, 1, true, 8, 8);
    graph->output = f32_tensor(graph, 8, 8, 4);
    check_fails(graph, NN_ERROR_CORRUPT, "is written by no operator");
}

static void weights_may_come_through_dequantize(void **state)
{
    (void)state;
    NnGraph *graph = conv_graph(8, 8, 3, 1, 1, true, 8, 8);
    int half = fill(graph, tensor(graph, NN_F16, 4, 3, 3, 3, 0, 0), 0);
    graph->tensors[1].data = NULL;
    GraphOp op = {.kind = GRAPH_DEQUANTIZE, .op_name = "DEQUANTIZE", .n_in = 1, .in = {half}};
    op.out = 1;
    graph_insert_op(graph, 0, &op);
    assert_true(graph_check(graph, NULL));
    graph_free(graph);
}

/* A sum that fits is taken, one bias more is not: 8 products of 127 * 255. */
static void sums_are_proved_to_fit(void **state)
{
    (void)state;
    for (int over = 0; over <= 1; over++) {
        NnGraph *graph = graph_new();
        graph->input = tensor(graph, NN_S8, 1, 1, 1, 8, 1e-3f, 0);
        int weights = fill(graph, tensor(graph, NN_S8, 1, 1, 1, 8, 1e-3f, 0), 127);
        GraphTensor bias = {.type = NN_S32, .n_dims = 1, .dims = {1}, .alias = -1};
        int32_t *value = graph_alloc(graph, sizeof *value);
        *value = GINT32_TO_LE(INT32_MAX - 8 * 127 * 255 + over);
        bias.data = value;
        int bias_index = graph_add_tensor(graph, &bias);
        graph->output = tensor(graph, NN_S8, 1, 1, 1, 1, 1.0f, 0);
        GraphOp *op = add_op(graph, GRAPH_CONV, graph->input, weights, graph->output);
        op->in[2] = bias_index;
        op->n_in = 3;
        if (over) {
            check_fails(graph, NN_ERROR_UNSUPPORTED, "may exceed 32 bits");
        } else {
            assert_true(graph_check(graph, NULL));
            graph_free(graph);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ops_are_inserted_and_removed_in_order),
        cmocka_unit_test(allocation_is_limited_and_zeroed),
        cmocka_unit_test(dims_are_seen_as_nhwc),
        cmocka_unit_test(long_names_are_cut_between_characters),
        cmocka_unit_test(padding_becomes_numbers),
        cmocka_unit_test(errors_name_operator_and_reason),
        cmocka_unit_test(weights_may_come_through_dequantize),
        cmocka_unit_test(sums_are_proved_to_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

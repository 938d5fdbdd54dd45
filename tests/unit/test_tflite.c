/* SPDX-License-Identifier: MIT */
/* test_tflite.c - the tables of tiny models arrive in the graph as they are in the file. */
#include "graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

typedef struct {
    char *data;
    gsize size;
    NnGraph *graph;
} Loaded;

static Loaded load(const char *name)
{
    Loaded l = {0};
    char *path = g_build_filename(TINY_DIR, name, NULL);
    GError *error = NULL;
    assert_true(g_file_get_contents(path, &l.data, &l.size, NULL));
    l.graph = tflite_read((const uint8_t *)l.data, l.size, &error);
    if (!l.graph)
        print_message("%s: %s\n", name, error->message);
    assert_non_null(l.graph);
    g_free(path);
    return l;
}

static void unload(Loaded *l)
{
    graph_free(l->graph);
    g_free(l->data);
}

static void a_convolution_is_read(void **state)
{
    (void)state;
    Loaded l = load("conv_3x3_s8.tflite");
    const NnGraph *graph = l.graph;
    const GraphOp *op = &graph->ops[0];
    const GraphTensor *in = &graph->tensors[op->in[0]], *w = &graph->tensors[op->in[1]];
    assert_int_equal(graph->n_ops, 1);
    assert_int_equal(op->kind, GRAPH_CONV);
    assert_string_equal(op->op_name, "CONV_2D");
    assert_int_equal(op->file_index, 0);
    assert_int_equal(op->n_in, 3);
    assert_int_equal(op->in[0], graph->input);
    assert_int_equal(op->out, graph->output);
    assert_int_equal(op->stride_h, 2);
    assert_int_equal(op->stride_w, 2);
    assert_int_equal(op->dil_h, 1);
    assert_true(op->pad_same);
    assert_int_equal(op->act, GRAPH_ACT_RELU6);
    assert_int_equal(in->type, NN_S8);
    assert_string_equal(in->name, "input");
    assert_memory_equal(in->dims, ((int[]){1, 7, 6, 3}), sizeof in->dims);
    assert_int_equal(in->bytes, 126);
    assert_null(in->data);
    assert_int_equal(w->n_scales, 5);
    assert_int_equal(w->axis, 0);
    assert_int_equal(graph->tensors[op->in[2]].type, NN_S32);
    unload(&l);
}

static void weights_are_borrowed_from_the_file(void **state)
{
    (void)state;
    Loaded l = load("conv_3x3_s8.tflite");
    const GraphTensor *w = &l.graph->tensors[l.graph->ops[0].in[1]];
    const char *data = w->data;
    assert_true(data > l.data && data + w->bytes <= l.data + l.size);
    unload(&l);
    l = load("external_buffers.tflite");
    w = &l.graph->tensors[l.graph->ops[0].in[1]];
    data = w->data;
    assert_true(data > l.data && data + w->bytes <= l.data + l.size);
    unload(&l);
}

static void parameter_tensors_become_numbers(void **state)
{
    (void)state;
    Loaded l = load("mean_negative_s8.tflite");
    const GraphOp *op = &l.graph->ops[0];
    assert_memory_equal(op->reduce, ((bool[]){false, true, true, false}), sizeof op->reduce);
    assert_true(op->keep_dims);
    assert_false(op->mean_plain);
    assert_int_equal(op->n_in, 1);
    unload(&l);
    l = load("pad_conv_u8.tflite"); /* 64 bit paddings */
    op = &l.graph->ops[0];
    assert_memory_equal(op->pad_after, ((int[]){0, 1, 1, 0}), sizeof op->pad_after);
    assert_memory_equal(op->pad_before, ((int[4]){0}), sizeof op->pad_before);
    assert_true(op->pad_value == (float)l.graph->tensors[op->out].zero[0]);
    unload(&l);
    l = load("padv2_f32.tflite");
    assert_true(l.graph->ops[0].pad_value == 0.5f);
    unload(&l);
    l = load("softmax_beta_f32.tflite");
    assert_true(l.graph->ops[0].beta == 0.7f);
    unload(&l);
    l = load("concatenation_f32.tflite");
    assert_int_equal(l.graph->ops[l.graph->n_ops - 1].axis, 3);
    unload(&l);
}

static void computed_shapes_are_left_out(void **state)
{
    (void)state;
    Loaded l = load("runtime_shape_f32.tflite");
    assert_int_equal(l.graph->n_ops, 3);
    assert_string_equal(l.graph->ops[1].op_name, "RESHAPE");
    assert_int_equal(l.graph->ops[1].file_index, 4);
    assert_int_equal(l.graph->ops[1].new_n, -1);
    assert_true(graph_check(l.graph, NULL));
    unload(&l);
}

static void metadata_gives_labels_and_normalisation(void **state)
{
    (void)state;
    Loaded l = load("labels_inside.tflite");
    assert_string_equal(l.graph->name, "Tiny digits");
    assert_int_equal(g_strv_length(l.graph->labels), 10);
    assert_string_equal(l.graph->labels[3], "drei"); /* en.txt, not de.txt */
    assert_true(l.graph->has_norm);
    assert_int_equal(l.graph->n_norm, 1);
    assert_true(l.graph->mean[0] == 127.5f && l.graph->std[0] == 127.5f);
    unload(&l);
    l = load("labels_in_zip_only.tflite");
    assert_string_equal(l.graph->name, "");
    assert_string_equal(l.graph->labels[9], "nio");
    assert_false(l.graph->has_norm);
    unload(&l);
    l = load("add_f32.tflite");
    assert_null(l.graph->labels);
    unload(&l);
}

/* Whatever happens to the zip and the metadata, the network is read. */
static void broken_metadata_does_no_harm(void **state)
{
    (void)state;
    Loaded l = load("labels_inside.tflite");
    for (gsize size = l.size - 1; size > l.size - 300; size--) {
        char *copy = g_memdup2(l.data, size);
        NnGraph *graph = tflite_read((const uint8_t *)copy, size, NULL);
        assert_non_null(graph);
        graph_free(graph);
        g_free(copy);
    }
    for (gsize at = l.size - 300; at < l.size; at++) {
        char *copy = g_memdup2(l.data, l.size);
        copy[at] = (char)(copy[at] ^ 0xff);
        NnGraph *graph = tflite_read((const uint8_t *)copy, l.size, NULL);
        assert_non_null(graph);
        graph_free(graph);
        g_free(copy);
    }
    unload(&l);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    Loaded l = load("conv_3x3_s8.tflite");
    for (gsize size = 0; size < l.size - 8; size++) {
        char *copy = g_memdup2(l.data, size);
        GError *error = NULL;
        NnGraph *graph = tflite_read((const uint8_t *)copy, size, &error);
        /* What is cut off may be padding or a name's end only: then it still must be sound. */
        assert_true(graph != NULL || error != NULL);
        assert_true(graph == NULL || size > l.size / 2);
        g_clear_error(&error);
        graph_free(graph);
        g_free(copy);
    }
    unload(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_convolution_is_read),
        cmocka_unit_test(weights_are_borrowed_from_the_file),
        cmocka_unit_test(parameter_tensors_become_numbers),
        cmocka_unit_test(computed_shapes_are_left_out),
        cmocka_unit_test(metadata_gives_labels_and_normalisation),
        cmocka_unit_test(broken_metadata_does_no_harm),
        cmocka_unit_test(every_truncation_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

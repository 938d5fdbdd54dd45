/* SPDX-License-Identifier: MIT */
/* test_table.c - the table of kernels is in order: groups together, one reference each, names that
 * say what the row is. */
#include "kernel.h"
#include "nn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* As in names, underscores left out. */
static const char *const op_words[NN_OP_COUNT] = {
    [NN_OP_CONV] = "conv",
    [NN_OP_DWCONV] = "dwconv",
    [NN_OP_AVGPOOL] = "avgpool",
    [NN_OP_MAXPOOL] = "maxpool",
    [NN_OP_MEAN] = "mean",
    [NN_OP_ADD] = "add",
    [NN_OP_SUB] = "sub",
    [NN_OP_MUL] = "mul",
    [NN_OP_DIV] = "div",
    [NN_OP_LUT] = "lut",
    [NN_OP_CLAMP] = "clamp",
    [NN_OP_HARD_SWISH] = "hardswish",
    [NN_OP_LOGISTIC] = "logistic",
    [NN_OP_SOFTMAX] = "softmax",
    [NN_OP_L2NORM] = "l2norm",
    [NN_OP_QUANTIZE] = "quantize",
    [NN_OP_DEQUANTIZE] = "dequantize",
    [NN_OP_CONVERT] = "convert",
    [NN_OP_PAD] = "pad",
    [NN_OP_COPY] = "copy",
};

static bool same_group(const NnKernel *a, const NnKernel *b)
{
    return a->op == b->op && a->type == b->type;
}

static void every_group_stands_together(void **state)
{
    (void)state;
    for (int i = 0; i < nn_n_kernels; i++)
        for (int j = i + 1; j < nn_n_kernels; j++)
            if (same_group(nn_kernels[i], nn_kernels[j]))
                assert_true(same_group(nn_kernels[j - 1], nn_kernels[j]));
}

static void every_group_ends_with_its_only_reference(void **state)
{
    (void)state;
    for (int i = 0; i < nn_n_kernels; i++) {
        const NnKernel *k = nn_kernels[i];
        bool last = i + 1 == nn_n_kernels || !same_group(k, nn_kernels[i + 1]);
        assert_int_equal(k->cpu == 0, last);
    }
}

static void references_accept_everything(void **state)
{
    (void)state;
    for (int i = 0; i < nn_n_kernels; i++)
        if (!nn_kernels[i]->cpu)
            assert_null(nn_kernels[i]->accepts);
}

static void names_are_unique(void **state)
{
    (void)state;
    for (int i = 0; i < nn_n_kernels; i++)
        for (int j = i + 1; j < nn_n_kernels; j++)
            assert_string_not_equal(nn_kernels[i]->name, nn_kernels[j]->name);
}

/* "conv1x1_s8_dotprod": operator and perhaps a shape, type of the input, instruction set. */
static void names_say_op_type_isa(void **state)
{
    (void)state;
    for (int i = 0; i < nn_n_kernels; i++) {
        const NnKernel *k = nn_kernels[i];
        const char *isa = k->cpu & NN_CPU_FP16      ? "fp16"
                          : k->cpu & NN_CPU_DOTPROD ? "dotprod"
                          : k->cpu & NN_CPU_NEON    ? "neon"
                                                    : "c";
        const char *type = k->type == NN_KERNEL_F32   ? "f32"
                           : k->type == NN_KERNEL_F16 ? "f16"
                                                      : "s8";
        char **words = g_strsplit(k->name, "_", -1);
        guint n = g_strv_length(words);
        assert_true(n >= 3);
        assert_string_equal(words[n - 1], isa);
        assert_string_equal(words[n - 2], type);
        char *op = n == 4 ? g_strconcat(words[0], words[1], NULL) : g_strdup(words[0]);
        assert_memory_equal(op, op_words[k->op], strlen(op_words[k->op]));
        g_free(op);
        g_strfreev(words);
    }
}

static void packing_is_all_or_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < nn_n_kernels; i++) {
        const NnKernel *k = nn_kernels[i];
        bool has_weights = k->op == NN_OP_CONV || k->op == NN_OP_DWCONV;
        assert_int_equal(k->pack != NULL, has_weights);
        assert_int_equal(k->packed_size != NULL, has_weights);
        assert_non_null(k->run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_group_stands_together),
        cmocka_unit_test(every_group_ends_with_its_only_reference),
        cmocka_unit_test(references_accept_everything),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(names_say_op_type_isa),
        cmocka_unit_test(packing_is_all_or_nothing),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}

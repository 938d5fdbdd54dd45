/* SPDX-License-Identifier: MIT */
/* test_prepare.c - prepare_s8 and the int8 references together give the bytes of TensorFlow Lite's
 * reference kernels (prepare_vectors.h). */
#include "nn.h"
#include "prepare_s8.h"
#include "quant.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

typedef enum { HARD_SWISH, LOGISTIC, RELU, RELU6, RELU_N1_TO_1, QUANTIZE } Table;

typedef struct {
    Table table;
    PrepareQuant in, out;
    uint64_t hash;
} TableCase;

typedef struct {
    NnOp op;
    float a_scale, b_scale, out_scale;
    int a_zero, b_zero, out_zero;
    float f_min, f_max;
    uint64_t hash; /* of all pairs, a the outer loop */
} BinaryCase;

typedef struct {
    NnOp op;
    int bias, h, w, c, k_h, k_w, stride;
    float in_scale, out_scale;
    int in_zero, out_zero;
    float f_min, f_max;
    uint64_t hash;
} PoolCase;

typedef struct {
    NnOp op;
    bool was_u8;
    int n; /* two rows */
    float scale;
    int zero;
    float beta;
    uint64_t hash;
} RowCase;

typedef struct {
    bool float_product;
    float in_scale, w_scale, out_scale;
    uint64_t hash;
} ProductCase;

#include "prepare_vectors.h"

#define N_CASES(cases) ((int)(sizeof(cases) / sizeof *(cases)))

static uint64_t fnv(const void *data, size_t n)
{
    const uint8_t *bytes = data;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static void noise(int8_t *x, int n)
{
    for (int i = 0; i < n; i++)
        x[i] = (int8_t)(uint8_t)((uint32_t)i * UINT32_C(2654435761) >> 15);
}

static void run_reference(const NnArgs *args, const void *a, const void *b, void *out)
{
    NnBuffers buffers = {.in = {a, b}, .out = out};
    nn_kernel_find(args, 0)->run(args, &buffers, 0, nn_args_rows(args));
}

static void multipliers_are_fractions_and_shifts(void **state)
{
    (void)state;
    static const struct {
        double real;
        int32_t mult, shift;
    } cases[] = {
        {0.5, 1 << 30, 0},         {1, 1 << 30, 1}, {0.75, 3 << 29, 0}, {3, 3 << 29, 2},
        {0x1p-32, 1 << 30, -31},   {0x1p-33, 0, 0}, {0, 0, 0},          {0x1p40, INT32_MAX, 30},
        {1 - 0x1p-40, 1 << 30, 1}, /* rounds up to the next power of two */
    };
    for (int i = 0; i < N_CASES(cases); i++) {
        int32_t mult, shift;
        prepare_multiplier(cases[i].real, &mult, &shift);
        assert_int_equal(mult, cases[i].mult);
        assert_int_equal(shift, cases[i].shift);
    }
}

static void activations_become_ranges(void **state)
{
    (void)state;
    static const struct {
        float f_min, f_max, scale;
        int zero, act_min, act_max;
    } cases[] = {
        {-INFINITY, INFINITY, 0.1f, 5, -128, 127},
        {0, INFINITY, 0.1f, -128, -128, 127},
        {0, 6, 0.05f, -100, -100, 20},
        {0, 6, 0.0235294122f, -128, -128, 127},
        {-1, 1, 0.3f, 0, -3, 3},
        {0, 6, 1e-30f, -128, -128, 127},
    };
    for (int i = 0; i < N_CASES(cases); i++) {
        int act_min, act_max;
        prepare_act(cases[i].f_min, cases[i].f_max, cases[i].scale, cases[i].zero, &act_min,
                    &act_max);
        assert_int_equal(act_min, cases[i].act_min);
        assert_int_equal(act_max, cases[i].act_max);
    }
}

static void tables_are_those_of_the_reference(void **state)
{
    (void)state;
    for (int i = 0; i < N_CASES(table_cases); i++) {
        const TableCase *c = &table_cases[i];
        uint8_t lut[256];
        switch (c->table) {
        case HARD_SWISH:
            prepare_lut_hard_swish(c->in, c->out, lut);
            break;
        case LOGISTIC:
            prepare_lut_logistic(c->in, c->out, lut);
            break;
        case RELU:
            prepare_lut_clamp(c->in, c->out, 0, INFINITY, lut);
            break;
        case RELU6:
            prepare_lut_clamp(c->in, c->out, 0, 6, lut);
            break;
        case RELU_N1_TO_1:
            prepare_lut_clamp(c->in, c->out, -1, 1, lut);
            break;
        case QUANTIZE:
            prepare_lut_requantize(c->in, c->out, lut);
            break;
        }
        assert_int_equal(fnv(lut, sizeof lut), c->hash);
    }
}

static void binaries_are_those_of_the_reference(void **state)
{
    (void)state;
    int8_t all[256], *out = malloc(65536);
    for (int i = 0; i < 256; i++)
        all[i] = (int8_t)(uint8_t)i;
    for (int i = 0; i < N_CASES(binary_cases); i++) {
        const BinaryCase *c = &binary_cases[i];
        NnArgs args = {.op = c->op, .type = NN_KERNEL_S8};
        NnBinary *b = &args.binary;
        *b = (NnBinary){
            .rows = 256,
            .cols = 1,
            .channels = 256,
            .a_row = 1,
            .b_chan = 1,
            .a_zero = c->a_zero,
            .b_zero = c->b_zero,
            .out_zero = c->out_zero,
        };
        prepare_act(c->f_min, c->f_max, c->out_scale, c->out_zero, &b->act_min, &b->act_max);
        if (c->op == NN_OP_MUL)
            prepare_mul(b, c->a_scale, c->b_scale, c->out_scale);
        else
            prepare_add(b, c->a_scale, c->b_scale, c->out_scale);
        run_reference(&args, all, all, out);
        assert_int_equal(fnv(out, 65536), c->hash);
    }
    free(out);
}

static void pools_are_those_of_the_reference(void **state)
{
    (void)state;
    int8_t in[12 * 12 * 33], out[12 * 12 * 33];
    for (int i = 0; i < N_CASES(pool_cases); i++) {
        const PoolCase *c = &pool_cases[i];
        NnArgs args = {.op = c->op, .type = NN_KERNEL_S8};
        NnPool *p = &args.pool;
        p->win = (NnWindow){
            .in_h = c->h,
            .in_w = c->w,
            .in_c = c->c,
            .out_h = (c->h - c->k_h) / c->stride + 1,
            .out_w = (c->w - c->k_w) / c->stride + 1,
            .out_c = c->c,
            .k_h = c->k_h,
            .k_w = c->k_w,
            .stride_h = c->stride,
            .stride_w = c->stride,
            .dil_h = 1,
            .dil_w = 1,
        };
        p->bias = c->bias;
        p->in_zero = c->in_zero;
        p->out_zero = c->out_zero;
        prepare_act(c->f_min, c->f_max, c->out_scale, c->out_zero, &p->act_min, &p->act_max);
        prepare_mean(p, c->in_scale, c->out_scale);
        noise(in, c->h * c->w * c->c);
        run_reference(&args, in, NULL, out);
        assert_int_equal(fnv(out, (size_t)p->win.out_h * nn_args_row_bytes(&args)), c->hash);
    }
}

static void rows_are_those_of_the_reference(void **state)
{
    (void)state;
    int8_t in[2 * 1001], out[2 * 1001];
    for (int i = 0; i < N_CASES(row_cases); i++) {
        const RowCase *c = &row_cases[i];
        NnArgs args = {.op = c->op, .type = NN_KERNEL_S8};
        NnRowwise *r = &args.rowwise;
        *r = (NnRowwise){
            .rows = 2,
            .n = c->n,
            .beta = c->beta,
            .in_zero = c->zero,
            .out_zero = -128,
            .was_u8 = c->was_u8,
        };
        prepare_softmax(r, c->scale);
        noise(in, 2 * c->n);
        run_reference(&args, in, NULL, out);
        assert_int_equal(fnv(out, 2 * (size_t)c->n), c->hash);
    }
}

/* Accumulators next to where the output steps: they tell a product in float from one in double. */
static void products_are_those_of_the_reference(void **state)
{
    (void)state;
    enum { N = 255 * 256 };
    int8_t *out = malloc(N);
    for (int i = 0; i < N_CASES(product_cases); i++) {
        const ProductCase *c = &product_cases[i];
        int32_t mult, shift;
        prepare_conv(c->in_scale, &c->w_scale, 1, c->out_scale, c->float_product, 1, &mult, &shift);
        for (int k = 0; k < N; k++) {
            int32_t acc = (2 * (k / 256 - 127) + 1) * (1 << 22) + k % 256 - 128;
            out[k] = (int8_t)quant_clamp(quant_scale(acc, mult, shift), -128, 127);
        }
        assert_int_equal(fnv(out, N), c->hash);
    }
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multipliers_are_fractions_and_shifts),
        cmocka_unit_test(activations_become_ranges),
        cmocka_unit_test(tables_are_those_of_the_reference),
        cmocka_unit_test(binaries_are_those_of_the_reference),
        cmocka_unit_test(pools_are_those_of_the_reference),
        cmocka_unit_test(rows_are_those_of_the_reference),
        cmocka_unit_test(products_are_those_of_the_reference),
    };
    return cmocka_run_group_tests_name("prepare", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* test_quant.c - the rounding of quant.h against values worked out by hand. */
#include "quant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define ONE_HALF (1 << 30)               /* 0.5 as a fraction of 2^31 */
#define THREE_Q  ((1 << 30) + (1 << 29)) /* 0.75 */
#define ALMOST_1 INT32_MAX               /* 1 - 2^-31 */

/* a * b / 2^31, ties up. */
static void mul_high_rounds_ties_up(void **state)
{
    static const struct {
        int32_t a, b, want;
    } v[] = {
        {0, ALMOST_1, 0},
        {1, ONE_HALF, 1},   /* 0.5 -> 1 */
        {-1, ONE_HALF, 0},  /* -0.5 -> 0 */
        {3, ONE_HALF, 2},   /* 1.5 -> 2 */
        {-3, ONE_HALF, -1}, /* -1.5 -> -1 */
        {1, THREE_Q, 1},    /* 0.75 */
        {-1, THREE_Q, -1},  /* -0.75 */
        {2, THREE_Q, 2},    /* 1.5 */
        {-2, THREE_Q, -1},  /* -1.5 */
        {1, ONE_HALF - 1, 0},
        {-1, ONE_HALF + 1, -1},
        {100, ALMOST_1, 100}, /* 99.99999995 */
        {-100, ALMOST_1, -100},
        {INT32_MAX, INT32_MAX, INT32_MAX - 1}, /* 2^31 - 2 + 2^-31 */
        {INT32_MIN, INT32_MAX, -INT32_MAX},    /* exactly -(2^31 - 1) */
        {INT32_MIN, ONE_HALF, -ONE_HALF},
        {INT32_MAX, ONE_HALF, ONE_HALF},         /* 2^30 - 0.5 */
        {-INT32_MAX, ONE_HALF, -(ONE_HALF - 1)}, /* -2^30 + 0.5 */
        {INT32_MIN, INT32_MIN, INT32_MAX},       /* 2^31 saturates */
        {INT32_MIN, -INT32_MAX, INT32_MAX},      /* exactly 2^31 - 1 */
    };
    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        assert_int_equal(quant_mul_high(v[i].a, v[i].b), v[i].want);
        assert_int_equal(quant_mul_high(v[i].b, v[i].a), v[i].want);
    }
}

/* x / 2^s, ties away from zero. */
static void shift_right_rounds_ties_away_from_zero(void **state)
{
    static const struct {
        int32_t x;
        int s;
        int32_t want;
    } v[] = {
        {5, 0, 5},
        {-5, 0, -5},
        {1, 1, 1},   /* 0.5 */
        {-1, 1, -1}, /* -0.5 */
        {3, 1, 2},   /* 1.5 */
        {-3, 1, -2},
        {5, 2, 1}, /* 1.25 */
        {-5, 2, -1},
        {6, 2, 2}, /* 1.5 */
        {-6, 2, -2},
        {7, 2, 2}, /* 1.75 */
        {-7, 2, -2},
        {127, 8, 0},
        {128, 8, 1}, /* 0.5 */
        {-127, 8, 0},
        {-128, 8, -1},
        {-129, 8, -1},
        {-384, 8, -2}, /* -1.5 */
        {-383, 8, -1},
        {INT32_MAX, 1, ONE_HALF}, /* 2^30 - 0.5 */
        {INT32_MIN, 1, -ONE_HALF},
        {INT32_MAX, 30, 2},
        {INT32_MIN, 30, -2},
        {INT32_MAX, 31, 1},       /* just under 1 */
        {INT32_MIN, 31, -1},      /* exactly -1 */
        {ONE_HALF - 1, 31, 0},    /* just under 0.5 */
        {ONE_HALF, 31, 1},        /* 0.5 */
        {-ONE_HALF, 31, -1},      /* -0.5 */
        {-(ONE_HALF - 1), 31, 0}, /* just over -0.5 */
    };
    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        assert_int_equal(quant_shift_right(v[i].x, v[i].s), v[i].want);
}

/* Both in a row: two roundings, so not always the nearest. */
static void scale_rounds_twice_and_shifts_left_first(void **state)
{
    static const struct {
        int32_t x, mult;
        int shift;
        int32_t want;
    } v[] = {
        {1000, ONE_HALF, 0, 500},
        {1000, ONE_HALF, 1, 1000}, /* times 1 */
        {1000, ONE_HALF, 3, 4000},
        {-1000, ONE_HALF, 3, -4000},
        {1000, ONE_HALF, -3, 63}, /* 62.5 */
        {-1000, ONE_HALF, -3, -63},
        {5, ONE_HALF, -1, 2},   /* 1.25: 2.5 -> 3, then 1.5 -> 2 */
        {-5, ONE_HALF, -1, -1}, /* -1.25: -2.5 -> -2, then -1 */
        {-7, ONE_HALF, -1, -2}, /* -1.75: -3.5 -> -3, then -1.5 -> -2 */
        {7, ONE_HALF, -1, 2},   /* 1.75: 3.5 -> 4, then 2 */
        {3, THREE_Q, 1, 5},     /* 4.5: ties up */
        {-3, THREE_Q, 1, -4},   /* -4.5 */
        {12345, 0, -7, 0},
        {1, ONE_HALF, 30, ONE_HALF >> 1}, /* 2^30 halved */
        {-1, ONE_HALF, 30, -(ONE_HALF >> 1)},
        {3, ONE_HALF, 30, -(ONE_HALF >> 1)}, /* 3 << 30 wraps to -2^30 */
        {INT32_MIN, ALMOST_1, -31, -1},
        {INT32_MAX, ALMOST_1, -31, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        assert_int_equal(quant_scale(v[i].x, v[i].mult, v[i].shift), v[i].want);
}

static void clamp_keeps_the_range(void **state)
{
    (void)state;
    assert_int_equal(quant_clamp(-129, -128, 127), -128);
    assert_int_equal(quant_clamp(128, -128, 127), 127);
    assert_int_equal(quant_clamp(5, -128, 127), 5);
    assert_int_equal(quant_clamp(INT32_MAX, 3, 3), 3);
    assert_int_equal(quant_clamp(INT32_MIN, 3, 3), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mul_high_rounds_ties_up),
        cmocka_unit_test(shift_right_rounds_ties_away_from_zero),
        cmocka_unit_test(scale_rounds_twice_and_shifts_left_first),
        cmocka_unit_test(clamp_keeps_the_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

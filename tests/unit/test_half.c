/* SPDX-License-Identifier: MIT */
/* test_half.c - half precision in software: known values, rounding, the way there and back. */
#include "half.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void known_values(void **state)
{
    (void)state;
    static const struct {
        uint16_t half;
        float value;
    } known[] = {
        {0x0000, 0},         {0x3c00, 1},        {0xc000, -2},         {0x3555, 0x1.554p-2f},
        {0x7bff, HALF_MAX},  {0x0400, 0x1p-14f}, {0x03ff, 0x3ffp-24f}, {0x0001, HALF_LEAST},
        {0x8001, -0x1p-24f}, {0x7c00, INFINITY}, {0xfc00, -INFINITY},  {0x3c01, 1 + HALF_EPSILON},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_int_equal(half_from_float(known[i].value), known[i].half);
        assert_true(half_to_float(known[i].half) == known[i].value);
    }
    assert_int_equal(half_from_float(-0.f), 0x8000);
    assert_true(signbit(half_to_float(0x8000)));
}

static void ties_go_to_even(void **state)
{
    (void)state;
    assert_int_equal(half_from_float(1 + HALF_EPSILON / 2), 0x3c00);
    assert_int_equal(half_from_float(1 + 3 * HALF_EPSILON / 2), 0x3c02);
    assert_int_equal(half_from_float(nextafterf(1 + HALF_EPSILON / 2, 2)), 0x3c01);
    assert_int_equal(half_from_float(HALF_LEAST / 2), 0);
    assert_int_equal(half_from_float(HALF_LEAST * 1.5f), 2);
    assert_int_equal(half_from_float(nextafterf(HALF_LEAST / 2, 1)), 1);
    assert_int_equal(half_from_float(0x3ffp-24f + HALF_LEAST / 2), 0x0400); /* to a normal number */
    assert_int_equal(half_from_float(65519.996f), 0x7bff);
    assert_int_equal(half_from_float(65520), 0x7c00);
    assert_int_equal(half_from_float(-1e30f), 0xfc00);
}

static void every_half_comes_back(void **state)
{
    (void)state;
    for (int i = 0; i < 65536; i++) {
        const float value = half_to_float((uint16_t)i);
        if ((i & 0x7fff) > 0x7c00)
            assert_true(isnan(value) && isnan(half_to_float(half_from_float(value))));
        else
            assert_int_equal(half_from_float(value), i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(ties_go_to_even),
        cmocka_unit_test(every_half_comes_back),
    };
    return cmocka_run_group_tests_name("half", tests, NULL, NULL);
}

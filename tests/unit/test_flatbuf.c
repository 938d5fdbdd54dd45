/* SPDX-License-Identifier: MIT */
/* test_flatbuf.c - sound tables are read; whatever points outside is noticed and stays noticed. */
#include "flatbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Root table at 20: field 0 = int32 -7, field 1 left out, field 2 = vector {1, 2, 3}, field 3 =
 * string "abc", field 4 = int8 -2. */
static uint8_t file[64];

static void put32(size_t at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        file[at + (size_t)i] = (uint8_t)(value >> (8 * i));
}

static void put16(size_t at, unsigned value)
{
    file[at] = (uint8_t)value;
    file[at + 1] = (uint8_t)(value >> 8);
}

static int make(void **state)
{
    (void)state;
    memset(file, 0, sizeof file);
    put32(0, 20);  /* root table */
    put16(6, 14);  /* vtable at 6: 14 bytes */
    put16(8, 20);  /* table: 20 bytes */
    put16(10, 4);  /* field 0 */
    put16(12, 0);  /* field 1: not there */
    put16(14, 8);  /* field 2 */
    put16(16, 12); /* field 3 */
    put16(18, 16); /* field 4 */
    put32(20, 14); /* back to the vtable */
    put32(24, (uint32_t)-7);
    put32(28, 12); /* vector at 40 */
    put32(32, 24); /* string at 56 */
    file[36] = 0xfe;
    put32(40, 3);
    put32(44, 1);
    put32(48, 2);
    put32(52, 3);
    put32(56, 3);
    memcpy(file + 60, "abc", 3);
    return 0;
}

static Flatbuf buffer(size_t size)
{
    return (Flatbuf){.data = file, .size = size};
}

static void fields_are_read(void **state)
{
    (void)state;
    Flatbuf fb = buffer(sizeof file);
    FlatTable t = flat_root(&fb);
    FlatVector v = flat_vector(&fb, &t, 2, 4);
    size_t length;
    assert_int_equal(flat_i32(&fb, &t, 0, 0), -7);
    assert_int_equal(flat_i32(&fb, &t, 1, 42), 42);
    assert_int_equal(flat_i32(&fb, &t, 99, 43), 43);
    assert_int_equal(v.n, 3);
    assert_int_equal(flat_vector_i32(&fb, &v, 1), 2);
    assert_int_equal(flat_vector_i32(&fb, &v, 3), 0);
    assert_memory_equal(flat_string(&fb, &t, 3, &length), "abc", 3);
    assert_int_equal(length, 3);
    assert_int_equal(flat_i8(&fb, &t, 4, 0), -2);
    assert_null(fb.broken);
}

static void absent_tables_have_defaults(void **state)
{
    (void)state;
    Flatbuf fb = buffer(sizeof file);
    FlatTable root = flat_root(&fb), none = flat_subtable(&fb, &root, 1);
    assert_int_equal(none.at, 0);
    assert_int_equal(flat_i32(&fb, &none, 0, 5), 5);
    assert_int_equal(flat_vector(&fb, &none, 2, 4).n, 0);
    assert_null(fb.broken);
}

/* Reads all there is; true if nothing was found wrong. */
static bool is_sound(size_t size)
{
    Flatbuf fb = buffer(size);
    FlatTable t = flat_root(&fb);
    FlatVector v = flat_vector(&fb, &t, 2, 4);
    size_t length;
    for (uint32_t i = 0; i < v.n; i++)
        flat_vector_i32(&fb, &v, i);
    flat_i32(&fb, &t, 0, 0);
    flat_string(&fb, &t, 3, &length);
    flat_i8(&fb, &t, 4, 0);
    return !fb.broken;
}

static void every_truncation_is_noticed(void **state)
{
    (void)state;
    for (size_t size = 0; size < 63; size++)
        assert_false(is_sound(size));
    assert_true(is_sound(63));
}

static void bad_structure_is_noticed(void **state)
{
    static const struct {
        size_t at;
        uint32_t value;
    } faults[] = {
        {0, 0},           {0, 63},          {0, 0xffffffff},  {0, 21}, /* root; misaligned */
        {20, 21},         {20, 0x80000000}, {20, 0x7fffffff},          /* vtable outside */
        {28, 0xffffffff}, {28, 0},          {28, 13},                  /* vector */
        {40, 6},          {40, 0xffffffff}, {40, 0x40000001},          /* its length */
        {56, 5},                                                       /* the string's */
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        make(state);
        put32(faults[i].at, faults[i].value);
        assert_false(is_sound(sizeof file));
    }
    static const unsigned vtables[][2] = {{6, 13}, {6, 2},  {6, 0xfffe}, {8, 2},
                                          {8, 60}, {10, 2}, {10, 17},    {14, 18}};
    for (size_t i = 0; i < sizeof vtables / sizeof *vtables; i++) {
        make(state);
        put16(vtables[i][0], vtables[i][1]);
        assert_false(is_sound(sizeof file));
    }
}

static void the_first_fault_stays(void **state)
{
    (void)state;
    Flatbuf fb = buffer(sizeof file);
    FlatTable t = flat_root(&fb);
    volatile size_t far = 1000; /* or the compiler warns of what is tested here */
    flat_raw(&fb, far, 4);
    assert_non_null(fb.broken);
    assert_int_equal(fb.broken_at, 1000);
    assert_int_equal(flat_i32(&fb, &t, 0, 3) != -7, 1);
    assert_int_equal(flat_vector(&fb, &t, 2, 4).n, 0);
    flat_raw(&fb, 2 * far, 4);
    assert_int_equal(fb.broken_at, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(fields_are_read, make),
        cmocka_unit_test_setup(absent_tables_have_defaults, make),
        cmocka_unit_test_setup(every_truncation_is_noticed, make),
        cmocka_unit_test_setup(bad_structure_is_noticed, make),
        cmocka_unit_test_setup(the_first_fault_stays, make),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

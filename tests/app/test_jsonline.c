/* SPDX-License-Identifier: MIT */
/* test_jsonline.c - numbers in lines of JSON: short, and still the same floats. */
#include "jsonline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* "x" with a value, as text behind {"x":. */
static void assert_prints(double value, const char *should)
{
    JsonBuilder *line = json_line_new();
    json_add_double(line, "x", value);
    g_autofree char *text = json_line_text(line);
    g_autofree char *whole = g_strdup_printf("{\"x\":%s}", should);
    assert_string_equal(text, whole);
}

static void numbers_are_short(void **state)
{
    (void)state;
    assert_prints((double)0.1f, "0.1");
    assert_prints((double)0.7f, "0.7");
    assert_prints((double)(1.0f / 3), "0.33333334");
    assert_prints(-(double)1.5e-7f, "-1.5e-07");
    assert_prints(0.1, "0.1");
    assert_prints(2.0 / 3, "0.666666667");
    assert_prints(86400.023333, "86400.0233");
}

/* Any float comes back as it was. */
static void floats_survive(void **state)
{
    (void)state;
    uint32_t bits = 1;
    for (int i = 0; i < 3000; i++) {
        float value, back;
        bits = bits * 1664525u + 1013904223u;
        uint32_t finite = (bits & 0x807fffffu) | ((bits >> 8) % 250 + 1) << 23;
        memcpy(&value, &finite, 4);
        JsonBuilder *line = json_line_new();
        json_add_double(line, "x", (double)value);
        g_autofree char *text = json_line_text(line);
        back = (float)g_ascii_strtod(text + strlen("{\"x\":"), NULL);
        assert_memory_equal(&back, &value, 4);
        assert_true(strlen(text) < sizeof "{\"x\":-1.23456789e-30}");
    }
}

static void what_is_no_number_stays(void **state)
{
    (void)state;
    const char *const hard = "0.10000000149011612 \"1.50\" \\ -3.000 e1";
    JsonBuilder *line = json_line_new();
    json_add_string(line, "a 1.500", hard);
    json_add_int(line, "n", G_GINT64_CONSTANT(1234567890123456789));
    json_add_bool(line, "true", TRUE);
    json_builder_set_member_name(line, "none");
    json_builder_add_null_value(line);
    json_add_double(line, "x", (double)0.1f);
    g_autofree char *text = json_line_text(line);
    assert_non_null(
        strstr(text, "\"n\":1234567890123456789,\"true\":true,\"none\":null,\"x\":0.1}"));
    g_autoptr(JsonParser) parser = json_parser_new();
    assert_true(json_parser_load_from_data(parser, text, -1, NULL));
    JsonObject *object = json_node_get_object(json_parser_get_root(parser));
    assert_string_equal(json_object_get_string_member(object, "a 1.500"), hard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(floats_survive),
        cmocka_unit_test(what_is_no_number_stays),
    };
    return cmocka_run_group_tests_name("jsonline", tests, NULL, NULL);
}

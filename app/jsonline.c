/* SPDX-License-Identifier: MIT */
/* jsonline.c - one object, one line of JSON. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "jsonline.h"

JsonBuilder *json_line_new(void)
{
    JsonBuilder *line = json_builder_new();
    json_builder_begin_object(line);
    return line;
}

/* A float with the fewest digits that give it back; other doubles with the nine that a time in
 * seconds needs. */
static void append_number(GString *out, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    bool is_float = (double)(float)value == value;
    for (int digits = is_float ? 6 : 9; digits <= 9; digits++) {
        char format[8];
        g_snprintf(format, sizeof format, "%%.%dg", digits);
        g_ascii_formatd(text, sizeof text, format, value);
        if ((float)g_ascii_strtod(text, NULL) == (float)value)
            break;
    }
    g_string_append(out, text);
}

/* json-glib prints all 17 digits of a double, 0.10000000149011612 for a float's 0.1. */
static char *shorten_numbers(const char *json)
{
    GString *out = g_string_sized_new(strlen(json));
    bool quoted = false;
    while (*json) {
        size_t n = quoted ? 0 : strspn(json, "-+.0123456789eE");
        if (n && (g_ascii_isdigit(*json) || *json == '-')) {
            if (memchr(json, '.', n) || memchr(json, 'e', n))
                append_number(out, g_ascii_strtod(json, NULL));
            else
                g_string_append_len(out, json, (gssize)n);
            json += n;
            continue;
        }
        quoted ^= *json == '"';
        if (*json == '\\') /* what follows is no quotation mark */
            g_string_append_c(out, *json++);
        g_string_append_c(out, *json++);
    }
    return g_string_free(out, FALSE);
}

char *json_line_text(JsonBuilder *line)
{
    json_builder_end_object(line);
    g_autoptr(JsonGenerator) generator = json_generator_new();
    g_autoptr(JsonNode) root = json_builder_get_root(line);
    json_generator_set_root(generator, root);
    g_object_unref(line);
    g_autofree char *text = json_generator_to_data(generator, NULL);
    return shorten_numbers(text);
}

void json_line_print(JsonBuilder *line)
{
    g_autofree char *text = json_line_text(line);
    puts(text);
    fflush(stdout);
}

void json_add_int(JsonBuilder *line, const char *name, gint64 value)
{
    json_builder_set_member_name(line, name);
    json_builder_add_int_value(line, value);
}

void json_add_double(JsonBuilder *line, const char *name, double value)
{
    json_builder_set_member_name(line, name);
    json_builder_add_double_value(line, value);
}

void json_add_bool(JsonBuilder *line, const char *name, gboolean value)
{
    json_builder_set_member_name(line, name);
    json_builder_add_boolean_value(line, value);
}

void json_add_string(JsonBuilder *line, const char *name, const char *value)
{
    json_builder_set_member_name(line, name);
    json_builder_add_string_value(line, value);
}

void json_add_path(JsonBuilder *line, const char *name, const char *path)
{
    g_autofree char *utf8 = g_filename_display_name(path);
    json_add_string(line, name, utf8);
}

void json_add_dims(JsonBuilder *line, const char *name, const int *dims, int n)
{
    json_begin_array(line, name);
    for (int i = 0; i < n; i++)
        json_builder_add_int_value(line, dims[i]);
    json_builder_end_array(line);
}

void json_begin_object(JsonBuilder *line, const char *name)
{
    json_builder_set_member_name(line, name);
    json_builder_begin_object(line);
}

void json_begin_array(JsonBuilder *line, const char *name)
{
    json_builder_set_member_name(line, name);
    json_builder_begin_array(line);
}

void json_add_class(JsonBuilder *line, const char *label, int index, double confidence)
{
    json_builder_begin_object(line);
    json_add_string(line, "label", label);
    json_add_int(line, "index", index);
    json_add_double(line, "confidence", confidence);
    json_builder_end_object(line);
}

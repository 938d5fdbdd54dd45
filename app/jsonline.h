/* SPDX-License-Identifier: MIT */
/* jsonline.h - one object, one line of JSON: members by name on top of json-glib's builder. */
#ifndef APP_JSONLINE_H
#define APP_JSONLINE_H

#include <json-glib/json-glib.h>

/* A builder inside an object that has just begun. */
JsonBuilder *json_line_new(void);

/* Ends the object and frees the builder; the line, without its end. Numbers have the digits that a
 * float needs, nine at most. g_free() it. */
char *json_line_text(JsonBuilder *line);

/* Ends the object, prints it on standard output, flushes, and frees the builder. */
void json_line_print(JsonBuilder *line);

void json_add_int(JsonBuilder *line, const char *name, gint64 value);
void json_add_double(JsonBuilder *line, const char *name, double value);
void json_add_bool(JsonBuilder *line, const char *name, gboolean value);
void json_add_string(JsonBuilder *line, const char *name, const char *value);
void json_add_path(JsonBuilder *line, const char *name, const char *path); /* any encoding */
void json_add_dims(JsonBuilder *line, const char *name, const int *dims, int n);

/* "name": {...} and "name": [...]; ended by json_builder_end_object() and _array(). */
void json_begin_object(JsonBuilder *line, const char *name);
void json_begin_array(JsonBuilder *line, const char *name);

/* {"label", "index", "confidence"} as an element of an array. */
void json_add_class(JsonBuilder *line, const char *label, int index, double confidence);

#endif

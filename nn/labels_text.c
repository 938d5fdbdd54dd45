/* SPDX-License-Identifier: MIT */
/* labels_text.c - reads the forms in which label files are found in the wild: plain lines, numbered
 * lines, CSV with a header, WordNet ids. The form must fit every line, else lines are plain. */
#include "labels_text.h"

#include <string.h>

#define MAX_INDEX (1 << 20) /* class numbers beyond this are no class numbers */

/* ---- bytes -> text ------------------------------------------------------------------------ */

static char *convert(const char *bytes, gsize size, const char *from)
{
    return g_convert(bytes, (gssize)size, "UTF-8", from, NULL, NULL, NULL);
}

char *labels_decode(const char *bytes, gsize size)
{
    if (size >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0)
        return convert(bytes + 2, size - 2, "UTF-16LE");
    if (size >= 2 && memcmp(bytes, "\xfe\xff", 2) == 0)
        return convert(bytes + 2, size - 2, "UTF-16BE");
    if (memchr(bytes, 0, size))
        return NULL;
    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        bytes += 3;
        size -= 3;
    }
    if (g_utf8_validate(bytes, (gssize)size, NULL))
        return g_strndup(bytes, size);
    return convert(bytes, size, "ISO-8859-1");
}

/* ---- lines -------------------------------------------------------------------------------- */

static GPtrArray *split_lines(const char *text)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    while (*text) {
        size_t length = strcspn(text, "\r\n");
        g_ptr_array_add(lines, g_strstrip(g_strndup(text, length)));
        text += length;
        text += strncmp(text, "\r\n", 2) == 0 ? 2 : *text != '\0';
    }
    return lines;
}

static const char *line_at(const GPtrArray *lines, guint i)
{
    return lines->pdata[i];
}

/* Puts name at index; makes room with unnamed classes. */
static void set_name(GPtrArray *names, guint index, const char *name)
{
    if (index >= names->len)
        g_ptr_array_set_size(names, (int)index + 1);
    g_free(names->pdata[index]);
    names->pdata[index] = *name ? g_strdup(name) : NULL;
}

static void drop_unnamed_end(GPtrArray *names)
{
    while (names->len > 0 && !names->pdata[names->len - 1])
        g_ptr_array_set_size(names, (int)names->len - 1);
}

/* ---- "0:cat", "0 cat", "0,cat" ------------------------------------------------------------ */

/* The number at the start of a line and the label behind it; false if it is not of that form. */
static gboolean split_number(const char *line, guint *number, char *separator, const char **label)
{
    char *end;
    if (!g_ascii_isdigit(line[0]))
        return FALSE;
    guint64 value = g_ascii_strtoull(line, &end, 10);
    if (value >= MAX_INDEX || !*end || !strchr(":, \t;", *end))
        return FALSE;
    *separator = *end;
    while (*end == ' ' || *end == '\t')
        end++;
    if (*end && strchr(":,;", *end))
        *separator = *end++;
    while (*end == ' ' || *end == '\t')
        end++;
    *number = (guint)value;
    *label = end;
    return *end != '\0';
}

/* All lines are numbered and no number comes twice. Numbers before a mere blank must also count
 * up by one: "3 doors" alone is a label. */
static gboolean is_numbered(const GPtrArray *lines, guint *first)
{
    GHashTable *seen = g_hash_table_new(NULL, NULL);
    gboolean numbered = TRUE;
    guint last = 0, count = 0;
    for (guint i = 0; i < lines->len && numbered; i++) {
        guint number;
        char separator;
        const char *label;
        if (!*line_at(lines, i))
            continue;
        numbered = split_number(line_at(lines, i), &number, &separator, &label) &&
                   g_hash_table_add(seen, GUINT_TO_POINTER(number));
        if (!numbered)
            break;
        if (count == 0 || number < *first)
            *first = number;
        if (separator == ' ' || separator == '\t')
            numbered = count == 0 ? number <= 1 : number == last + 1;
        last = number;
        count++;
    }
    g_hash_table_unref(seen);
    return numbered && count > 0;
}

static void parse_numbered(const GPtrArray *lines, guint from, GPtrArray *names)
{
    for (guint i = 0; i < lines->len; i++) {
        guint number;
        char separator;
        const char *label;
        if (split_number(line_at(lines, i), &number, &separator, &label))
            set_name(names, number - from, label);
    }
}

/* ---- CSV with a header -------------------------------------------------------------------- */

/* Fields of a CSV line, quotes taken off. g_ptr_array_unref() it. */
static GPtrArray *split_csv(const char *line, char separator)
{
    GPtrArray *fields = g_ptr_array_new_with_free_func(g_free);
    GString *field = g_string_new(NULL);
    gboolean quoted = FALSE;
    for (const char *c = line;; c++) {
        if (*c == '\0' || (*c == separator && !quoted)) {
            g_ptr_array_add(fields, g_strstrip(g_strdup(field->str)));
            g_string_truncate(field, 0);
            if (*c == '\0')
                break;
        } else if (*c == '"' && quoted && c[1] == '"') {
            g_string_append_c(field, *c++);
        } else if (*c == '"') {
            quoted = !quoted;
        } else {
            g_string_append_c(field, *c);
        }
    }
    g_string_free(field, TRUE);
    return fields;
}

/* The field with one of these names, or -1. */
static int find_column(const GPtrArray *fields, const char *const names[])
{
    for (int n = 0; names[n]; n++)
        for (guint i = 0; i < fields->len; i++)
            if (g_ascii_strcasecmp(fields->pdata[i], names[n]) == 0)
                return (int)i;
    return -1;
}

/* Rows in their order, or by their number column if its numbers fit. */
static gboolean parse_csv(const GPtrArray *lines, GPtrArray *names)
{
    static const char *const label_names[] = {"label",      "name",  "class_name", "display_name",
                                              "class name", "class", NULL};
    const char *header = lines->len ? line_at(lines, 0) : "";
    char separator = strchr(header, '\t') ? '\t' : strchr(header, ';') ? ';' : ',';
    GPtrArray *columns = split_csv(header, separator);
    int column = columns->len > 1 ? find_column(columns, label_names) : -1;
    static const char *const number_names[] = {"index", "id", "class_id", "class", "number", NULL};
    int number_column = find_column(columns, number_names);
    g_ptr_array_unref(columns);
    if (number_column == column)
        number_column = -1;
    if (column < 0)
        return FALSE;
    for (guint i = 1; i < lines->len; i++) {
        GPtrArray *fields = split_csv(line_at(lines, i), separator);
        guint64 number = i - 1;
        if (number_column >= 0 && (guint)number_column < fields->len)
            g_ascii_string_to_unsigned(fields->pdata[number_column], 10, 0, MAX_INDEX, &number,
                                       NULL);
        if ((guint)column < fields->len)
            set_name(names, (guint)number, fields->pdata[column]);
        g_ptr_array_unref(fields);
    }
    return names->len > 0;
}

/* ---- WordNet ids: "n02123045 tabby, tabby cat" -------------------------------------------- */

static gboolean has_wordnet_id(const char *line)
{
    for (int i = 1; i < 9; i++)
        if (line[0] != 'n' || !g_ascii_isdigit(line[i]))
            return FALSE;
    return (line[9] == ' ' || line[9] == '\t') && line[10] != '\0';
}

static gboolean all_have_wordnet_ids(const GPtrArray *lines)
{
    gboolean any = FALSE;
    for (guint i = 0; i < lines->len; i++) {
        const char *line = line_at(lines, i);
        if (*line && !has_wordnet_id(line))
            return FALSE;
        any = any || *line;
    }
    return any;
}

GPtrArray *labels_parse(const char *text, int n_classes)
{
    GPtrArray *lines = split_lines(text);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    guint first = 0;
    if (is_numbered(lines, &first)) {
        parse_numbered(lines, 0, names);
        if (first == 1 && (int)names->len == n_classes + 1)
            g_ptr_array_remove_index(names, 0);
    } else if (!parse_csv(lines, names)) {
        size_t skip = all_have_wordnet_ids(lines) ? 10 : 0;
        for (guint i = 0; i < lines->len; i++)
            set_name(names, i, *line_at(lines, i) ? line_at(lines, i) + skip : "");
    }
    drop_unnamed_end(names);
    g_ptr_array_unref(lines);
    return names;
}

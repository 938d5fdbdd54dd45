/* SPDX-License-Identifier: MIT */
/* metadata.c - labels, normalisation and name from TensorFlow Lite's metadata: a second FlatBuffer
 * inside the first, and the zip archive behind it that holds the files it names. */
#include "metadata.h"
#include "flatbuf.h"
#include "zip.h"

#include <math.h>
#include <string.h>

#define MAX_LABEL_FILE ((size_t)1 << 20)
#define MAX_FILES      16 /* that metadata may name for one tensor */
#define MAX_NAME       255

/* clang-format off */

/* Field numbers of the metadata schema. */
enum { MODEL_NAME, MODEL_SUBGRAPHS = 3 };
enum { SUBGRAPH_INPUTS = 2, SUBGRAPH_OUTPUTS = 3 };
enum { TENSOR_PROCESS_UNITS = 4, TENSOR_FILES = 6 };
enum { UNIT_OPTIONS_TYPE, UNIT_OPTIONS };
enum { NORMALIZATION_MEAN, NORMALIZATION_STD };
enum { FILE_NAME, FILE_TYPE = 2, FILE_LOCALE };

enum { UNIT_NORMALIZATION = 1 };
enum { FILE_AXIS_LABELS = 2, FILE_VALUE_LABELS = 3 };

/* clang-format on */

typedef struct {
    NnGraph *graph;
    Flatbuf fb;
    const uint8_t *file;
    size_t file_bytes;
    GPtrArray *entries; /* of the zip */
    int n_classes;
} Metadata;

static char *string_field(Flatbuf *fb, const FlatTable *table, int id)
{
    size_t length;
    const char *text = flat_string(fb, table, id, &length);
    return fb->broken ? g_strdup("") : g_utf8_make_valid(text, (gssize)MIN(length, MAX_NAME));
}

/* ---- labels ------------------------------------------------------------------------------- */

/* The lines of a text, empty ones at its end dropped; NULL if there is none. */
static char **split_lines(const char *text)
{
    char **lines = g_strsplit(text, "\n", -1);
    guint n = g_strv_length(lines);
    for (guint i = 0; i < n; i++)
        g_strchomp(lines[i]); /* the \r of \r\n too */
    while (n > 0 && lines[n - 1][0] == '\0')
        g_clear_pointer(&lines[--n], g_free);
    if (n == 0)
        g_clear_pointer(&lines, g_strfreev);
    return lines;
}

static char **read_entry(const Metadata *m, const ZipEntry *entry)
{
    size_t length;
    char *text = zip_read(m->file, m->file_bytes, entry, MAX_LABEL_FILE, &length);
    if (!text || strlen(text) != length)
        g_clear_pointer(&text, g_free);
    char **lines = text ? split_lines(text) : NULL;
    g_free(text);
    return lines;
}

static char **read_named(const Metadata *m, const char *name)
{
    for (guint i = 0; i < m->entries->len; i++) {
        const ZipEntry *entry = m->entries->pdata[i];
        if (strcmp(entry->name, name) == 0)
            return read_entry(m, entry);
    }
    return NULL;
}

/* The label file of the output: the English one where there are several languages. */
static char **labels_by_table(Metadata *m, const FlatTable *output)
{
    Flatbuf *fb = &m->fb;
    FlatVector files = flat_vector(fb, output, TENSOR_FILES, 4);
    char **best = NULL;
    for (uint32_t i = 0; i < MIN(files.n, MAX_FILES) && !fb->broken; i++) {
        FlatTable file = flat_vector_table(fb, &files, i);
        int type = flat_i8(fb, &file, FILE_TYPE, 0);
        char *name = string_field(fb, &file, FILE_NAME);
        char *locale = string_field(fb, &file, FILE_LOCALE);
        bool english = g_str_has_prefix(locale, "en");
        if ((type == FILE_AXIS_LABELS || type == FILE_VALUE_LABELS) && (!best || english)) {
            char **labels = read_named(m, name);
            if (labels) {
                g_strfreev(best);
                best = labels;
            }
        }
        g_free(name);
        g_free(locale);
        if (best && english)
            break;
    }
    return best;
}

static bool fits(const Metadata *m, char **labels)
{
    int n = (int)g_strv_length(labels);
    return n >= m->n_classes - 1 && n <= m->n_classes + 1;
}

/* Without a table that says which: the one text file, or the one with a line for each class. */
static char **labels_by_look(const Metadata *m)
{
    char **only = NULL, **fitting = NULL;
    int n_texts = 0, n_fitting = 0;
    for (guint i = 0; i < m->entries->len; i++) {
        const ZipEntry *entry = m->entries->pdata[i];
        char **labels = g_str_has_suffix(entry->name, ".txt") ? read_entry(m, entry) : NULL;
        if (!labels)
            continue;
        char ***keep = fits(m, labels) ? &fitting : &only;
        n_fitting += keep == &fitting;
        n_texts++;
        g_strfreev(*keep);
        *keep = labels;
    }
    if (n_fitting != 1)
        g_clear_pointer(&fitting, g_strfreev);
    if (n_texts != 1)
        g_clear_pointer(&only, g_strfreev);
    return fitting ? fitting : only;
}

/* ---- normalisation ------------------------------------------------------------------------ */

static bool read_floats(Flatbuf *fb, const FlatTable *table, int id, float values[4], int *n)
{
    FlatVector v = flat_vector(fb, table, id, 4);
    if (v.n < 1 || v.n > 4)
        return false;
    *n = (int)v.n;
    for (uint32_t i = 0; i < v.n; i++) {
        values[i] = flat_float_at(fb, v.at + 4 * (size_t)i);
        if (!isfinite(values[i]))
            return false;
    }
    return !fb->broken;
}

/* Says how bytes become the float values of the input. Quantised inputs take the byte: their scale
 * and zero point say the same, only exactly. */
static void read_normalisation(Metadata *m, const FlatTable *input)
{
    NnGraph *graph = m->graph;
    Flatbuf *fb = &m->fb;
    FlatVector units = flat_vector(fb, input, TENSOR_PROCESS_UNITS, 4);
    for (uint32_t i = 0; i < units.n && !fb->broken && !graph->has_norm; i++) {
        FlatTable unit = flat_vector_table(fb, &units, i);
        float mean[4], std[4];
        int n_mean = 0, n_std = 0;
        if (flat_u8(fb, &unit, UNIT_OPTIONS_TYPE, 0) != UNIT_NORMALIZATION)
            continue;
        FlatTable options = flat_subtable(fb, &unit, UNIT_OPTIONS);
        bool ok = read_floats(fb, &options, NORMALIZATION_MEAN, mean, &n_mean) &&
                  read_floats(fb, &options, NORMALIZATION_STD, std, &n_std) && n_mean == n_std;
        for (int k = 0; k < n_std && ok; k++)
            ok = std[k] > 0;
        if (!ok)
            continue;
        graph->has_norm = true;
        graph->n_norm = n_mean;
        memcpy(graph->mean, mean, sizeof mean);
        memcpy(graph->std, std, sizeof std);
    }
}

/* ------------------------------------------------------------------------------------------- */

static FlatTable first_of(Flatbuf *fb, const FlatTable *table, int id)
{
    FlatVector tables = flat_vector(fb, table, id, 4);
    return flat_vector_table(fb, &tables, 0);
}

static void read_tables(Metadata *m)
{
    NnGraph *graph = m->graph;
    Flatbuf *fb = &m->fb;
    FlatTable model = flat_root(fb);
    char *name = string_field(fb, &model, MODEL_NAME);
    FlatTable subgraph = first_of(fb, &model, MODEL_SUBGRAPHS);
    FlatTable input = first_of(fb, &subgraph, SUBGRAPH_INPUTS);
    FlatTable output = first_of(fb, &subgraph, SUBGRAPH_OUTPUTS);
    if (!fb->broken) {
        g_free(graph->name);
        graph->name = g_steal_pointer(&name);
    }
    g_free(name);
    if (graph->tensors[graph->input].type == NN_F32)
        read_normalisation(m, &input);
    graph->labels = labels_by_table(m, &output);
}

void metadata_read(NnGraph *graph, const uint8_t *metadata, size_t metadata_bytes,
                   const uint8_t *file, size_t file_bytes)
{
    const GraphTensor *output = &graph->tensors[graph->output];
    Metadata m = {
        .graph = graph,
        .fb = {.data = metadata, .size = metadata_bytes},
        .file = file,
        .file_bytes = file_bytes,
        .entries = zip_list(file, file_bytes),
        .n_classes = (int)(output->bytes / graph_type_size(output->type)),
    };
    graph->metadata = metadata;
    graph->metadata_bytes = metadata_bytes;
    if (metadata)
        read_tables(&m);
    if (!graph->labels)
        graph->labels = labels_by_look(&m);
    graph->wnids = read_named(&m, "wnids.txt");
    if (graph->wnids && (int)g_strv_length(graph->wnids) != m.n_classes)
        g_clear_pointer(&graph->wnids, g_strfreev);
    g_ptr_array_unref(m.entries);
}

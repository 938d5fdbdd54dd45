/* SPDX-License-Identifier: MIT */
/* metadata_write.c - TensorFlow Lite's metadata for a model that was taught: a FlatBuffer with its
 * texts and normalisation, and a zip archive with its labels. */
#include "flatbuf.h"
#include "flatwrite.h"
#include "metadata.h"

/* clang-format off */

/* Field numbers of the metadata schema. */
enum { MODEL_NAME, MODEL_DESCRIPTION, MODEL_VERSION, MODEL_SUBGRAPHS, MODEL_AUTHOR, MODEL_LICENSE,
       MODEL_FILES, MODEL_PARSER_VERSION };
enum { SUBGRAPH_NAME, SUBGRAPH_DESCRIPTION, SUBGRAPH_INPUTS, SUBGRAPH_OUTPUTS };
enum { TENSOR_NAME, TENSOR_DESCRIPTION, TENSOR_DIMENSION_NAMES, TENSOR_CONTENT,
       TENSOR_PROCESS_UNITS, TENSOR_STATS, TENSOR_FILES };
enum { CONTENT_TYPE, CONTENT_PROPERTIES };
enum { IMAGE_COLOUR_SPACE };
enum { UNIT_OPTIONS_TYPE, UNIT_OPTIONS };
enum { NORMALIZATION_MEAN, NORMALIZATION_STD };
enum { FILE_NAME, FILE_DESCRIPTION, FILE_TYPE };

enum { CONTENT_FEATURE = 1, CONTENT_IMAGE = 2, COLOUR_RGB = 1, UNIT_NORMALIZATION = 1,
       FILE_AXIS_LABELS = 2 };

/* clang-format on */

#define PARSER_VERSION "1.0.0"
#define MAX_KEPT       4096 /* bytes of a text that is carried over */

static void put_text(GByteArray *out, size_t table, int id, const char *text)
{
    flat_put_string(out, flat_slot(out, table, id), text, strlen(text));
}

/* A text of the model that was there before; g_free() it. */
static char *old_text(Flatbuf *fb, const FlatTable *table, int id)
{
    size_t length;
    const char *text = flat_string(fb, table, id, &length);
    return fb->broken ? g_strdup("") : g_utf8_make_valid(text, (gssize)MIN(length, MAX_KEPT));
}

static void put_normalisation(GByteArray *out, size_t link, const MetadataText *text)
{
    size_t list = flat_put_vector(out, link, NULL, 1, 4, 4);
    const FlatSlot slots[] = {{.id = UNIT_OPTIONS_TYPE, .bytes = 1, .value = UNIT_NORMALIZATION},
                              {.id = UNIT_OPTIONS}};
    const FlatSlot fields[] = {{.id = NORMALIZATION_MEAN}, {.id = NORMALIZATION_STD}};
    size_t unit = flat_put_table(out, list, slots, 2);
    size_t options = flat_put_table(out, flat_slot(out, unit, UNIT_OPTIONS), fields, 2);
    flat_put_vector(out, flat_slot(out, options, NORMALIZATION_MEAN), text->mean,
                    (size_t)text->n_norm, 4, 4);
    flat_put_vector(out, flat_slot(out, options, NORMALIZATION_STD), text->std,
                    (size_t)text->n_norm, 4, 4);
}

static void put_content(GByteArray *out, size_t link, int type)
{
    const FlatSlot slots[] = {{.id = CONTENT_TYPE, .bytes = 1, .value = (uint64_t)type},
                              {.id = CONTENT_PROPERTIES}};
    const FlatSlot rgb = {.id = IMAGE_COLOUR_SPACE, .bytes = 1, .value = COLOUR_RGB};
    size_t content = flat_put_table(out, link, slots, 2);
    flat_put_table(out, flat_slot(out, content, CONTENT_PROPERTIES), &rgb,
                   type == CONTENT_IMAGE ? 1 : 0);
}

static void put_input(GByteArray *out, size_t link, const MetadataText *text, const char *what)
{
    size_t list = flat_put_vector(out, link, NULL, 1, 4, 4);
    const FlatSlot slots[] = {{.id = TENSOR_NAME},
                              {.id = TENSOR_DESCRIPTION},
                              {.id = TENSOR_CONTENT},
                              {.id = TENSOR_PROCESS_UNITS}};
    size_t tensor = flat_put_table(out, list, slots, 4);
    put_text(out, tensor, TENSOR_NAME, "image");
    put_text(out, tensor, TENSOR_DESCRIPTION, *what ? what : "The picture to be classified.");
    put_content(out, flat_slot(out, tensor, TENSOR_CONTENT), CONTENT_IMAGE);
    put_normalisation(out, flat_slot(out, tensor, TENSOR_PROCESS_UNITS), text);
}

static void put_output(GByteArray *out, size_t link)
{
    size_t list = flat_put_vector(out, link, NULL, 1, 4, 4);
    const FlatSlot slots[] = {{.id = TENSOR_NAME},
                              {.id = TENSOR_DESCRIPTION},
                              {.id = TENSOR_CONTENT},
                              {.id = TENSOR_FILES}};
    size_t tensor = flat_put_table(out, list, slots, 4);
    put_text(out, tensor, TENSOR_NAME, "probability");
    put_text(out, tensor, TENSOR_DESCRIPTION, "Probabilities of the classes.");
    put_content(out, flat_slot(out, tensor, TENSOR_CONTENT), CONTENT_FEATURE);
    size_t files = flat_put_vector(out, flat_slot(out, tensor, TENSOR_FILES), NULL, 1, 4, 4);
    const FlatSlot fields[] = {{.id = FILE_NAME},
                               {.id = FILE_DESCRIPTION},
                               {.id = FILE_TYPE, .bytes = 1, .value = FILE_AXIS_LABELS}};
    size_t file = flat_put_table(out, files, fields, 3);
    put_text(out, file, FILE_NAME, METADATA_LABELS);
    put_text(out, file, FILE_DESCRIPTION, "Labels of the classes.");
}

GBytes *metadata_write(const MetadataText *text, const NnGraph *before)
{
    Flatbuf fb = {.data = before->metadata, .size = before->metadata_bytes};
    FlatTable old = {0}, none = {0}, input = {0};
    if (before->metadata) {
        old = flat_root(&fb);
        FlatVector subgraphs = flat_vector(&fb, &old, MODEL_SUBGRAPHS, 4);
        FlatTable subgraph = flat_vector_table(&fb, &subgraphs, 0);
        FlatVector inputs = flat_vector(&fb, &subgraph, SUBGRAPH_INPUTS, 4);
        input = fb.broken ? none : flat_vector_table(&fb, &inputs, 0);
    }
    char *author = old_text(&fb, &old, MODEL_AUTHOR), *license = old_text(&fb, &old, MODEL_LICENSE);
    char *picture = old_text(&fb, &input, TENSOR_DESCRIPTION);

    GByteArray *out = flat_new("M001");
    FlatSlot slots[6] = {{.id = MODEL_NAME}, {.id = MODEL_DESCRIPTION}, {.id = MODEL_SUBGRAPHS}};
    int n = 3;
    if (*author)
        slots[n++] = (FlatSlot){.id = MODEL_AUTHOR};
    if (*license)
        slots[n++] = (FlatSlot){.id = MODEL_LICENSE};
    slots[n++] = (FlatSlot){.id = MODEL_PARSER_VERSION};
    size_t model = flat_put_table(out, 0, slots, n);
    put_text(out, model, MODEL_NAME, text->name);
    put_text(out, model, MODEL_DESCRIPTION, text->description);
    if (*author)
        put_text(out, model, MODEL_AUTHOR, author);
    if (*license)
        put_text(out, model, MODEL_LICENSE, license);
    put_text(out, model, MODEL_PARSER_VERSION, PARSER_VERSION);
    size_t list = flat_put_vector(out, flat_slot(out, model, MODEL_SUBGRAPHS), NULL, 1, 4, 4);
    const FlatSlot ends[] = {{.id = SUBGRAPH_INPUTS}, {.id = SUBGRAPH_OUTPUTS}};
    size_t subgraph = flat_put_table(out, list, ends, 2);
    put_input(out, flat_slot(out, subgraph, SUBGRAPH_INPUTS), text, picture);
    put_output(out, flat_slot(out, subgraph, SUBGRAPH_OUTPUTS));
    g_free(author);
    g_free(license);
    g_free(picture);
    return g_byte_array_free_to_bytes(out);
}

/* ---- labels ------------------------------------------------------------------------------- */

/* CRC-32 as zip has it. */
static uint32_t crc32_of(const char *data, size_t n)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < n; i++) {
        crc ^= (uint8_t)data[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void put(GByteArray *out, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        guint8 byte = (guint8)(value >> (8 * i));
        g_byte_array_append(out, &byte, 1);
    }
}

/* What the local and the central record share: from "version needed" to "extra length". */
static void put_common(GByteArray *out, uint32_t crc, size_t bytes, size_t name)
{
    put(out, 10, 2); /* version needed */
    put(out, 0, 4);  /* flags, stored */
    put(out, 0, 2);  /* midnight, */
    put(out, 33, 2); /* 1 January 1980: the same labels give the same bytes */
    put(out, crc, 4);
    put(out, bytes, 4);
    put(out, bytes, 4);
    put(out, name, 2);
    put(out, 0, 2);
}

void metadata_append_labels(GByteArray *file, const MetadataText *text)
{
    GString *lines = g_string_new(NULL);
    for (int i = 0; i < text->n_labels; i++)
        g_string_append_printf(lines, "%s\n", text->labels[i]);
    uint32_t crc = crc32_of(lines->str, lines->len);
    size_t name = strlen(METADATA_LABELS), local = file->len;
    put(file, 0x04034b50, 4);
    put_common(file, crc, lines->len, name);
    g_byte_array_append(file, (const guint8 *)METADATA_LABELS, (guint)name);
    g_byte_array_append(file, (const guint8 *)lines->str, (guint)lines->len);
    size_t central = file->len;
    put(file, 0x02014b50, 4);
    put(file, 20, 2); /* made by */
    put_common(file, crc, lines->len, name);
    put(file, 0, 6); /* comment, disk, internal attributes */
    put(file, 0, 4);
    put(file, local, 4);
    g_byte_array_append(file, (const guint8 *)METADATA_LABELS, (guint)name);
    size_t end = file->len;
    put(file, 0x06054b50, 4);
    put(file, 0, 4); /* disks */
    put(file, 1, 2);
    put(file, 1, 2);
    put(file, end - central, 4);
    put(file, central, 4);
    put(file, 0, 2);
    g_string_free(lines, TRUE);
}

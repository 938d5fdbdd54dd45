/* SPDX-License-Identifier: MIT */
/* zip.c - lists and unpacks the files of a zip archive appended to something else. */
#include "zip.h"
#include "flatbuf.h"

#include <gio/gio.h>

#define MAX_ENTRIES 64
#define MAX_NAME    1024

/* Signatures and fixed sizes of the three records. */
#define END_SIGNATURE     0x06054b50u
#define END_BYTES         22
#define CENTRAL_SIGNATURE 0x02014b50u
#define CENTRAL_BYTES     46
#define LOCAL_SIGNATURE   0x04034b50u
#define LOCAL_BYTES       30

static size_t u16(Flatbuf *fb, size_t at)
{
    return (size_t)flat_raw(fb, at, 2);
}

static size_t u32(Flatbuf *fb, size_t at)
{
    return (size_t)flat_raw(fb, at, 4);
}

/* The end record has a comment of unknown length behind it: search from the back. */
static bool find_end(Flatbuf *fb, size_t *end)
{
    for (size_t back = END_BYTES; back <= END_BYTES + 65535 && back <= fb->size; back++) {
        *end = fb->size - back;
        if (u32(fb, *end) == END_SIGNATURE && u16(fb, *end + 20) == back - END_BYTES)
            return true;
    }
    return false;
}

static void free_entry(void *data)
{
    ZipEntry *entry = data;
    g_free(entry->name);
    g_free(entry);
}

/* Reads the central record at a position; returns the next one's, 0 at the end. Offsets in it
 * count from base: the archive's or the whole file's first byte, as the packer saw fit. */
static size_t read_central(Flatbuf *fb, size_t at, size_t base, GPtrArray *entries)
{
    size_t name = u16(fb, at + 28), extra = u16(fb, at + 30), comment = u16(fb, at + 32);
    if (u32(fb, at) != CENTRAL_SIGNATURE || name > MAX_NAME ||
        !flat_inside(fb, at + CENTRAL_BYTES, name))
        return 0;
    ZipEntry *entry = g_new0(ZipEntry, 1);
    entry->method = (unsigned)u16(fb, at + 10);
    entry->packed = u32(fb, at + 20);
    entry->unpacked = u32(fb, at + 24);
    entry->header = base + u32(fb, at + 42);
    entry->name = g_utf8_make_valid((const char *)fb->data + at + CENTRAL_BYTES, (gssize)name);
    g_ptr_array_add(entries, entry);
    return at + CENTRAL_BYTES + name + extra + comment;
}

GPtrArray *zip_list(const uint8_t *data, size_t size)
{
    Flatbuf fb = {.data = data, .size = size};
    GPtrArray *entries = g_ptr_array_new_with_free_func(free_entry);
    size_t end;
    if (!find_end(&fb, &end))
        return entries;
    size_t n = MIN(u16(&fb, end + 10), MAX_ENTRIES);
    size_t bytes = u32(&fb, end + 12), offset = u32(&fb, end + 16);
    if (bytes > end || offset > end - bytes)
        return entries;
    size_t at = end - bytes, base = at - offset;
    for (size_t i = 0; i < n && at != 0; i++)
        at = read_central(&fb, at, base, entries);
    return entries;
}

/* Unpacks exactly length bytes into a terminated block, or NULL. */
static char *inflate_all(const uint8_t *packed, size_t packed_bytes, size_t length)
{
    GConverter *inflater = G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_RAW));
    char *text = g_malloc(length + 1);
    size_t in = 0, out = 0;
    GConverterResult result = G_CONVERTER_CONVERTED;
    while (result == G_CONVERTER_CONVERTED) {
        size_t taken = 0, given = 0;
        /* One byte more than is due: a stream that fills it is longer than it says. */
        result =
            g_converter_convert(inflater, packed + in, packed_bytes - in, text + out,
                                length + 1 - out, G_CONVERTER_INPUT_AT_END, &taken, &given, NULL);
        in += taken;
        out += given;
        if (out > length)
            break;
    }
    g_object_unref(inflater);
    if (result == G_CONVERTER_FINISHED && out == length) {
        text[length] = '\0';
        return text;
    }
    g_free(text);
    return NULL;
}

char *zip_read(const uint8_t *data, size_t size, const ZipEntry *entry, size_t limit,
               size_t *length)
{
    Flatbuf fb = {.data = data, .size = size};
    if (u32(&fb, entry->header) != LOCAL_SIGNATURE || entry->unpacked > limit)
        return NULL;
    size_t at =
        entry->header + LOCAL_BYTES + u16(&fb, entry->header + 26) + u16(&fb, entry->header + 28);
    if (!flat_inside(&fb, at, entry->packed))
        return NULL;
    *length = entry->unpacked;
    if (entry->method == 8)
        return inflate_all(data + at, entry->packed, entry->unpacked);
    if (entry->method != 0 || entry->packed != entry->unpacked)
        return NULL;
    char *text = g_malloc(entry->unpacked + 1);
    memcpy(text, data + at, entry->unpacked);
    text[entry->unpacked] = '\0';
    return text;
}

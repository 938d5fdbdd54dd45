/* SPDX-License-Identifier: MIT */
/* flatwrite.c - writes FlatBuffers front to back. */
#include "flatwrite.h"

#include <string.h>

#define MAX_FIELDS 32

static void put_number(GByteArray *out, size_t at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out->data[at + i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_number(const GByteArray *out, size_t at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)out->data[at + i] << (8 * i);
    return value;
}

/* Appends zeros; returns where they start. */
static size_t grow(GByteArray *out, size_t bytes)
{
    size_t at = out->len;
    g_byte_array_set_size(out, (guint)(at + bytes));
    memset(out->data + at, 0, bytes);
    return at;
}

static void link_to(GByteArray *out, size_t link, size_t target)
{
    put_number(out, link, target - link, 4);
}

void flat_pad(GByteArray *out, size_t align)
{
    grow(out, (align - out->len % align) % align);
}

GByteArray *flat_new(const char *identifier)
{
    GByteArray *out = g_byte_array_new();
    grow(out, 4);
    g_byte_array_append(out, (const guint8 *)identifier, 4);
    return out;
}

size_t flat_put_table(GByteArray *out, size_t link, const FlatSlot *slots, int n)
{
    size_t offsets[MAX_FIELDS], body = 4, align = 4;
    g_assert(n <= MAX_FIELDS);
    /* The widest first: no holes between them. */
    for (size_t width = 8; width >= 1; width /= 2)
        for (int i = 0; i < n; i++) {
            size_t bytes = slots[i].bytes ? (size_t)slots[i].bytes : 4;
            if (bytes != width)
                continue;
            body = (body + bytes - 1) & ~(bytes - 1);
            offsets[i] = body;
            body += bytes;
            align = MAX(align, bytes);
        }
    size_t vtable_bytes = 4 + 2 * (size_t)(n ? slots[n - 1].id + 1 : 0);
    flat_pad(out, 2);
    size_t vtable = grow(out, vtable_bytes);
    flat_pad(out, align);
    size_t table = grow(out, body);
    put_number(out, vtable, vtable_bytes, 2);
    put_number(out, vtable + 2, body, 2);
    put_number(out, table, table - vtable, 4);
    for (int i = 0; i < n; i++) {
        put_number(out, vtable + 4 + 2 * (size_t)slots[i].id, offsets[i], 2);
        if (slots[i].bytes)
            put_number(out, table + offsets[i], slots[i].value, (size_t)slots[i].bytes);
    }
    link_to(out, link, table);
    return table;
}

size_t flat_slot(const GByteArray *out, size_t table, int id)
{
    size_t vtable = table - (size_t)get_number(out, table, 4);
    return table + (size_t)get_number(out, vtable + 4 + 2 * (size_t)id, 2);
}

size_t flat_put_vector(GByteArray *out, size_t link, const void *data, size_t n, size_t element,
                       size_t align)
{
    flat_pad(out, 4);
    while ((out->len + 4) % align != 0)
        grow(out, 4);
    size_t at = grow(out, 4 + n * element);
    put_number(out, at, n, 4);
    if (data && n)
        memcpy(out->data + at + 4, data, n * element);
    link_to(out, link, at);
    return at + 4;
}

void flat_put_string(GByteArray *out, size_t link, const char *text, size_t length)
{
    flat_put_vector(out, link, text, length, 1, 4);
    grow(out, 1);
}

size_t flat_put_copy(GByteArray *out, size_t link, const uint8_t *vtable, size_t vtable_bytes,
                     const uint8_t *body, size_t body_bytes, size_t body_at)
{
    flat_pad(out, 2);
    size_t at = grow(out, vtable_bytes);
    memcpy(out->data + at, vtable, vtable_bytes);
    while (out->len % 8 != body_at % 8) /* its fields keep their alignment */
        grow(out, 1);
    size_t table = grow(out, body_bytes);
    memcpy(out->data + table, body, body_bytes);
    put_number(out, table, table - at, 4);
    link_to(out, link, table);
    return table;
}

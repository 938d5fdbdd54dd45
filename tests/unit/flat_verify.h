/* SPDX-License-Identifier: MIT */
/* flat_verify.h - the conditions of FlatBuffers' verifier, for files we write: every table, vector,
 * string and number lies inside the buffer and is aligned; strings end in a zero byte. */
#ifndef FLAT_VERIFY_H
#define FLAT_VERIFY_H

#include "flatbuf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

typedef struct {
    const char *fields;  /* by number: 1 2 4 8 = a number of so many bytes, s = string, t = table,
                          * T = vector of tables, b i q = vector of 1, 4, 8 byte numbers, B = bytes
                          * aligned to 16, - = must be absent, o = options: numbers, and perhaps a
                          * vector of 4 byte numbers as field 0 */
    const int *children; /* for t and T, in order: index into the schema */
} VerifyTable;

static inline void verify_table(const Flatbuf *fb, size_t at, const VerifyTable *schema, int index);

static inline uint32_t verify_u32(const Flatbuf *fb, size_t at)
{
    assert_true(at % 4 == 0 && at + 4 <= fb->size);
    return (uint32_t)(fb->data[at] | fb->data[at + 1] << 8 | fb->data[at + 2] << 16) |
           (uint32_t)fb->data[at + 3] << 24;
}

static inline size_t verify_follow(const Flatbuf *fb, size_t at)
{
    uint32_t offset = verify_u32(fb, at);
    assert_true(offset != 0 && offset < 0x80000000u && at + offset < fb->size);
    return at + offset;
}

static inline void verify_vector(const Flatbuf *fb, size_t at, size_t element, size_t align)
{
    uint32_t n = verify_u32(fb, at);
    assert_true((at + 4) % align == 0);
    assert_true(n <= (fb->size - at - 4) / element);
}

static inline void verify_field(const Flatbuf *fb, size_t at, char kind, const VerifyTable *schema,
                                int child)
{
    size_t to = kind >= '1' && kind <= '8' ? 0 : verify_follow(fb, at);
    switch (kind) {
    case 's':
        verify_vector(fb, to, 1, 1);
        assert_true(to + 4 + verify_u32(fb, to) < fb->size);
        assert_int_equal(fb->data[to + 4 + verify_u32(fb, to)], 0);
        break;
    case 't':
        verify_table(fb, to, schema, child);
        break;
    case 'T':
        verify_vector(fb, to, 4, 4);
        for (uint32_t i = 0; i < verify_u32(fb, to); i++)
            verify_table(fb, verify_follow(fb, to + 4 + 4 * (size_t)i), schema, child);
        break;
    case 'b':
        verify_vector(fb, to, 1, 1);
        break;
    case 'B':
        verify_vector(fb, to, 1, 16);
        break;
    case 'i':
        verify_vector(fb, to, 4, 4);
        break;
    case 'q':
        verify_vector(fb, to, 8, 8);
        break;
    default:
        assert_true(at % (size_t)(kind - '0') == 0);
    }
}

static inline void verify_table(const Flatbuf *fb, size_t at, const VerifyTable *schema, int index)
{
    assert_true(at % 4 == 0 && at + 4 <= fb->size);
    size_t vtable = at - (size_t)(int32_t)verify_u32(fb, at);
    assert_true(vtable % 2 == 0 && vtable + 4 <= fb->size);
    size_t vtable_bytes = fb->data[vtable] | (size_t)fb->data[vtable + 1] << 8;
    size_t bytes = fb->data[vtable + 2] | (size_t)fb->data[vtable + 3] << 8;
    assert_true(vtable_bytes >= 4 && vtable_bytes % 2 == 0 && vtable + vtable_bytes <= fb->size);
    assert_true(bytes >= 4 && at + bytes <= fb->size);
    const char *kinds = schema[index].fields;
    int children = 0;
    for (size_t id = 0; id < (vtable_bytes - 4) / 2; id++) {
        size_t slot = vtable + 4 + 2 * id;
        size_t offset = fb->data[slot] | (size_t)fb->data[slot + 1] << 8;
        bool options = kinds[0] == 'o';
        char kind = options ? (id == 0 && schema[index].fields[1] == 'v' ? 'i' : '1') : kinds[id];
        assert_true(options || id < strlen(kinds));
        int child = kind == 't' || kind == 'T' ? schema[index].children[children++] : 0;
        if (offset == 0)
            continue;
        assert_true(kind != '-');
        size_t width = kind >= '1' && kind <= '8' ? (size_t)(kind - '0') : 4;
        assert_true(offset >= 4 && offset + width <= bytes);
        verify_field(fb, at + offset, kind, schema, child);
    }
}

/* A .tflite FlatBuffer (what stands behind it is not looked at). */
static inline void verify_tflite(const uint8_t *data, size_t size)
{
    enum {
        MODEL,
        OPCODE,
        SUBGRAPH,
        TENSOR,
        QUANT,
        OPERATOR,
        OPTIONS,
        BUFFER,
        META,
        SIGNATURE,
        MAP
    };
    static const int model[] = {OPCODE, SUBGRAPH, BUFFER, META, SIGNATURE},
                     subgraph[] = {TENSOR, OPERATOR}, tensor_child[] = {QUANT},
                     operator_child[] = {OPTIONS}, signature[] = {MAP, MAP};
    static const VerifyTable schema[] = {
        [MODEL] = {"4TTsT-TT", model},
        [OPCODE] = {"1s44", NULL},
        [SUBGRAPH] = {"TiiTs", subgraph},
        [TENSOR] = {"i14st--i1", tensor_child},
        [QUANT] = {"iiiq--4", NULL},
        [OPERATOR] = {"4ii1t", operator_child},
        [OPTIONS] = {"o", NULL},
        [BUFFER] = {"B", NULL},
        [META] = {"s4", NULL},
        [SIGNATURE] = {"TTs-4", signature},
        [MAP] = {"s4", NULL},
    };
    const Flatbuf fb = {.data = data, .size = size};
    assert_true(size > 8 && memcmp(data + 4, "TFL3", 4) == 0);
    verify_table(&fb, verify_follow(&fb, 0), schema, MODEL);
}

#endif

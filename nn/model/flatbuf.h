/* SPDX-License-Identifier: MIT */
/* flatbuf.h - reads FlatBuffers that may be broken. Positions are byte offsets into the buffer and
 * every access is checked; nothing is ever cast onto the bytes.
 *
 * The first thing found wrong is kept in Flatbuf.broken; from then on readers give zeros, empty
 * vectors and absent tables, so that a caller may read a whole object and look at broken once. */
#ifndef NN_FLATBUF_H
#define NN_FLATBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const uint8_t *data;
    size_t size;
    const char *broken; /* what is wrong, or NULL; static */
    size_t broken_at;   /* byte offset of it */
} Flatbuf;

/* A table whose vtable was checked. at 0 = absent: all its fields have their defaults. */
typedef struct {
    size_t at, bytes;
    size_t vtable, vtable_bytes;
} FlatTable;

/* A vector that lies inside the buffer: at is its first element. Absent vectors are empty. */
typedef struct {
    size_t at;
    uint32_t n;
} FlatVector;

static inline void flat_break(Flatbuf *fb, size_t at, const char *what)
{
    if (!fb->broken) {
        fb->broken = what;
        fb->broken_at = at;
    }
}

static inline bool flat_inside(Flatbuf *fb, size_t at, size_t bytes)
{
    if (!fb->broken && (at > fb->size || bytes > fb->size - at))
        flat_break(fb, at, "an offset points past the end");
    return !fb->broken;
}

/* Little-endian number of up to 8 bytes at a position. */
static inline uint64_t flat_raw(Flatbuf *fb, size_t at, size_t bytes)
{
    uint64_t value = 0;
    if (!flat_inside(fb, at, bytes))
        return 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)fb->data[at + i] << (8 * i);
    return value;
}

/* Follows the unsigned offset at a position; offsets count from where they stand. */
static inline size_t flat_follow(Flatbuf *fb, size_t at)
{
    size_t offset = (size_t)flat_raw(fb, at, 4);
    if (fb->broken)
        return 0;
    if (offset == 0 || offset > fb->size - at) {
        flat_break(fb, at, "an offset points past the end");
        return 0;
    }
    return at + offset;
}

static inline FlatTable flat_table(Flatbuf *fb, size_t at)
{
    FlatTable none = {0}, t = {.at = at};
    int64_t vtable = (int64_t)at - (int32_t)(uint32_t)flat_raw(fb, at, 4);
    if (!fb->broken && at % 4 != 0)
        flat_break(fb, at, "a table is misaligned");
    if (!fb->broken && (vtable < 0 || vtable % 2 != 0 || (uint64_t)vtable > fb->size))
        flat_break(fb, at, "a table's vtable lies outside the file");
    if (fb->broken)
        return none;
    t.vtable = (size_t)vtable;
    t.vtable_bytes = (size_t)flat_raw(fb, t.vtable, 2);
    t.bytes = (size_t)flat_raw(fb, t.vtable + 2, 2);
    if (!fb->broken && (t.vtable_bytes < 4 || t.vtable_bytes % 2 != 0 || t.bytes < 4))
        flat_break(fb, t.vtable, "a vtable has an impossible size");
    if (!flat_inside(fb, t.vtable, t.vtable_bytes) || !flat_inside(fb, t.at, t.bytes))
        return none;
    return t;
}

static inline FlatTable flat_root(Flatbuf *fb)
{
    return flat_table(fb, flat_follow(fb, 0));
}

/* Position of field id of so many bytes; 0 if it has its default. */
static inline size_t flat_field(Flatbuf *fb, const FlatTable *t, int id, size_t bytes)
{
    size_t slot = 4 + 2 * (size_t)id;
    if (t->at == 0 || slot + 2 > t->vtable_bytes)
        return 0;
    size_t offset = (size_t)flat_raw(fb, t->vtable + slot, 2);
    if (offset == 0 || fb->broken)
        return 0;
    if (offset < 4 || offset + bytes > t->bytes) {
        flat_break(fb, t->vtable + slot, "a field lies outside its table");
        return 0;
    }
    return t->at + offset;
}

static inline int flat_i8(Flatbuf *fb, const FlatTable *t, int id, int otherwise)
{
    size_t at = flat_field(fb, t, id, 1);
    return at ? (int8_t)flat_raw(fb, at, 1) : otherwise;
}

static inline unsigned flat_u8(Flatbuf *fb, const FlatTable *t, int id, unsigned otherwise)
{
    size_t at = flat_field(fb, t, id, 1);
    return at ? (unsigned)flat_raw(fb, at, 1) : otherwise;
}

static inline uint32_t flat_u32(Flatbuf *fb, const FlatTable *t, int id, uint32_t otherwise)
{
    size_t at = flat_field(fb, t, id, 4);
    return at ? (uint32_t)flat_raw(fb, at, 4) : otherwise;
}

static inline int32_t flat_i32(Flatbuf *fb, const FlatTable *t, int id, int32_t otherwise)
{
    return (int32_t)flat_u32(fb, t, id, (uint32_t)otherwise);
}

static inline uint64_t flat_u64(Flatbuf *fb, const FlatTable *t, int id, uint64_t otherwise)
{
    size_t at = flat_field(fb, t, id, 8);
    return at ? flat_raw(fb, at, 8) : otherwise;
}

static inline float flat_float_at(Flatbuf *fb, size_t at)
{
    uint32_t bits = (uint32_t)flat_raw(fb, at, 4);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline float flat_f32(Flatbuf *fb, const FlatTable *t, int id, float otherwise)
{
    size_t at = flat_field(fb, t, id, 4);
    return at ? flat_float_at(fb, at) : otherwise;
}

static inline FlatTable flat_subtable(Flatbuf *fb, const FlatTable *t, int id)
{
    FlatTable none = {0};
    size_t at = flat_field(fb, t, id, 4);
    return at ? flat_table(fb, flat_follow(fb, at)) : none;
}

/* A vector of elements of so many bytes. */
static inline FlatVector flat_vector(Flatbuf *fb, const FlatTable *t, int id, size_t element)
{
    FlatVector none = {0}, v;
    size_t field = flat_field(fb, t, id, 4);
    size_t at = field ? flat_follow(fb, field) : 0;
    if (at == 0)
        return none;
    if (at % 4 != 0)
        flat_break(fb, at, "a vector is misaligned");
    v.n = (uint32_t)flat_raw(fb, at, 4);
    v.at = at + 4;
    if (fb->broken)
        return none;
    if (v.n > (fb->size - v.at) / element) {
        flat_break(fb, at, "a vector is longer than the file");
        return none;
    }
    return v;
}

static inline int32_t flat_vector_i32(Flatbuf *fb, const FlatVector *v, uint32_t i)
{
    return i < v->n ? (int32_t)(uint32_t)flat_raw(fb, v->at + 4 * (size_t)i, 4) : 0;
}

static inline FlatTable flat_vector_table(Flatbuf *fb, const FlatVector *v, uint32_t i)
{
    FlatTable none = {0};
    return i < v->n ? flat_table(fb, flat_follow(fb, v->at + 4 * (size_t)i)) : none;
}

/* Bytes of a string field, not terminated; length 0 and "" if absent. */
static inline const char *flat_string(Flatbuf *fb, const FlatTable *t, int id, size_t *length)
{
    FlatVector v = flat_vector(fb, t, id, 1);
    *length = v.n;
    return v.n ? (const char *)fb->data + v.at : "";
}

#endif

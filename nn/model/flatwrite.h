/* SPDX-License-Identifier: MIT */
/* flatwrite.h - writes FlatBuffers front to back: a table first, then what it points to, whose
 * offsets are filled in when it comes. (Offsets count forward from where they stand, so that what
 * is pointed to must stand behind.) Everything is aligned as a verifier wants it. */
#ifndef NN_FLATWRITE_H
#define NN_FLATWRITE_H

#include <stddef.h>
#include <stdint.h>
#include <glib.h>

/* One field of a table: so many bytes (1, 2, 4, 8) of value, little-endian; bytes 0 = an offset to
 * be filled in by the link of what it points to. Numbers ascend. */
typedef struct {
    int id, bytes;
    uint64_t value;
} FlatSlot;

/* Starts a FlatBuffer: room for the root offset, and the identifier of four characters. Link the
 * root table to position 0. */
GByteArray *flat_new(const char *identifier);

/* Writes a table and lets the offset at position link point to it. Returns its position. */
size_t flat_put_table(GByteArray *out, size_t link, const FlatSlot *slots, int n);

/* Position of field id of a table that was written, for the link of what it points to. */
size_t flat_slot(const GByteArray *out, size_t table, int id);

/* Writes a vector of n elements of so many bytes, its first at a multiple of align (at least 4).
 * data NULL: zeros, such as offsets to be linked. Returns the position of the first element. */
size_t flat_put_vector(GByteArray *out, size_t link, const void *data, size_t n, size_t element,
                       size_t align);

/* Writes a string with its terminator. */
void flat_put_string(GByteArray *out, size_t link, const char *text, size_t length);

/* Writes a table of numbers that stands in another FlatBuffer as it is: vtable and body. */
size_t flat_put_copy(GByteArray *out, size_t link, const uint8_t *vtable, size_t vtable_bytes,
                     const uint8_t *body, size_t body_bytes, size_t body_at);

void flat_pad(GByteArray *out, size_t align); /* zeros up to a multiple */

#endif

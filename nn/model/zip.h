/* SPDX-License-Identifier: MIT */
/* zip.h - the few things needed of a zip archive that stands at the end of a model file. Every
 * offset is checked; what cannot be read is as if it were not there. */
#ifndef NN_ZIP_H
#define NN_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <glib.h>

typedef struct {
    char *name;      /* valid UTF-8 */
    unsigned method; /* 0 stored, 8 deflated */
    size_t header;   /* position of the local header */
    size_t packed, unpacked;
} ZipEntry;

/* The archive's files, ZipEntry each; empty if there is none. g_ptr_array_unref() it. */
GPtrArray *zip_list(const uint8_t *data, size_t size);

/* The contents of an entry, NUL-terminated, if it has at most limit bytes and is whole; else NULL.
 * g_free() it. */
char *zip_read(const uint8_t *data, size_t size, const ZipEntry *entry, size_t limit,
               size_t *length);

#endif

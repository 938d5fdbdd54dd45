/* SPDX-License-Identifier: MIT */
/* blendrow.h - what laying a label over a picture does to a row of bytes. */
#ifndef BLENDROW_H
#define BLENDROW_H

#include <glib.h>

G_BEGIN_DECLS

/* Both give the same bytes in each set. */
typedef struct {
    /* row = add + row * keep / 255, rounded, for n bytes; add + keep must not be above 255. */
    void (*apply)(guint8 *row, const guint8 *add, const guint8 *keep, gint n);
    /* Whether those of the n bytes are 255 that are 0 in mask; its others are 255. */
    gboolean (*opaque)(const guint8 *row, const guint8 *mask, gint n);
} BlendRow;

extern const BlendRow blend_row_plain;

/* The fastest that this processor runs. */
const BlendRow *blend_row_best(void);

G_END_DECLS

#endif

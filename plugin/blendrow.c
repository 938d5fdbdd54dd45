/* SPDX-License-Identifier: MIT */
/* blendrow.c - loops that compilers make vectors of; on x86 a second time for AVX2, which the
 * baseline does not have: it halves the instructions. */
#include "blendrow.h"

/* product / 255, if product is at most 255 * 255 + 128, 128 of which are for rounding: the same
 * both ways, by the instructions that vectors have. On x86-64 a fifth less than the other for a
 * row. */
static inline guint8 by_255(guint16 product)
{
#ifdef __SSE2__
    return (guint8)((guint32)product * 257 >> 16);
#else
    return (guint8)((guint16)(product + (product >> 8)) >> 8);
#endif
}

static inline __attribute__((always_inline)) void
apply(guint8 *restrict row, const guint8 *restrict add, const guint8 *restrict keep, gint n)
{
    for (gint i = 0; i < n; i++)
        row[i] = (guint8)(add[i] + by_255((guint16)(row[i] * keep[i] + 128)));
}

static inline __attribute__((always_inline)) gboolean opaque(const guint8 *row, const guint8 *mask,
                                                             gint n)
{
    guint8 all = 255;

    for (gint i = 0; i < n; i++)
        all &= row[i] | mask[i];
    return all == 255;
}

static void apply_plain(guint8 *row, const guint8 *add, const guint8 *keep, gint n)
{
    apply(row, add, keep, n);
}

static gboolean opaque_plain(const guint8 *row, const guint8 *mask, gint n)
{
    return opaque(row, mask, n);
}

const BlendRow blend_row_plain = {apply_plain, opaque_plain};

#if defined(__x86_64__) || defined(__i386__)
__attribute__((target("avx2"))) static void apply_avx2(guint8 *row, const guint8 *add,
                                                       const guint8 *keep, gint n)
{
    apply(row, add, keep, n);
}

__attribute__((target("avx2"))) static gboolean opaque_avx2(const guint8 *row, const guint8 *mask,
                                                            gint n)
{
    return opaque(row, mask, n);
}

const BlendRow *blend_row_best(void)
{
    static const BlendRow avx2 = {apply_avx2, opaque_avx2};

    return __builtin_cpu_supports("avx2") ? &avx2 : &blend_row_plain;
}
#else
const BlendRow *blend_row_best(void)
{
    return &blend_row_plain;
}
#endif

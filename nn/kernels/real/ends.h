/* SPDX-License-Identifier: MIT */
/* ends.h - the ends of arrays, where fewer numbers are left than a vector holds. */
#ifndef NN_REAL_ENDS_H
#define NN_REAL_ENDS_H

/* The first n numbers of a vector, 1...LANES (or more: all). */
NN_INLINE void vec_store_first(Real *to, Vec v, ptrdiff_t n)
{
    Real all[LANES];
    if (n >= LANES) {
        vec_store(to, v);
        return;
    }
    vec_store(all, v);
    memcpy(to, all, sizeof(Real) * (size_t)n);
}

#endif

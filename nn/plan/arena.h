/* SPDX-License-Identifier: MIT */
/* arena.h - where each tensor lies in the one block of activations: a pure function of integers. */
#ifndef NN_ARENA_H
#define NN_ARENA_H

#include <stddef.h>

#define ARENA_ALIGN 64

typedef struct {
    int first, last; /* steps that write it first and read it last, both included */
    size_t bytes;
    size_t offset; /* the answer; a multiple of ARENA_ALIGN */
} ArenaItem;

/* Gives every item an offset such that no two items that live at the same step overlap; returns the
 * bytes of the whole. The largest item is placed first, each at the lowest offset that is free
 * through its whole life (Pisarchyk and Lee 2020, "greedy by size"). Order of items is kept. */
size_t arena_place(ArenaItem *items, int n);

#endif

/* SPDX-License-Identifier: MIT */
/* arena.c - greedy placement by size. */
#include "arena.h"

#include <glib.h>

static size_t align_up(size_t x)
{
    return (x + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
}

static int by_size(gconstpointer a, gconstpointer b)
{
    const ArenaItem *x = *(ArenaItem *const *)a, *y = *(ArenaItem *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->first != y->first ? (x->first > y->first) - (x->first < y->first) : (x > y) - (x < y);
}

static int by_offset(gconstpointer a, gconstpointer b)
{
    const ArenaItem *x = *(ArenaItem *const *)a, *y = *(ArenaItem *const *)b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

size_t arena_place(ArenaItem *items, int n)
{
    GPtrArray *order = g_ptr_array_sized_new((guint)n);
    GPtrArray *alive = g_ptr_array_new();
    GPtrArray *placed = g_ptr_array_new();
    size_t total = 0;

    for (int i = 0; i < n; i++)
        g_ptr_array_add(order, &items[i]);
    g_ptr_array_sort(order, by_size);

    for (guint i = 0; i < order->len; i++) {
        ArenaItem *item = order->pdata[i];
        g_ptr_array_set_size(alive, 0);
        for (guint j = 0; j < placed->len; j++) {
            ArenaItem *other = placed->pdata[j];
            if (other->first <= item->last && item->first <= other->last)
                g_ptr_array_add(alive, other);
        }
        g_ptr_array_sort(alive, by_offset);
        size_t at = 0;
        for (guint j = 0; j < alive->len; j++) {
            ArenaItem *other = alive->pdata[j];
            if (at + item->bytes <= other->offset)
                break;
            at = MAX(at, align_up(other->offset + other->bytes));
        }
        item->offset = at;
        total = MAX(total, align_up(at + item->bytes));
        g_ptr_array_add(placed, item);
    }
    g_ptr_array_free(order, TRUE);
    g_ptr_array_free(alive, TRUE);
    g_ptr_array_free(placed, TRUE);
    return total;
}

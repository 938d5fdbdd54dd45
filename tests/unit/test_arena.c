/* SPDX-License-Identifier: MIT */
/* test_arena.c - placements never overlap in space and time, and are not wasteful. */
#include "arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_sound(const ArenaItem *items, int n, size_t total)
{
    for (int i = 0; i < n; i++) {
        assert_int_equal(items[i].offset % ARENA_ALIGN, 0);
        assert_true(items[i].offset + items[i].bytes <= total);
        for (int j = 0; j < i; j++) {
            if (items[i].first > items[j].last || items[j].first > items[i].last)
                continue;
            assert_true(items[i].offset + items[i].bytes <= items[j].offset ||
                        items[j].offset + items[j].bytes <= items[i].offset);
        }
    }
}

static void chain_needs_two_neighbours(void **state)
{
    (void)state;
    ArenaItem items[] = {
        {0, 0, 1000, 0}, {0, 1, 5000, 0}, {1, 2, 3000, 0}, {2, 3, 100, 0}, {3, 4, 700, 0}};
    size_t total = arena_place(items, 5);
    assert_sound(items, 5, total);
    /* 5000 and 3000 live together, each rounded up to 64. */
    assert_int_equal(total, 5056 + 3008);
}

static void nothing_takes_nothing(void **state)
{
    (void)state;
    assert_int_equal(arena_place(NULL, 0), 0);
}

static void hole_is_reused(void **state)
{
    (void)state;
    ArenaItem items[] = {{0, 1, 640, 0}, {0, 9, 640, 0}, {2, 9, 640, 0}};
    size_t total = arena_place(items, 3);
    assert_sound(items, 3, total);
    assert_int_equal(total, 1280);
}

static void random_lives_never_overlap(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 200; round++) {
        ArenaItem items[40];
        int n = 1 + rand() % 40;
        size_t sum = 0;
        for (int i = 0; i < n; i++) {
            int first = rand() % 30;
            items[i] = (ArenaItem){first, first + rand() % 6, (size_t)(rand() % 5000), 0};
            sum += items[i].bytes + ARENA_ALIGN;
        }
        size_t total = arena_place(items, n);
        assert_sound(items, n, total);
        assert_true(total <= sum);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chain_needs_two_neighbours),
        cmocka_unit_test(nothing_takes_nothing),
        cmocka_unit_test(hole_is_reused),
        cmocka_unit_test(random_lives_never_overlap),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}

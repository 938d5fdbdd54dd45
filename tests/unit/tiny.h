/* SPDX-License-Identifier: MIT */
/* tiny.h - for tests: models of models/tiny, and random numbers that are the same in any language.
 */
#ifndef TESTS_TINY_H
#define TESTS_TINY_H

#include "nn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static inline NnModel *load(const char *folder, const char *name)
{
    char *path = g_build_filename(folder, name, NULL);
    GError *error = NULL;
    NnModel *model = nn_model_new_from_file(path, &error);
    if (!model)
        print_error("%s\n", error->message);
    assert_non_null(model);
    g_free(path);
    return model;
}

static inline NnModel *tiny(const char *name)
{
    return load(TINY_DIR, name);
}

/* 24 bits. */
static inline uint32_t next_bits(uint32_t *x)
{
    *x = *x * 1664525 + 1013904223;
    return *x >> 8;
}

/* -1...1 */
static inline double next(uint32_t *x)
{
    return (double)next_bits(x) / (1 << 24) * 2 - 1;
}

#endif

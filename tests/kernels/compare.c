/* SPDX-License-Identifier: MIT */
/* compare.c - one case through the reference and through a row: every byte the row may write must
 * be right, every other must be as it was. */
#include "kcheck.h"

#include "half.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void complain(const Case *c, const NnKernel *k, uint64_t seed, const char *what)
{
    printf("%s: %s\n    %s\n    replay: kcheck --filter %s --seed %llu\n", k->name, what, c->text,
           k->name, (unsigned long long)seed);
}

static void *copy_of(const void *data, size_t bytes)
{
    void *copy = malloc(bytes);
    if (!copy)
        abort();
    return memcpy(copy, data, bytes);
}

static void absolute(Buffer *b, size_t elem)
{
    for (size_t i = 0; i < b->bytes / elem; i++)
        real_set(b->data, elem, i, fabsf(real_at(b->data, elem, i)));
}

/* The reference on absolute values, without activation: sum |a * b| for every output. */
static void *magnitudes(const Case *c, const NnKernel *ref, Buffers *b, Random *r)
{
    NnArgs args = c->args;
    if (args.op == NN_OP_CONV || args.op == NN_OP_DWCONV) {
        args.conv.f_min = -INFINITY;
        args.conv.f_max = INFINITY;
    } else {
        args.pool.f_min = -INFINITY;
        args.pool.f_max = INFINITY;
    }
    absolute(&b->in[0], case_elem_in(c));
    if (b->weights.block)
        absolute(&b->weights, sizeof(float));
    if (b->bias.block)
        absolute(&b->bias, sizeof(float));
    buffers_pack(b, c, ref, r);
    buffers_run(b, &args, ref, 0, nn_args_rows(&args));
    buffers_unpack(b);
    return copy_of(b->out.data, b->out.bytes);
}

/* How far a value may be from the reference's. */
static double bound_of(const Case *c, double magnitude)
{
    if (c->products == 0)
        return 0;
    if (!case_is_half(c))
        return c->products * FLT_EPSILON * magnitude + FLT_MIN;
    const double at_a_time = fmin(c->products, NN_HALF_BLOCK + 1);
    return at_a_time * HALF_EPSILON * magnitude + c->products * HALF_LEAST;
}

/* True and a text about the first wrong element if want and got are not equal (enough). */
static bool differ(const Case *c, const uint8_t *want, const uint8_t *got, size_t bytes,
                   const void *sums, bool exact, char *text, size_t size)
{
    if (!case_is_float(c)) {
        for (size_t i = 0; i < bytes; i++)
            if (want[i] != got[i]) {
                snprintf(text, size, "byte %zu is %d, should be %d", i, (int8_t)got[i],
                         (int8_t)want[i]);
                return true;
            }
        return false;
    }
    const size_t elem = case_elem_out(c);
    for (size_t i = 0; i < bytes / elem; i++) {
        const float w = real_at(want, elem, i), g = real_at(got, elem, i);
        if (!memcmp(want + elem * i, got + elem * i, elem))
            continue;
        double magnitude = sums ? (double)real_at(sums, elem, i) : fmax(fabs((double)w), c->floor);
        double bound = exact ? 0 : bound_of(c, magnitude);
        if (!(fabs((double)w - (double)g) <= bound)) {
            snprintf(text, size, "value %zu is %.9g, should be %.9g (+- %.3g)", i, (double)g,
                     (double)w, bound);
            return true;
        }
    }
    return false;
}

static const char *guards_broken(const Buffers *b)
{
    if (!buffer_guards_intact(&b->out))
        return "wrote outside the output";
    if (!buffer_guards_intact(&b->packed))
        return "wrote outside the packed weights";
    if (!buffer_guards_intact(&b->scratch))
        return "wrote outside the scratch memory";
    if (!buffer_guards_intact(&b->in[0]) || !buffer_guards_intact(&b->in[1]) ||
        !buffer_guards_intact(&b->weights) || !buffer_guards_intact(&b->bias))
        return "wrote around its inputs";
    return NULL;
}

/* Computes all rows of b's output by ranges in any order. Returns what went wrong, or NULL. */
static const char *run_by_ranges(const Buffers *b, const Case *c, const NnKernel *k, Random *r)
{
    int rows = nn_args_rows(&c->args);
    size_t row_bytes = nn_args_row_bytes(&c->args);
    int cut[5] = {0, rows, rows, rows, rows};
    int n = random_int(r, 1, 4);
    for (int i = 1; i < n; i++)
        cut[i] = random_int(r, cut[i - 1], rows);

    uint8_t *before = copy_of(b->out.data, b->out.bytes);
    int first = random_int(r, 0, n - 1);
    const char *wrong = NULL;
    for (int i = 0; i < n && !wrong; i++) {
        int part = (first + i) % n;
        size_t at = (size_t)cut[part] * row_bytes, end = (size_t)cut[part + 1] * row_bytes;
        if (at == end)
            continue;
        if (b->scratch.block)
            memset(b->scratch.data, random_int(r, 0, 255), b->scratch.bytes);
        buffers_run(b, &c->args, k, cut[part], cut[part + 1]);
        if (memcmp(before, b->out.data, at) ||
            memcmp(before + end, b->out.data + end, b->out.bytes - end))
            wrong = "wrote outside its rows";
        memcpy(before + at, b->out.data + at, end - at);
    }
    free(before);
    return wrong;
}

/* What the output holds before a run: other bytes for the reference than for the row, so that a
 * byte nobody writes shows up, unless there are bytes that nobody may write. */
static void stain(Buffers *b, const Case *c, int byte)
{
    memset(b->out.data, c->gaps ? 0x77 : byte, b->out.bytes);
}

static const char *run_row(Buffers *b, const Case *c, const NnKernel *k, Random *r)
{
    uint8_t *in[2] = {NULL, NULL};
    for (int i = 0; i < c->n_in; i++)
        in[i] = copy_of(b->in[i].data, b->in[i].bytes);
    stain(b, c, 0x5a);
    buffers_pack(b, c, k, r);
    const char *wrong = run_by_ranges(b, c, k, r);
    if (!wrong)
        wrong = guards_broken(b);
    buffers_unpack(b);
    for (int i = 0; i < c->n_in; i++) {
        if (!wrong && memcmp(in[i], b->in[i].data, b->in[i].bytes))
            wrong = "changed its input";
        free(in[i]);
    }
    return wrong;
}

static bool compare_fill(const Case *c, const NnKernel *ref, const NnKernel *k, Fill fill,
                         Random *r, uint64_t seed)
{
    Buffers b = {0};
    buffers_fill(&b, c, fill, r);
    stain(&b, c, 0xa5);
    buffers_pack(&b, c, ref, r);
    buffers_run(&b, &c->args, ref, 0, nn_args_rows(&c->args));
    buffers_unpack(&b);
    uint8_t *want = copy_of(b.out.data, b.out.bytes);

    const char *wrong = run_row(&b, c, k, r);
    char text[128];
    if (!wrong) {
        uint8_t *got = copy_of(b.out.data, b.out.bytes);
        void *sums = c->magnitudes && case_is_float(c) ? magnitudes(c, ref, &b, r) : NULL;
        if (differ(c, want, got, b.out.bytes, sums, fill == FILL_WHOLE && c->magnitudes, text,
                   sizeof text))
            wrong = text;
        free(sums);
        free(got);
    }
    if (wrong)
        complain(c, k, seed, wrong);
    free(want);
    buffers_clear(&b);
    return !wrong;
}

bool case_compare(const Case *c, const NnKernel *ref, const NnKernel *k, Random *r, uint64_t seed)
{
    for (Fill fill = 0; fill < FILL_COUNT; fill++)
        if ((fill != FILL_WHOLE || case_elem_in(c) == 2) && !compare_fill(c, ref, k, fill, r, seed))
            return false;
    return true;
}

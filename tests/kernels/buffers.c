/* SPDX-License-Identifier: MIT */
/* buffers.c - memory for one run of a kernel: unaligned starts, guards around everything, fills. */
#include "kcheck.h"

#include "half.h"

#include <stdlib.h>
#include <string.h>

/* Guards of int8 data differ from place to place; those of floats are NaN. */
#define GUARD_NAN 0xff

static uint8_t guard_byte(const Buffer *b, size_t i)
{
    return b->guard == GUARD_NAN ? GUARD_NAN : (uint8_t)(b->guard + i * 167);
}

void buffer_init(Buffer *b, size_t bytes, size_t offset, uint8_t guard)
{
    size_t all = NN_SLACK + offset + bytes + NN_SLACK;
    void *block;
    if (posix_memalign(&block, 64, all))
        abort();
    b->block = block;
    b->data = b->block + NN_SLACK + offset;
    b->bytes = bytes;
    b->offset = offset;
    b->guard = guard;
    for (size_t i = 0; i < all; i++)
        b->block[i] = guard_byte(b, i);
}

void buffer_clear(Buffer *b)
{
    free(b->block);
    *b = (Buffer){0};
}

bool buffer_guards_intact(const Buffer *b)
{
    if (!b->block)
        return true;
    size_t before = NN_SLACK + b->offset;
    size_t all = before + b->bytes + NN_SLACK;
    for (size_t i = 0; i < all; i++)
        if ((i < before || i >= before + b->bytes) && b->block[i] != guard_byte(b, i))
            return false;
    return true;
}

/* Extremes: all low, all high, or any. */
static bool is_low(int sides, Random *r)
{
    return sides == 0 || (sides == 2 && random_chance(r, 2));
}

static void fill_s8(Buffer *b, Fill fill, int zero, int lo, Random *r)
{
    int8_t *x = (int8_t *)b->data;
    int sides = random_int(r, 0, 2);
    for (size_t i = 0; i < b->bytes; i++) {
        int v;
        if (fill == FILL_UNIFORM)
            v = random_int(r, lo, 127);
        else if (fill == FILL_EXTREME)
            v = is_low(sides, r) ? lo : 127;
        else
            v = zero + random_int(r, -2, 2);
        x[i] = (int8_t)(v < lo ? lo : v > 127 ? 127 : v);
    }
}

/* Draws values nearer to zero: weights of which several may share a small sum. */
static void shrink_s8(Buffer *b, int zero, int divisor)
{
    int8_t *x = (int8_t *)b->data;
    for (size_t i = 0; i < b->bytes; i++)
        x[i] = (int8_t)(zero + (x[i] - zero) / divisor);
}

float real_at(const void *data, size_t elem, size_t i)
{
    return elem == 2 ? half_to_float(((const uint16_t *)data)[i]) : ((const float *)data)[i];
}

void real_set(void *data, size_t elem, size_t i, float x)
{
    if (elem == 2)
        ((uint16_t *)data)[i] = half_from_float(x);
    else
        ((float *)data)[i] = x;
}

/* far: extremes are so many times max. */
static void fill_real(Buffer *b, size_t elem, Fill fill, float max, float far, bool no_zero,
                      Random *r)
{
    int sides = random_int(r, 0, 2);
    for (size_t i = 0; i < b->bytes / elem; i++) {
        float x;
        if (fill == FILL_UNIFORM)
            x = random_float(r, -max, max);
        else if (fill == FILL_EXTREME)
            x = is_low(sides, r) ? -far * max : far * max;
        else if (fill == FILL_WHOLE)
            x = (float)random_int(r, -1, 1);
        else
            x = random_chance(r, 4) ? 0.f : random_float(r, -1e-4f, 1e-4f) * max;
        if (no_zero && x < 1e-3f && x > -1e-3f)
            x = fill == FILL_WHOLE ? 1 : 1e-3f;
        real_set(b->data, elem, i, x);
    }
}

static void fill_s32(Buffer *b, int max, Random *r)
{
    int32_t *x = (int32_t *)b->data;
    for (size_t i = 0; i < b->bytes / 4; i++)
        x[i] = random_int(r, -max, max);
}

static void fill_bytes(Buffer *b, Random *r)
{
    for (size_t i = 0; i < b->bytes; i++)
        b->data[i] = (uint8_t)random_u64(r);
}

static size_t random_offset(Random *r, size_t elem)
{
    return elem * (size_t)random_int(r, 0, 15);
}

size_t case_elem_in(const Case *c)
{
    return c->args.type == NN_KERNEL_F32 ? 4 : c->args.type == NN_KERNEL_F16 ? 2 : 1;
}

size_t case_elem_out(const Case *c)
{
    return nn_args_elem(&c->args);
}

bool case_is_float(const Case *c)
{
    return case_elem_out(c) > 1;
}

bool case_is_half(const Case *c)
{
    return case_elem_out(c) == 2;
}

void buffers_fill(Buffers *b, const Case *c, Fill fill, Random *r)
{
    const size_t elem = case_elem_in(c);
    const bool real = elem > 1;
    const float far = elem == 2 ? 2 : 16;
    uint8_t guard = real ? GUARD_NAN : 91;
    for (int i = 0; i < c->n_in; i++) {
        buffer_init(&b->in[i], c->in_n[i] * elem, random_offset(r, elem), guard);
        if (real)
            fill_real(&b->in[i], elem, fill, c->in_max, far, i == 1 && c->no_zero, r);
        else
            fill_s8(&b->in[i], fill, c->in_zero[i], -128, r);
    }
    if (c->weight_n) {
        const size_t bytes = real ? sizeof(float) : 1; /* as in the file */
        buffer_init(&b->weights, c->weight_n * bytes, random_offset(r, bytes), guard);
        if (real)
            fill_real(&b->weights, bytes, fill, 1.f, far, false, r);
        else
            fill_s8(&b->weights, fill, c->w_zero, c->w_lo, r);
        if (!real && random_chance(r, 2))
            shrink_s8(&b->weights, c->w_zero, random_int(r, 2, 14));
    }
    if (c->bias_n) {
        buffer_init(&b->bias, c->bias_n * 4, random_offset(r, 4), guard);
        if (real)
            fill_real(&b->bias, 4, fill == FILL_WHOLE ? fill : FILL_UNIFORM, 1.f, far, false, r);
        else
            fill_s32(&b->bias, c->bias_max, r);
    }
    size_t out = (size_t)nn_args_rows(&c->args) * nn_args_row_bytes(&c->args);
    buffer_init(&b->out, out, random_offset(r, case_elem_out(c)), 17);
}

void buffers_pack(Buffers *b, const Case *c, const NnKernel *k, Random *r)
{
    uint8_t guard = case_elem_in(c) > 1 ? GUARD_NAN : 53;
    if (k->packed_size) {
        buffer_init(&b->packed, k->packed_size(&c->args), 0, guard);
        fill_bytes(&b->packed, r);
        k->pack(&c->args, b->weights.data, b->bias.data, b->packed.data);
    }
    size_t scratch = k->scratch_size ? k->scratch_size(&c->args) : 0;
    if (scratch) {
        buffer_init(&b->scratch, scratch, 0, 29);
        fill_bytes(&b->scratch, r);
    }
}

void buffers_unpack(Buffers *b)
{
    buffer_clear(&b->packed);
    buffer_clear(&b->scratch);
}

void buffers_clear(Buffers *b)
{
    buffer_clear(&b->in[0]);
    buffer_clear(&b->in[1]);
    buffer_clear(&b->weights);
    buffer_clear(&b->bias);
    buffer_clear(&b->out);
    buffers_unpack(b);
}

void buffers_run(const Buffers *b, const NnArgs *args, const NnKernel *k, int y0, int y1)
{
    NnBuffers run = {
        .in = {b->in[0].data, b->in[1].data},
        .out = b->out.data,
        .packed = b->packed.data,
        .scratch = b->scratch.data,
    };
    k->run(args, &run, y0, y1);
}

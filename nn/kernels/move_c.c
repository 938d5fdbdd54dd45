/* SPDX-License-Identifier: MIT */
/* move_c.c - PAD and COPY: bytes change place and nothing else, so one implementation serves every
 * type by its size. */
#include "half.h"
#include "kernel.h"

#include <string.h>

static void fill(uint8_t *out, ptrdiff_t n, const NnMove *m)
{
    if (m->elem == 1) {
        memset(out, m->value, (size_t)n);
        return;
    }
    const uint16_t half = half_from_float(m->f_value);
    const void *value = m->elem == 2 ? (const void *)&half : &m->f_value;
    for (ptrdiff_t i = 0; i < n; i++)
        memcpy(out + m->elem * i, value, (size_t)m->elem);
}

static void pad_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnMove *m = &args->move;
    ptrdiff_t in_cell = (ptrdiff_t)m->in_c * m->elem, out_cell = (ptrdiff_t)m->out_c * m->elem;
    ptrdiff_t in_row = m->in_w * in_cell, out_row = m->out_w * out_cell;
    bool whole_cells = m->in_c == m->out_c;

    for (int y = y0; y < y1; y++) {
        uint8_t *out = (uint8_t *)b->out + y * out_row;
        int in_y = y - m->t;
        if (in_y < 0 || in_y >= m->in_h) {
            fill(out, out_row / m->elem, m);
            continue;
        }

        const uint8_t *in = (const uint8_t *)b->in[0] + in_y * in_row;
        uint8_t *body = out + m->l * out_cell;
        ptrdiff_t right = m->out_w - m->l - m->in_w;
        fill(out, (ptrdiff_t)m->l * m->out_c, m);
        fill(body + m->in_w * out_cell, right * m->out_c, m);
        if (whole_cells) {
            memcpy(body, in, (size_t)in_row);
            continue;
        }
        fill(body, (ptrdiff_t)m->in_w * m->out_c, m);
        for (int x = 0; x < m->in_w; x++)
            memcpy(body + x * out_cell + (ptrdiff_t)m->c * m->elem, in + x * in_cell,
                   (size_t)in_cell);
    }
}

static void copy_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnMove *m = &args->move;
    const uint8_t *in = b->in[0];
    uint8_t *out = (uint8_t *)b->out + m->at;

    for (int y = y0; y < y1; y++)
        memcpy(out + (size_t)y * m->out_row, in + (size_t)y * m->in_row, m->in_row);
}

NN_KERNEL(pad_f32_c) = {
    .name = "pad_f32_c",
    .op = NN_OP_PAD,
    .type = NN_KERNEL_F32,
    .run = pad_run,
};

NN_KERNEL(pad_s8_c) = {
    .name = "pad_s8_c",
    .op = NN_OP_PAD,
    .type = NN_KERNEL_S8,
    .run = pad_run,
};

NN_KERNEL(pad_f16_c) = {
    .name = "pad_f16_c",
    .op = NN_OP_PAD,
    .type = NN_KERNEL_F16,
    .run = pad_run,
};

NN_KERNEL(copy_f32_c) = {
    .name = "copy_f32_c",
    .op = NN_OP_COPY,
    .type = NN_KERNEL_F32,
    .run = copy_run,
};

NN_KERNEL(copy_s8_c) = {
    .name = "copy_s8_c",
    .op = NN_OP_COPY,
    .type = NN_KERNEL_S8,
    .run = copy_run,
};

NN_KERNEL(copy_f16_c) = {
    .name = "copy_f16_c",
    .op = NN_OP_COPY,
    .type = NN_KERNEL_F16,
    .run = copy_run,
};

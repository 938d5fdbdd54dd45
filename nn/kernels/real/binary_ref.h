/* SPDX-License-Identifier: MIT */
/* binary_ref.h - the references of ADD, SUB, MUL and DIV, with any broadcast. */
#ifndef NN_REAL_BINARY_REF_H
#define NN_REAL_BINARY_REF_H

static float apply(NnOp op, float a, float b)
{
    switch (op) {
    case NN_OP_ADD:
        return a + b;
    case NN_OP_SUB:
        return a - b;
    case NN_OP_MUL:
        return a * b;
    default:
        return a / b;
    }
}

static void binary_run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnBinary *n = &args->binary;
    Real *out = (Real *)b->out + (ptrdiff_t)y0 * n->cols * n->channels;

    for (int y = y0; y < y1; y++)
        for (int x = 0; x < n->cols; x++) {
            const Real *pa = (const Real *)b->in[0] + y * n->a_row + x * n->a_col;
            const Real *pb = (const Real *)b->in[1] + y * n->b_row + x * n->b_col;
            for (int c = 0; c < n->channels; c++) {
                float r = apply(args->op, real_get(pa[c * n->a_chan]), real_get(pb[c * n->b_chan]));
                *out++ = real_put(real_clamp(r, n->f_min, n->f_max));
            }
        }
}

#endif

/* SPDX-License-Identifier: MIT */
/* table.c - expands kernels.list into the table and looks rows up. */
#include "kernel.h"
#include "kernels_built.h"

#include <stddef.h>

#define C(id)       extern NN_KERNEL(id);
#define NEON(id)    C(id)
#define DOTPROD(id) C(id)
#define FP16(id)    C(id)
#include "kernels.list"
#undef C
#undef NEON
#undef DOTPROD
#undef FP16

#define C(id) &nn_kernel_##id,
#if HAVE_NEON_ROWS
#define NEON(id) &nn_kernel_##id,
#else
#define NEON(id)
#endif
#if HAVE_DOTPROD_ROWS
#define DOTPROD(id) &nn_kernel_##id,
#else
#define DOTPROD(id)
#endif
#if HAVE_FP16_ROWS
#define FP16(id) &nn_kernel_##id,
#else
#define FP16(id)
#endif

const NnKernel *const nn_kernels[] = {
#include "kernels.list"
};

const int nn_n_kernels = sizeof nn_kernels / sizeof *nn_kernels;

const NnKernel *nn_kernel_find(const NnArgs *args, unsigned cpu)
{
    for (int i = 0; i < nn_n_kernels; i++) {
        const NnKernel *k = nn_kernels[i];
        if (k->op == args->op && k->type == args->type && !(k->cpu & ~cpu) &&
            (!k->accepts || k->accepts(args)))
            return k;
    }
    return NULL; /* not reached: the references accept all and stand last (test_table) */
}

int nn_args_rows(const NnArgs *args)
{
    switch (args->op) {
    case NN_OP_CONV:
    case NN_OP_DWCONV:
        return args->conv.win.out_h;
    case NN_OP_AVGPOOL:
    case NN_OP_MAXPOOL:
    case NN_OP_MEAN:
        return args->pool.win.out_h;
    case NN_OP_ADD:
    case NN_OP_SUB:
    case NN_OP_MUL:
    case NN_OP_DIV:
        return args->binary.rows;
    case NN_OP_SOFTMAX:
    case NN_OP_L2NORM:
        return args->rowwise.rows;
    case NN_OP_PAD:
        return args->move.out_h;
    case NN_OP_COPY:
        return args->move.rows;
    default:
        return args->unary.rows;
    }
}

size_t nn_args_elem(const NnArgs *args)
{
    static const size_t bytes[NN_KERNEL_TYPES] = {
        [NN_KERNEL_F32] = 4, [NN_KERNEL_S8] = 1, [NN_KERNEL_F16] = 2};
    switch (args->op) {
    case NN_OP_QUANTIZE:
        return 1;
    case NN_OP_DEQUANTIZE:
        return 4;
    case NN_OP_CONVERT:
        return args->type == NN_KERNEL_F16 ? 4 : 2;
    default:
        return bytes[args->type];
    }
}

size_t nn_args_row_bytes(const NnArgs *args)
{
    const size_t elem = nn_args_elem(args);
    switch (args->op) {
    case NN_OP_CONV:
    case NN_OP_DWCONV:
        return elem * (size_t)args->conv.win.out_w * (size_t)args->conv.win.out_c;
    case NN_OP_AVGPOOL:
    case NN_OP_MAXPOOL:
    case NN_OP_MEAN:
        return elem * (size_t)args->pool.win.out_w * (size_t)args->pool.win.out_c;
    case NN_OP_ADD:
    case NN_OP_SUB:
    case NN_OP_MUL:
    case NN_OP_DIV:
        return elem * (size_t)args->binary.cols * (size_t)args->binary.channels;
    case NN_OP_SOFTMAX:
    case NN_OP_L2NORM:
        return elem * (size_t)args->rowwise.n;
    case NN_OP_PAD:
        return (size_t)args->move.elem * (size_t)args->move.out_w * (size_t)args->move.out_c;
    case NN_OP_COPY:
        return args->move.out_row;
    default:
        return elem * (size_t)args->unary.n;
    }
}

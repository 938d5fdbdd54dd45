/* SPDX-License-Identifier: MIT */
/* kernel.h - what a kernel is: argument structs, the one function type, the row of the table.
 *
 * A kernel is a pure function of its arguments. It computes output rows [y0, y1), any part of
 * them, and writes nothing else; rows may be computed in any order by several threads. It never
 * allocates, locks, checks or fails: shapes are proved before. It may read NN_SLACK bytes past the
 * end of inputs and packed weights (whatever they hold), and nothing else outside; it writes not
 * one byte outside its rows. Buffers of tensors may start at any address that suits their element
 * type; packed and scratch are 64-byte aligned.
 *
 * Integer kernels are bit-equal to the reference; float kernels stay within
 * products * FLT_EPSILON * sum |a*b|. Half-precision kernels (type F16: maps are half, weights come
 * as float32 and are rounded when packed) sum up to NN_HALF_BLOCK products in half precision, more
 * of them in float32 block by block; their reference sums in float32. They stay within
 * (min(products, NN_HALF_BLOCK) + 1) * HALF_EPSILON * sum |a*b| + products * HALF_LEAST (half.h),
 * and are bit-equal where no sum needs rounding. Plain C11: no GLib, no library calls but memcpy
 * and memset (and libm in the references and in packers). */
#ifndef NN_KERNEL_H
#define NN_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NN_SLACK 64

/* Relative error of MobileNet v2 1.0 224's features with sums in float32: 0.04 % (maps and weights
 * are rounded anyway), in blocks of 64: 0.08 %, of 192: 0.12 %, in half precision throughout:
 * 0.23 %. 192 spares most layers the way to float32 and back. */
#define NN_HALF_BLOCK 192

typedef enum {
    NN_OP_CONV,   /* full convolution, weights OHWI; also pointwise and fully connected */
    NN_OP_DWCONV, /* depthwise, weights [k_h][k_w][out_c] */
    NN_OP_AVGPOOL,
    NN_OP_MAXPOOL,
    NN_OP_MEAN, /* over all rows and columns: one output row */
    NN_OP_ADD,
    NN_OP_SUB,
    NN_OP_MUL,
    NN_OP_DIV,        /* float only */
    NN_OP_LUT,        /* 8 bit: any unary function as a table (hard-swish, logistic, rescale...) */
    NN_OP_CLAMP,      /* float: RELU, RELU6, RELU_N1_TO_1 */
    NN_OP_HARD_SWISH, /* float */
    NN_OP_LOGISTIC,   /* float */
    NN_OP_SOFTMAX,
    NN_OP_L2NORM,
    NN_OP_QUANTIZE,   /* float -> int8; the row's type is that of the input, F32 */
    NN_OP_DEQUANTIZE, /* int8 -> float; type S8 */
    NN_OP_CONVERT,    /* float -> half, type F32; half -> float, type F16 */
    NN_OP_PAD,        /* copy with a border */
    NN_OP_COPY,       /* one input of a CONCATENATION */
    NN_OP_COUNT,
} NnOp;

typedef enum { NN_KERNEL_F32, NN_KERNEL_S8, NN_KERNEL_F16, NN_KERNEL_TYPES } NnKernelType;

/* Convolutions and pools: input [in_h][in_w][in_c], output [out_h][out_w][out_c]. Output (y, x)
 * sees input rows y * stride_h - pad_t + i * dil_h, columns alike; cells outside the input count as
 * the zero point in convolutions and do not count at all in pools. */
typedef struct {
    int in_h, in_w, in_c, out_h, out_w, out_c;
    int k_h, k_w, stride_h, stride_w, dil_h, dil_w, pad_t, pad_l;
} NnWindow;

/* CONV and DWCONV. int8: acc = bias + sum (x - in_zero) * (w - w_zero), fits int32;
 * q = clamp(out_zero + requant(acc, mult[c], shift[c]), act_min, act_max), see quant.h.
 * float: clamp(bias + sum x * w, f_min, f_max). */
typedef struct {
    NnWindow win;
    int depth_mult; /* DWCONV: out_c = in_c * depth_mult, channel c reads input c / depth_mult */
    int in_zero, w_zero, out_zero; /* -128...127; w_zero 0 unless the file was uint8 */
    int act_min, act_max;          /* -128 <= act_min <= act_max <= 127 */
    const int32_t *mult, *shift;   /* out_c each; mult >= 0; shift -31...30, positive = left */
    float f_min, f_max;
} NnConv;

/* AVGPOOL, MAXPOOL, MEAN (win: one output cell that sees all). int8 average: sum over the n
 * cells inside the picture of (q + bias), divided by n, half away from zero, minus bias; bias is
 * 128 for files that were uint8 (half up there), else 0. Clamped. int8 MEAN: out_zero +
 * requant(sum of (q - in_zero), mult, shift) with the division folded into mult and shift
 * (prepare_mean); no bias, no activation. */
typedef struct {
    NnWindow win; /* in_c == out_c */
    int bias;
    int act_min, act_max;
    float f_min, f_max;
    int in_zero, out_zero; /* MEAN int8 */
    int32_t mult, shift;
} NnPool;

/* ADD SUB MUL DIV over [rows][cols][channels]; a_* and b_* are strides in elements (0 =
 * broadcast along that dimension). The output is packed.
 * int8 ADD/SUB: each (q - zero) << 20 is scaled by its mult/shift (SUB: b by -b_mult), added,
 * scaled by out_mult/out_shift. int8 MUL: (qa - a_zero) * (qb - b_zero) scaled by
 * out_mult/out_shift. All plus out_zero, clamped. */
typedef struct {
    int rows, cols, channels;
    ptrdiff_t a_row, a_col, a_chan, b_row, b_col, b_chan;
    int a_zero, b_zero, out_zero;
    int32_t a_mult, a_shift, b_mult, b_shift, out_mult, out_shift;
    int act_min, act_max;
    float f_min, f_max;
} NnBinary;

/* LUT CLAMP HARD_SWISH LOGISTIC QUANTIZE DEQUANTIZE CONVERT over [rows][n] packed elements. */
typedef struct {
    int rows, n;
    const uint8_t *lut; /* LUT: 256 bytes, indexed by the input byte as unsigned */
    float f_min, f_max; /* CLAMP */
    float scale;        /* QUANTIZE, DEQUANTIZE */
    int zero;
} NnUnary;

/* SOFTMAX L2NORM: each of rows rows of n on its own. int8 softmax: mult, shift and diff_min from
 * beta and the input's scale (prepare_softmax); output scale 1/256, zero out_zero (-128). int8
 * L2NORM: output scale 1/128, zero 0; was_u8: the file was uint8, whose kernel rounds otherwise. */
typedef struct {
    int rows, n;
    float beta;
    int32_t mult, shift, diff_min;
    int in_zero, out_zero;
    bool was_u8; /* L2NORM */
} NnRowwise;

/* PAD: input [in_h][in_w][in_c] placed at (t, l, c) of output [out_h][out_w][out_c] filled with
 * value; rows are output rows. COPY: rows of in_row bytes each go to byte offset at of output rows
 * out_row bytes long. elem = bytes an element. */
typedef struct {
    int in_h, in_w, in_c, out_h, out_w, out_c, t, l, c, elem;
    float f_value;
    int value;
    int rows;
    size_t in_row, out_row, at;
} NnMove;

typedef struct {
    NnOp op;
    NnKernelType type; /* of the input */
    union {
        NnConv conv;
        NnPool pool;
        NnBinary binary;
        NnUnary unary;
        NnRowwise rowwise;
        NnMove move;
    };
} NnArgs;

typedef struct {
    const void *in[2];
    void *out;
    const void *packed; /* what the row's pack wrote; NULL if it has none */
    void *scratch;      /* scratch_size bytes of this thread's own; NULL if 0 */
} NnBuffers;

typedef void NnRunFn(const NnArgs *args, const NnBuffers *b, int y0, int y1);

/* A row of the table. */
typedef struct {
    const char *name; /* "<op>_<type>_<isa>" */
    NnOp op;
    NnKernelType type;
    unsigned cpu; /* NN_CPU_* that must all be there; 0 marks the reference */
    bool (*accepts)(const NnArgs *args);       /* shapes it can do; NULL = all */
    size_t (*packed_size)(const NnArgs *args); /* bytes; NULL = needs no packing */
    /* weights as in the file (OHWI or HWC, int8 or float32), bias int32 or float32, or NULL for
     * none */
    void (*pack)(const NnArgs *args, const void *weights, const void *bias, void *packed);
    size_t (*scratch_size)(const NnArgs *args); /* per thread; NULL = none */
    NnRunFn *run;
} NnKernel;

/* One symbol a row, defined by the kernel's file at its bottom: NN_KERNEL(conv1x1_s8_neon) = {...}
 */
#define NN_KERNEL(id) const NnKernel nn_kernel_##id

/* table.c: every row that was built, grouped by op and type, fastest first, reference last. */
extern const NnKernel *const nn_kernels[];
extern const int nn_n_kernels;

/* The first row for args that cpu allows and that accepts its shape; never NULL. */
const NnKernel *nn_kernel_find(const NnArgs *args, unsigned cpu);

/* Bytes of an element of args' output. */
size_t nn_args_elem(const NnArgs *args);

/* Output rows of args: what y0, y1 count. */
int nn_args_rows(const NnArgs *args);

/* Bytes from one output row to the next. */
size_t nn_args_row_bytes(const NnArgs *args);

#endif

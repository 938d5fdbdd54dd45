/* SPDX-License-Identifier: MIT */
/* kcheck.h - what the parts of the kernel checker share: the generator, a case (arguments and what
 * to fill the buffers with), a family (what makes cases), and the two things done with a case. */
#ifndef KCHECK_H
#define KCHECK_H

#include "kernel.h"

#define CASE_MAX_CHANNELS 2048

/* ---- random.c: a generator that gives the same numbers everywhere ---- */

typedef struct {
    uint64_t state;
} Random;

uint64_t random_u64(Random *r);
int random_int(Random *r, int lo, int hi); /* lo...hi, both included */
bool random_chance(Random *r, int one_in);
float random_float(Random *r, float lo, float hi);
#define random_pick(r, list) (list)[random_int(r, 0, (int)(sizeof(list) / sizeof *(list)) - 1)]

/* ---- a case ---- */

/* Families set what they need; the rest is zero. */
typedef struct {
    NnArgs args;
    char text[256]; /* the shape, for people */
    int n_in;
    size_t in_n[2]; /* elements of each input */
    int in_zero[2]; /* int8: what "near zero" is near to */
    float in_max;   /* float: uniform inputs lie in -in_max...in_max */
    bool no_zero;   /* float: the second input stays away from 0 (it divides) */

    size_t weight_n, bias_n;
    int w_zero, w_lo; /* int8 weights: w_lo...127 */
    int bias_max;     /* int8: -bias_max...bias_max */

    /* Float outputs may differ by products * FLT_EPSILON (half: at most as many products as
     * kernel.h sums up at a time, * HALF_EPSILON) * (sum of absolute products, computed by
     * the reference from absolute values, if magnitudes; else the output's size, at least floor).
     * products 0: every bit equal. */
    double products, floor;
    bool magnitudes;

    bool gaps;     /* the output's rows hold bytes that the kernel must leave alone */
    uint64_t macs; /* or elements where nothing is multiplied */

    /* What args may point to. */
    int32_t mult[CASE_MAX_CHANNELS], shift[CASE_MAX_CHANNELS];
    uint8_t lut[256];
} Case;

/* One file each; makes the awkward shapes of some operators, and the shapes worth timing. */
typedef struct {
    bool (*handles)(NnOp op, NnKernelType type);
    int n_cases, n_benches;
    /* Fills a zeroed case whose args.op and args.type are set; i counts cases or benches. */
    void (*make)(Case *c, int i, Random *r);
    void (*make_bench)(Case *c, int i, Random *r);
} Family;

extern const Family family_conv, family_pool, family_binary, family_unary, family_rowwise,
    family_move;

/* ---- shapes.c: help for several families ---- */

/* Output size and padding of a window whose in_h, in_w, k, stride, dil are set, for TFLite's SAME
 * or VALID; false if VALID leaves nothing. */
bool window_pad(NnWindow *w, bool same);

/* Activation range of an int8 output: none, RELU or RELU6-like. */
void random_act(Random *r, int out_zero, int *act_min, int *act_max);

/* Activation range of a float output. */
void random_act_float(Random *r, float *f_min, float *f_max);

/* A multiplier: often a power of two, as those make ties when shifting. */
int32_t random_mult(Random *r);

/* A zero point: often -128, 0 or 127, else anything. */
int random_zero(Random *r);

/* ---- compare.c, bench.c ---- */

/* Runs case c through the reference and through row k, in several row ranges; true if equal. Prints
 * the first difference. seed only goes to the text. */
bool case_compare(const Case *c, const NnKernel *ref, const NnKernel *k, Random *r, uint64_t seed);

/* Times row k on case c and prints a line; ref_ns is the reference's median (0 if k is the
 * reference). Returns the median time of a run in ns. */
double case_bench(const Case *c, const NnKernel *k, double ref_ns, Random *r);

/* ---- buffers.c: memory with guards ---- */

/* data lies unaligned (as far as its elements allow) between two guards of NN_SLACK bytes. */
typedef struct {
    uint8_t *block, *data;
    size_t bytes, offset;
    uint8_t guard; /* what the guards are made of */
} Buffer;

/* FILL_WHOLE: small whole numbers, whose sums half precision holds exactly; only for half. */
typedef enum { FILL_UNIFORM, FILL_EXTREME, FILL_NEAR_ZERO, FILL_WHOLE, FILL_COUNT } Fill;

/* All buffers a run needs. */
typedef struct {
    Buffer in[2], weights, bias, packed, scratch, out;
} Buffers;

void buffer_init(Buffer *b, size_t bytes, size_t offset, uint8_t guard);
void buffer_clear(Buffer *b);
bool buffer_guards_intact(const Buffer *b);

void buffers_fill(Buffers *b, const Case *c, Fill fill, Random *r); /* inputs, weights, bias */
void buffers_pack(Buffers *b, const Case *c, const NnKernel *k, Random *r); /* packed, scratch */
void buffers_unpack(Buffers *b);                                            /* frees these two */
void buffers_clear(Buffers *b);
void buffers_run(const Buffers *b, const NnArgs *args, const NnKernel *k, int y0, int y1);

/* Bytes of an element of the inputs, and of the output; whether that is a float, and whether half.
 */
size_t case_elem_in(const Case *c);
size_t case_elem_out(const Case *c);
bool case_is_float(const Case *c);
bool case_is_half(const Case *c);

/* Number i of an array of floats or halves. */
float real_at(const void *data, size_t elem, size_t i);
void real_set(void *data, size_t elem, size_t i, float x);

#endif

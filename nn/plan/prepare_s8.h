/* SPDX-License-Identifier: MIT */
/* prepare_s8.h - scales and zero points of a file -> the integers and tables that int8 kernels
 * take. Pure functions that follow TensorFlow Lite 2.14's Prepare to the bit: where it multiplies
 * in float, so do these.
 *
 * A value q stands for scale * (q - zero). Files of uint8 are int8 here: zero points minus 128. */
#ifndef NN_PREPARE_S8_H
#define NN_PREPARE_S8_H

#include "kernel.h"

typedef struct {
    float scale;
    int zero;
    bool u8; /* tables only: the byte is 0...255 and zero belongs to that; else it is an int8 */
} PrepareQuant;

/* real >= 0 as mult * 2^(shift - 31): mult in [2^30, 2^31) or 0, shift -31...30. */
void prepare_multiplier(double real, int32_t *mult, int32_t *shift);

/* The output range of a fused activation that lets through f_min...f_max (-INFINITY, INFINITY: no
 * bound), for NnConv, NnPool, NnBinary. */
void prepare_act(float f_min, float f_max, float out_scale, int out_zero, int *act_min,
                 int *act_max);

/* Multipliers of a convolution's out_c channels; n_w_scales is 1 or out_c. float_product: the
 * scales of input and weights are multiplied in float, as TFLite does for uint8 files and for
 * FULLY_CONNECTED with one weight scale; for int8 convolutions it uses doubles. */
void prepare_conv(float in_scale, const float *w_scales, int n_w_scales, float out_scale,
                  bool float_product, int out_c, int32_t *mult, int32_t *shift);

/* a_mult, a_shift, b_mult, b_shift, out_mult, out_shift of an ADD or SUB. */
void prepare_add(NnBinary *b, float a_scale, float b_scale, float out_scale);

/* out_mult, out_shift of a MUL. */
void prepare_mul(NnBinary *b, float a_scale, float b_scale, float out_scale);

/* mult, shift of a MEAN over win.in_h * win.in_w cells: the division is folded into them. */
void prepare_mean(NnPool *p, float in_scale, float out_scale);

/* mult, shift, diff_min of a SOFTMAX whose beta is set. */
void prepare_softmax(NnRowwise *r, float in_scale);

/* Tables, indexed by the input's byte. */
void prepare_lut_hard_swish(PrepareQuant in, PrepareQuant out, uint8_t lut[256]);
void prepare_lut_logistic(PrepareQuant in, PrepareQuant out, uint8_t lut[256]);

/* RELU (0, INFINITY), RELU6 (0, 6), RELU_N1_TO_1 (-1, 1). */
void prepare_lut_clamp(PrepareQuant in, PrepareQuant out, float f_min, float f_max,
                       uint8_t lut[256]);

/* QUANTIZE from 8 bits to 8 bits. */
void prepare_lut_requantize(PrepareQuant in, PrepareQuant out, uint8_t lut[256]);

#endif

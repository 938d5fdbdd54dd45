/* SPDX-License-Identifier: MIT */
/* axis.h - resize along one axis: which source samples make an output sample, with what integer
 * weights. An area average (exact box filter) when shrinking, bilinear with half-pixel centres when
 * enlarging; both have the form
 *
 *     first_weight * s[first] + whole * (s[first + 1] + ... + s[last - 1]) + last_weight * s[last]
 *
 * and the weights of every output sample sum to `total`. */
#ifndef NN_AXIS_H
#define NN_AXIS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int first, last; /* source samples; last_weight is 0 if they are the same */
    uint16_t first_weight, last_weight;
} AxisSpan;

typedef struct {
    int n; /* output samples */
    uint16_t whole, total;
    AxisSpan *spans;

    /* The same spread out for dot products over a line of `ways` interleaved components of 16
     * bits, after axis_spread(): output i of component c is the sum of s[k * ways + c] *
     * weights[(i * taps + k) * ways + c], for s that starts starts[i] bytes into the line. Padded
     * to AXIS_GROUP outputs by some of weight 0. */
    int taps; /* a multiple of 4 */
    int32_t *starts;
    uint16_t *weights;
} Axis;

#define AXIS_GROUP 4

/* n output samples from the source interval [from, to), a sample being 1 wide; spans stay inside
 * [lo, hi). limit is the largest total; weights of inner samples are multiples of unit. At most
 * limit / unit source samples may meet in one output sample. False if memory is short. */
bool axis_init(Axis *axis, int n, double from, double to, int lo, int hi, int limit, int unit);

/* Makes starts and weights, counting source samples from origin. False if memory is short. */
bool axis_spread(Axis *axis, int origin, int ways);

void axis_clear(Axis *axis); /* zeroed is fine */

#endif

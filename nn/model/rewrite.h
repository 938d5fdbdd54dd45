/* SPDX-License-Identifier: MIT */
/* rewrite.h - a .tflite file anew with another top: what leads to one of its tensors is carried
 * over, the rest is replaced. */
#ifndef NN_REWRITE_H
#define NN_REWRITE_H

#include "flatwrite.h"
#include "graph.h"

/* A tensor of the new top. Numbers of tensors: 0... are those of this list, and TOP_FEATURES the
 * file's tensor on which the top stands. */
#define TOP_FEATURES (-1)

typedef struct {
    const char *name;
    int type; /* TYPE_* of schema.h */
    int n_dims, dims[4];
    int n_scales, axis; /* n_scales 0: not quantised */
    const float *scale;
    const int64_t *zero;
    const void *data; /* NULL: computed */
    size_t bytes;
} TopTensor;

typedef struct {
    int builtin, version; /* BUILTIN_*, and the operator's version */
    int n_in, in[3], out;
    int options_type; /* OPTIONS_*, fields as flatwrite.h takes them */
    int n_options;
    FlatSlot options[8];
    int n_shape, shape[4]; /* RESHAPE: the vector of its options, field 0 */
} TopOp;

/* New contents for constant tensors of the file, as many bytes as they have. */
typedef struct {
    int tensor;
    const void *data;
    size_t bytes;
} TopPatch;

typedef struct {
    int features; /* the file's tensor number */
    GArray *tensors /* TopTensor */, *ops /* TopOp */;
    int output;        /* of tensors; TOP_FEATURES never */
    GArray *patches;   /* TopPatch; NULL = none */
    GBytes *metadata;  /* the TFLITE_METADATA buffer */
    const char *descr; /* the model's description; NULL keeps it */
} Top;

/* data is a file that tflite_read() and graph_check() took. The result ends with the FlatBuffer.
 * NULL and error where it holds what cannot be carried over. */
GByteArray *tflite_rewrite(const uint8_t *data, size_t size, const Top *top, GError **error);

#endif

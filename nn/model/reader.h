/* SPDX-License-Identifier: MIT */
/* reader.h - what the parts of the .tflite reader share: the file, the graph being made, errors. */
#ifndef NN_READER_H
#define NN_READER_H

#include "flatbuf.h"
#include "graph.h"

/* An operator as it stands in the file, its tensor numbers checked. */
typedef struct {
    FlatTable table;
    int builtin; /* BUILTIN_* */
    FlatVector in, out;
    bool needed; /* the output depends on it */
} FileOp;

typedef struct {
    Flatbuf fb;
    FlatVector opcodes, buffers, tensors, operators;
    NnGraph *graph;
    FileOp *ops; /* one an operator */
    bool *used;  /* one a tensor: some needed operator, or the user, touches it */
    GError **error;
} Reader;

/* Sets the error and returns false. What is the place, "op 27 CONV_2D" or "tensor 3". */
bool reader_fail(Reader *r, NnError code, const char *place, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* True if all that was read so far was sound; else sets the error. */
bool reader_sound(Reader *r, const char *place);

/* options.c: the option table of operator i and its parameter tensors (axes, paddings, shapes) ->
 * op; op->in, op->n_in and op->out are set. */
bool options_read(Reader *r, int i, GraphOp *op);

/* A kind of ours for a BUILTIN_*, or -1. */
int options_kind(int builtin);

/* sniff.c: what a file is that is no .tflite file, with what to do about it; NULL if it may be one.
 */
const char *sniff(const uint8_t *data, size_t size);

#endif

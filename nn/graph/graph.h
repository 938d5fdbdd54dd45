/* SPDX-License-Identifier: MIT */
/* graph.h - tensors and operators as plain structs: what a model file says, and what the passes
 * make of it. model/tflite.c fills it, check.c proves it, passes.c rewrites it, plan/ reads it. */
#ifndef NN_GRAPH_H
#define NN_GRAPH_H

#include "nn.h"

/* Limits that keep sizes sane; check.c enforces them, everything after may rely on them. */
#define GRAPH_MAX_DIM          (1 << 20)
#define GRAPH_MAX_WINDOW       65536 /* cells that a window reaches over, in one direction */
#define GRAPH_MAX_TENSOR_BYTES ((size_t)1 << 28)
#define GRAPH_MAX_TENSORS      16384
#define GRAPH_MAX_OPS          4096
#define GRAPH_MAX_INPUTS       64
#define GRAPH_MAX_OWNED        ((size_t)1 << 28) /* bytes of graph_alloc altogether */

typedef enum {
    GRAPH_CONV, /* FULLY_CONNECTED becomes one: in [1,h,w,depth], weights [out,1,1,depth] */
    GRAPH_DWCONV,
    GRAPH_FULLY_CONNECTED,
    GRAPH_ADD,
    GRAPH_SUB,
    GRAPH_MUL,
    GRAPH_DIV,
    GRAPH_AVERAGE_POOL,
    GRAPH_MAX_POOL,
    GRAPH_MEAN, /* over H and W */
    GRAPH_PAD,
    GRAPH_RESHAPE, /* also SQUEEZE, EXPAND_DIMS: the same bytes under other dimensions */
    GRAPH_CONCATENATION,
    GRAPH_SOFTMAX,
    GRAPH_LOGISTIC,
    GRAPH_HARD_SWISH,
    GRAPH_RELU,
    GRAPH_RELU6,
    GRAPH_RELU_N1_TO_1,
    GRAPH_L2_NORMALIZATION,
    GRAPH_QUANTIZE, /* also 8-bit to 8-bit: to other scales, or uint8 <-> int8 */
    GRAPH_DEQUANTIZE,
} GraphKind;

typedef enum {
    GRAPH_ACT_NONE,
    GRAPH_ACT_RELU,
    GRAPH_ACT_RELU6,
    GRAPH_ACT_RELU_N1_TO_1,
} GraphAct;

typedef struct {
    char *name; /* never NULL; owned by graph */
    NnType type;
    int n_dims; /* 0...4 as in the file */
    int dims[4];
    size_t bytes; /* of the data; elements * size of type, checked */

    /* A quantised value q stands for scale[i] * (q - zero[i]); n_scales is 0 (none), 1, or the
     * size of dimension axis. Owned by graph. */
    int n_scales, axis;
    float *scale;
    int32_t *zero;

    /* Constants: borrowed from the file's bytes or owned by the graph (graph_alloc), any
     * alignment, little-endian as in the file, and uint8 if was_u8: graph_copy_data(). NULL for
     * tensors that are computed. */
    const void *data;

    /* Same bytes as another tensor under other dimensions (a RESHAPE dropped by the passes), or
     * -1. An alias never points to an alias. */
    int alias;

    int in_file; /* number in the file; of tensors that passes add, that of the one they stand for
                  */
    bool was_u8; /* became int8 in a pass */
} GraphTensor;

typedef struct {
    GraphKind kind;
    int file_index;      /* operator number in the file; -1 for one that a pass added */
    const char *op_name; /* as in the schema, "CONV_2D"; static */
    int n_in;
    int in[GRAPH_MAX_INPUTS]; /* tensor numbers; -1 = an optional input left out (bias) */
    int out;

    GraphAct act;
    /* Windows (conv, pool). Padding is explicit after check.c: rows above, columns left; what is
     * missing below and right follows from the output's size. Padded cells hold the zero point. */
    int stride_h, stride_w, dil_h, dil_w, k_h, k_w, pad_t, pad_l;
    bool pad_same; /* as read: SAME or VALID, before check.c turns it into pad_t, pad_l */
    int depth_mult;

    int axis;          /* CONCATENATION: dimension, counted in 4-D NHWC */
    int pad_before[4]; /* PAD: cells before and after, 4-D NHWC */
    int pad_after[4];
    float pad_value; /* PAD: as stored in the output: the zero point q, or a float */
    int new_n;       /* RESHAPE: dimensions asked for, or -1 if not known before running */
    int new_dims[4]; /* one of them may be -1: whatever fits */
    bool reduce[4];  /* MEAN: reduced dimensions, 4-D NHWC */
    bool keep_dims;  /* MEAN */
    bool mean_plain; /* MEAN: 4-D input, keep_dims, axes written 1 and 2: TFLite's integer path */
    float beta;      /* SOFTMAX */
    bool u8_origin;  /* set by the u8 -> s8 pass: rounding of averages is that of uint8 */
    bool fc_origin;  /* was a FULLY_CONNECTED: multiplier from the float product of scales */
} GraphOp;

typedef struct NnGraph {
    int n_tensors, n_ops;
    GraphTensor *tensors;
    GraphOp *ops; /* in execution order: after check every input is constant, the graph's, or the
                   * output of an earlier op, and no tensor is written twice */
    int input, output; /* tensor numbers: exactly one of each */
    int embedding;     /* after graph_embedding(): the features, or -1 */

    char *name;    /* from the metadata, or "" */
    char **labels; /* from the metadata, NULL-terminated, or NULL */
    char **wnids;  /* WordNet ids, one a class, from the metadata's wnids.txt, or NULL */
    bool has_norm; /* normalisation given by the metadata: (byte - mean) / std */
    int n_norm;    /* 1, or one a channel */
    float mean[4], std[4];
    const uint8_t *metadata; /* the buffer itself, borrowed from the file; NULL if there is none */
    size_t metadata_bytes;

    GPtrArray *blocks; /* everything graph_alloc gave out */
    size_t owned;      /* bytes of it */
} NnGraph;

/* graph.c */
NnGraph *graph_new(void);
void graph_free(NnGraph *graph);                 /* NULL is fine */
void *graph_alloc(NnGraph *graph, size_t bytes); /* zeroed, freed with the graph; NULL if too big */
int graph_add_tensor(NnGraph *graph, const GraphTensor *tensor); /* copies the struct; its number */
GraphOp *graph_insert_op(NnGraph *graph, int at, const GraphOp *op); /* copies the struct */
void graph_remove_op(NnGraph *graph, int at);
void graph_copy_data(const GraphTensor *constant, void *to); /* its bytes, of its type */
size_t graph_type_size(NnType type);
const char *graph_type_name(NnType type); /* "float32" */
const char *graph_kind_name(GraphKind kind);

/* How messages name a tensor: tensor 12 "MobilenetV2/Conv/Relu6"; long names are cut. */
#define GRAPH_PLACE 256
void graph_place(char place[GRAPH_PLACE], int index, const GraphTensor *tensor);

/* Dimensions as 4-D NHWC: [c] -> 1,1,1,c; [n,c] -> 1,1,n,c; [h,w,c] -> 1,h,w,c. A leading batch of
 * one in [1,c] gives 1,1,1,c all the same. */
void graph_dims4(const GraphTensor *tensor, int dims[4]);

/* check.c: proves sizes, order, types, quantisation and shapes, and turns SAME/VALID into pad_t and
 * pad_l. The error says "op 27 DEPTHWISE_CONV_2D: ...". Afterwards nothing needs checking:
 * - every tensor that is used has 1...4 (constants: 0...4) positive dims, and bytes for them; what
 *   is computed has 1 as its first dimension of four (graph_dims4);
 * - ops stand in execution order, write each tensor once, never the input or a constant;
 * - activations are float32, or uint8/int8 with one scale and zero point; weights and biases are
 *   constant (possibly through a DEQUANTIZE) and of the type that goes with them; int8 weights have
 *   zero point 0; one scale, or one for each output channel (a channel of zeros may have scale 0);
 * - windows, paddings, broadcasts and joined dimensions fit, and give the output's dims;
 * - 8 bit sums fit int32 for any picture, and so do their scaled values plus a zero point; pools,
 *   PAD and CONCATENATION have the same scale on both sides; LOGISTIC, SOFTMAX and
 *   L2_NORMALIZATION the output scale that is fixed for them. */
bool graph_check(NnGraph *graph, GError **error);

/* The part of it for one tensor: sets bytes. index is for the message only. */
bool graph_check_tensor(int index, GraphTensor *tensor, GError **error);

/* passes.c: rewrites a checked graph into the normal form that plan/ takes. In order: drop ops
 * that nothing reads, fold DEQUANTIZE of constants (float16 weights), FULLY_CONNECTED -> CONV, fold
 * PAD into the convolution that follows, fuse free-standing activations where that is exact,
 * uint8 -> int8, drop RESHAPE and identical QUANTIZE (alias). The normal form:
 * - no RESHAPE, no FULLY_CONNECTED, no constant DEQUANTIZE; no op is left unread. There may be no
 *   op at all: then output is an alias of input;
 * - inputs and output of an op may be aliases: dims are the tensor's own, bytes those of
 *   tensors[alias]. Only tensors that are not constant are aliases; an alias's alias is -1;
 *   graph.output may be an alias, graph.input never is;
 * - uint8 is only found at graph.input and graph.output (an alias of neither), each joined to the
 *   rest by one QUANTIZE with file_index -1 between equal scales (bytes ^ 0x80). Everything else is
 *   float32 or int8 (biases int32); weights of what was uint8 may have a zero point other than 0;
 * - CONV and DWCONV: in[2] is the bias or -1 or past n_in; k_h, k_w, depth_mult are set. pad_t and
 *   pad_l may exceed k_h - 1. FULLY_CONNECTED came out as 1x1 over [1,h,w,depth];
 * - ADD SUB MUL DIV: at most one of in[0], in[1] is constant; dims broadcast as numpy does;
 * - MEAN: over H and W of dims4; PAD: only H, W, C grow; n_in is 1 for both. */
bool graph_passes(NnGraph *graph, GError **error);

/* features.c, on the normal form: the tensor (never an alias) that holds the features of the whole
 * picture, or -1. Of the inputs of the dense layers behind the global pool it is the widest, and
 * the last of these: a bottleneck in front of the classes was made for the old classes, while the
 * wide layer that MobileNet v3 has behind its pool belongs to the features. Without a dense layer
 * it is the first tensor of one cell: what an embedding extractor gives. Only tensors count that
 * all of the network passes through. */
int graph_embedding(const NnGraph *graph);

/* What enters the last so many blocks before the embedding, or -1 if there are not so many. A block
 * has one depthwise convolution, and the pointwise one before it if that widens (the expansion of
 * an inverted residual). */
int graph_block_input(const NnGraph *graph, int blocks);

/* The tensors that all ways from the input to tensor `from` pass through, nearest to it first;
 * `from` itself is not among them, the input is the last. cuts has room for n_ops; returns how
 * many. */
int graph_cuts(const NnGraph *graph, int from, int *cuts);

/* model/tflite.c: the file's tables -> graph. Borrows constants from data, which must outlive the
 * graph. Believes nothing: every offset, count and type is checked. */
NnGraph *tflite_read(const uint8_t *data, size_t size, GError **error);

#endif

/* SPDX-License-Identifier: MIT */
/* nn.h - run MobileNet-like .tflite classifiers on the CPU. The whole public API, in life-cycle
 * order: model -> net -> picture -> run -> classes.
 *
 * Tensors are NHWC, batch 1. An NnModel is immutable and may be shared between threads; an NnNet
 * belongs to one thread at a time; several nets may share one model. What can fail takes a GError
 * and fails while loading or configuring; once nn_net_new() has returned, nothing on the way of a
 * frame (set_image, run, topk) allocates, locks a global, or can fail. */
#ifndef NN_H
#define NN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <glib.h>

#include "cpuflags.h"

G_BEGIN_DECLS

/* ---- errors ------------------------------------------------------------------------------- */

#define NN_ERROR (nn_error_quark())
GQuark nn_error_quark(void);

typedef enum {
    NN_ERROR_NOT_FOUND, /* no such file */
    NN_ERROR_OPEN,      /* the file is there but cannot be opened or read */
    NN_ERROR_FORMAT,    /* not a .tflite file at all, or empty, or cut short */
    NN_ERROR_CORRUPT, /* a .tflite file whose inside contradicts itself; the text names the place */
    NN_ERROR_UNSUPPORTED, /* a sound file that asks for what we do not do; names op number, op,
                             reason */
    NN_ERROR_LIMIT,       /* would need more memory than allowed or available */
    NN_ERROR_ARGUMENT, /* a setting of the caller's makes no sense (picture size, crop, threads) */
} NnError;

/* ---- tensors ------------------------------------------------------------------------------ */

typedef enum {
    NN_F32,
    NN_F16, /* in files: becomes NN_F32 at load; and inside a net, never at its ends */
    NN_U8,  /* only ever at the ends of a net: becomes NN_S8 inside */
    NN_S8,
    NN_S32, /* biases, shapes, axes */
} NnType;

/* What a user must know of an input or output tensor. A quantised value q stands for
 * scale * (q - zero); scale is 0 for float tensors. */
typedef struct {
    const char *name; /* as in the file; may be "" */
    NnType type;
    int n_dims;
    int dims[4]; /* n_dims of them, as in the file */
    size_t bytes;
    float scale;
    int zero;
} NnTensorInfo;

/* ---- model -------------------------------------------------------------------------------- */

typedef struct NnModel NnModel;

/* Reads, checks and rewrites a .tflite file. NULL and error (NN_ERROR) on failure; the message
 * starts with the path. The file is mapped and stays so until the last net on it has packed. */
NnModel *nn_model_new_from_file(const char *path, GError **error);

/* The same from memory; keeps a reference to bytes. */
NnModel *nn_model_new_from_bytes(GBytes *bytes, GError **error);

NnModel *nn_model_ref(NnModel *model);
void nn_model_unref(NnModel *model); /* NULL is fine */

/* The file behind a model's name: NULL or "" = the bundled model; a bare name ("everyday") is
 * looked for in $MOBILENET_MODELS (a list of folders), the user's and the system's data folders
 * (gst-mobilenet/models) and the build tree; anything else is a path and comes back as it is, there
 * or not. g_free() it. NULL and NN_ERROR_NOT_FOUND, naming the folders, when nothing has that name.
 */
char *nn_model_find(const char *name, GError **error);

/* The bare names that nn_model_find() knows, sorted; never NULL; g_strfreev() it. */
char **nn_model_names(void);

/* The bundled model's name. */
#define NN_DEFAULT_MODEL "everyday"

const char *nn_model_path(const NnModel *model); /* NULL when made from bytes */
const char *nn_model_name(const NnModel *model); /* from the metadata, else ""; owned by model */

const NnTensorInfo *nn_model_input(const NnModel *model);  /* owned by model */
const NnTensorInfo *nn_model_output(const NnModel *model); /* owned by model */

/* Number of classes: elements of the output tensor. */
int nn_model_n_classes(const NnModel *model);

/* Labels found in the file's own metadata: NULL-terminated, owned by model; NULL if none. */
const char *const *nn_model_labels(const NnModel *model);

/* WordNet ids ("n01443537") of the classes, if the metadata has a file wnids.txt with one for each:
 * NULL-terminated, owned by model; NULL if not. */
const char *const *nn_model_wnids(const NnModel *model);

/* ---- labels ------------------------------------------------------------------------------- */

typedef struct NnLabels NnLabels;

/* Names for the classes of a model. path NULL: those inside the model, else those beside it
 * (STEM.txt, STEM_labels.txt, STEM.labels, labels.txt, dict.txt in the model's folder), else
 * none at all, which is not an error. path given: that file or an error (NN_ERROR_NOT_FOUND, _OPEN,
 * _FORMAT for a file without a single label or which is not text).
 * One label a line; "0:cat", "0 cat", "0,cat", CSV with a header naming a label or name column,
 * BOM, CRLF, blank lines (kept as unnamed classes in the middle, dropped at the end). One label
 * more or less than classes is taken as a background class at index 0 and resolved. */
NnLabels *nn_labels_new(const NnModel *model, const char *path, GError **error);
void nn_labels_free(NnLabels *labels); /* NULL is fine */

/* The label of class index, or "class 17" where there is none; never NULL; owned by labels. */
const char *nn_labels_get(const NnLabels *labels, int index);

/* Class index of a label (exact, then ASCII case-insensitive) or of a WordNet id that the model's
 * metadata knows, or -1. */
int nn_labels_find(const NnLabels *labels, const char *label);

/* Where the labels came from ("inside the model", a path, "none"); owned by labels. */
const char *nn_labels_source(const NnLabels *labels);

/* A sentence for the user when labels and classes do not fit, or NULL; owned by labels. */
const char *nn_labels_warning(const NnLabels *labels);

/* ---- net ---------------------------------------------------------------------------------- */

/* The arithmetic of float models. Half precision has 11 bits where float32 has 24: on cores that
 * can (Raspberry Pi 5) it takes half the instructions and half the memory. The global pool
 * and what comes behind stay float32; the input and the output are float32 in any case. On the
 * pictures and models of the tests probabilities differ by less than 0.02 and the best class does
 * not. A model with values beyond 65504 in its maps needs float32. Quantised models are not
 * concerned. */
typedef enum {
    NN_PRECISION_AUTO, /* NN_PRECISION (auto, fp32, fp16) from the environment, else FP16 where the
                          CPU has NN_CPU_FP16 */
    NN_PRECISION_FP32,
    NN_PRECISION_FP16, /* whatever the CPU: slow in plain C where it cannot, for comparing */
} NnPrecision;

typedef struct {
    int threads;  /* 1...64; 0 = NN_THREADS from the environment, else one per core, 4 at most */
    unsigned cpu; /* NN_CPU_* to use, as far as nn_cpu_flags() has them; NN_CPU_ALL for all */
    NnPrecision precision;
    size_t max_bytes;    /* weights + arena + scratch at most; 0 = 1 GiB */
    float mean, std;     /* input normalisation (byte - mean) / std; std 0 = the model's own, else
                          * -1...1 for float models; quantised inputs without metadata take the byte */
    bool keep_all;       /* every tensor keeps its own memory, for looking inside (tests) */
    bool keep_embedding; /* nn_net_embedding() may be called */
    int keep_blocks;     /* with keep_embedding: it gives what enters the last so many blocks */
} NnOptions;

#define NN_CPU_ALL (~0u)
#define NN_OPTIONS_INIT                                                                            \
    {                                                                                              \
        .threads = 0, .cpu = NN_CPU_ALL                                                            \
    }

typedef struct NnNet NnNet;

/* Chooses kernels, packs weights, plans memory, starts threads. options NULL = defaults. Keeps a
 * reference to model. NULL and error: NN_ERROR_LIMIT, _ARGUMENT, _UNSUPPORTED. */
NnNet *nn_net_new(NnModel *model, const NnOptions *options, GError **error);
void nn_net_free(NnNet *net); /* joins its threads; NULL is fine */

NnModel *nn_net_model(const NnNet *net); /* owned by net */
int nn_net_threads(const NnNet *net);

/* CPU time in ns that the net's own threads have used so far; that of the thread which calls
 * nn_net_run(), being one of nn_net_threads(), is the caller's to measure. */
uint64_t nn_net_cpu_time(const NnNet *net);

/* ---- picture ------------------------------------------------------------------------------ */

/* Pixel formats, named as GStreamer names them. */
typedef enum {
    NN_PIXELS_I420,
    NN_PIXELS_YV12,
    NN_PIXELS_NV12,
    NN_PIXELS_NV21,
    NN_PIXELS_YUY2,
    NN_PIXELS_UYVY,
    NN_PIXELS_YVYU,
    NN_PIXELS_RGB,
    NN_PIXELS_BGR,
    NN_PIXELS_RGBX,
    NN_PIXELS_BGRX,
    NN_PIXELS_XRGB,
    NN_PIXELS_XBGR,
    NN_PIXELS_RGBA,
    NN_PIXELS_BGRA,
    NN_PIXELS_ARGB,
    NN_PIXELS_ABGR,
    NN_PIXELS_GRAY8,
    NN_PIXELS_RGB16, /* 5-6-5 in the host's byte order, red in the high bits */
    NN_PIXELS_Y42B,
    NN_PIXELS_Y444,
    NN_PIXELS_NV16,
    NN_PIXELS_COUNT,
} NnPixels;

/* The format's GStreamer name ("I420"), and back (-1 if it is none of ours). */
const char *nn_pixels_name(NnPixels pixels);
int nn_pixels_from_name(const char *name);

typedef enum {
    NN_MATRIX_UNKNOWN, /* BT.601 under 720 lines, BT.709 from there */
    NN_MATRIX_BT601,
    NN_MATRIX_BT709,
    NN_MATRIX_FCC,
    NN_MATRIX_SMPTE240M,
    NN_MATRIX_BT2020,
} NnMatrix;

typedef enum {
    NN_RANGE_UNKNOWN, /* limited for YUV, full for RGB and, as in GStreamer, for GRAY8 */
    NN_RANGE_FULL,    /* 0...255 */
    NN_RANGE_LIMITED, /* 16...235 (chroma 16...240) */
} NnRange;

typedef enum {
    NN_FIT_CROP,      /* the largest centred rectangle of the input's shape; the rest is not seen */
    NN_FIT_STRETCH,   /* the whole picture, squeezed */
    NN_FIT_LETTERBOX, /* the whole picture, black bars */
} NnFit;

/* How the picture must be turned to stand upright; values are those of GstVideoOrientationMethod.
 */
typedef enum {
    NN_TURN_IDENTITY,
    NN_TURN_90R,
    NN_TURN_180,
    NN_TURN_90L,
    NN_TURN_HORIZ, /* mirror left and right */
    NN_TURN_VERT,  /* mirror top and bottom */
    NN_TURN_UL_LR, /* transpose */
    NN_TURN_UR_LL, /* transpose along the other diagonal */
    NN_TURN_COUNT,
} NnTurn;

/* A camera frame. Zero-initialise; only pixels, width and height must be set. */
typedef struct {
    NnPixels pixels;
    int width, height; /* of the planes, in pixels, 1...32768 */
    NnMatrix matrix;
    NnRange range;
    int par_n, par_d;               /* pixel aspect ratio; 0/0 = 1/1 */
    int roi_x, roi_y, roi_w, roi_h; /* the part looked at, in pixels before turning; w 0 = all */
    NnFit fit;
    NnTurn turn;
} NnImageFormat;

/* Prepares resize tables for frames of this format; once per caps change. Keeps the old format on
 * failure (NN_ERROR_ARGUMENT for impossible sizes; _UNSUPPORTED if the model's input is no picture,
 * that is, not [1,H,W,3] or [1,H,W,1]). */
bool nn_net_set_image_format(NnNet *net, const NnImageFormat *format, GError **error);

/* Crop, resize, convert, normalise, quantise one frame straight into the input tensor. planes and
 * strides (bytes; >= the row's bytes) in GStreamer's order of planes for the format; reads only
 * inside the frame, each row once. Chroma planes of odd pictures are rounded up, rows of YUY2, UYVY
 * and YVYU end in a whole pair of pixels. nn_net_set_image_format() must have succeeded before. */
void nn_net_set_image(NnNet *net, const void *const planes[], const int strides[]);

/* What nn_net_set_image() made, as a picture again: height * width * channels bytes, normalisation
 * undone, rounded. input is a copy of the tensor, or NULL for the one in the net. */
void nn_net_get_image(const NnNet *net, const void *input, uint8_t *pixels);

/* ---- run ---------------------------------------------------------------------------------- */

/* The raw input tensor, described by nn_model_input(); valid until free. */
void *nn_net_input(NnNet *net);

/* The input is undefined afterwards: the arena reuses it. */
void nn_net_run(NnNet *net);

/* The raw output tensor, described by nn_model_output(); valid until the next run. */
const void *nn_net_output(const NnNet *net);

typedef struct {
    int index;
    float confidence; /* probability 0...1: a net that ends in logits gets a softmax */
} NnClass;

/* The k best classes of the last run, descending, the lower index first among equals. Returns how
 * many were written: k or the number of classes. */
int nn_net_topk(const NnNet *net, NnClass *best, int k);

/* All probabilities of the last run, by class index; scores has nn_model_n_classes() elements. */
void nn_net_scores(const NnNet *net, float *scores);

/* ---- features ----------------------------------------------------------------------------- */

/* Number of features: what the layer that names the classes reads, a description of the picture
 * that serves for other classes as well (train.h), and for finding pictures that look alike. 0 if
 * the network has no tensor that describes the whole picture.
 * It is the widest input of the dense layers (FULLY_CONNECTED, or CONV_2D 1x1) behind the global
 * pool; in a network without such a layer, what comes out of the pool. */
int nn_model_embedding_size(const NnModel *model);

/* Number of values that enter the last so many blocks (a block has one depthwise convolution)
 * before the features: where fine-tuning begins (train.h). 0 if there are not so many blocks. */
int nn_model_block_input_size(const NnModel *model, int blocks);

/* The features of the last run as real numbers, whatever the model's type: values has
 * nn_model_embedding_size() elements (with keep_blocks: nn_model_block_input_size()). Only for nets
 * made with keep_embedding; costs the network nothing. Cannot fail, allocates nothing. */
void nn_net_embedding(const NnNet *net, float *values);

/* ---- looking inside ----------------------------------------------------------------------- */

typedef struct {
    const char *op;     /* "CONV_2D", as in the schema */
    const char *kernel; /* "conv1x1_s8_dotprod" */
    int op_index;       /* in the file; -1 for steps we added */
    int in_dims[4], out_dims[4];
    int k_h, k_w, stride, depthwise; /* convolutions and pools; else 0 */
    uint64_t macs;                   /* multiply-accumulates of this step */
    uint64_t params;                 /* weights and biases */
    size_t packed_bytes;
} NnStepInfo;

typedef struct {
    int n_steps;
    uint64_t macs, params;
    size_t weight_bytes;  /* packed */
    size_t arena_bytes;   /* activations */
    size_t scratch_bytes; /* all threads together */
} NnNetInfo;

void nn_net_info(const NnNet *net, NnNetInfo *info);
void nn_net_step_info(const NnNet *net, int step, NnStepInfo *info); /* strings owned by net */

/* One line per step: op, shapes, kernel, bytes; then the sums. g_free() it. */
char *nn_net_describe(const NnNet *net);

G_END_DECLS

#endif

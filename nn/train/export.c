/* SPDX-License-Identifier: MIT */
/* export.c - a head as operators of a .tflite file. All products are CONV_2D 1x1, whose int8 form
 * with a scale per channel every runtime has.
 *
 * z = conv(x) are the logits, followed by the softmax. With "unknown": y = x - centre, n = conv(y),
 * q = conv(y * y); q - n[k] is the squared distance to class mean k; u = max z + (q - max n) stands
 * behind z in the softmax. The maxima are MAX_POOL_2D over [1,1,classes,1]. */
#include "head.h"
#include "metadata.h"
#include "rewrite.h"
#include "schema.h"

#include <math.h>
#include <string.h>

#define UNKNOWN_LABEL "unknown"

/* Of the range of logits: how much above the highest must fit (the logit of "unknown" for what is
 * far), and how much below the highest class's lowest logit can matter to a softmax. */
#define LOGITS_ABOVE 6.0
#define LOGITS_BELOW 12.0
#define RANGE_MARGIN 0.25 /* beyond what came up in training, of its width */

typedef struct {
    const NnHead *head;
    bool integer; /* int8, else float32 */
    Top top;
    GPtrArray *blocks; /* memory that tensors point to */
} Export;

static void *block(Export *e, size_t bytes)
{
    void *p = g_malloc0(bytes ? bytes : 1);
    g_ptr_array_add(e->blocks, p);
    return p;
}

/* ---- tensors ------------------------------------------------------------------------------ */

typedef struct {
    double scale;
    int zero;
} Quant;

/* The steps of an int8 tensor that reaches from lo to hi, and holds 0. */
static Quant range_quant(double lo, double hi)
{
    lo = MIN(lo, 0);
    hi = MAX(hi, 0);
    double scale = MAX((hi - lo) / 255, 1e-7);
    return (Quant){scale, (int)CLAMP(nearbyint(-128 - lo / scale), -128, 127)};
}

static Quant wide_quant(HeadRange range)
{
    double margin = RANGE_MARGIN * (range.hi - range.lo);
    return range_quant(range.lo - margin, range.hi + margin);
}

static int add_tensor(Export *e, TopTensor t)
{
    g_array_append_val(e->top.tensors, t);
    return (int)e->top.tensors->len - 1;
}

/* One for the tensor, or one for each of n rows. */
static void set_scales(Export *e, TopTensor *t, const double *scale, int n, int zero)
{
    float *s = block(e, sizeof *s * (size_t)n);
    int64_t *z = block(e, sizeof *z * (size_t)n);
    for (int i = 0; i < n; i++) {
        s[i] = (float)scale[i];
        z[i] = GINT64_TO_LE((gint64)zero);
    }
    t->n_scales = n;
    t->scale = s;
    t->zero = z;
}

static void set_scale(Export *e, TopTensor *t, double scale, int zero)
{
    set_scales(e, t, &scale, 1, zero);
}

/* Floats; or integers of the type of t, in steps of a scale for each of so many rows. */
static int constant(Export *e, TopTensor t, const double *v, const double *scale, int rows,
                    int zero)
{
    size_t n = 1;
    for (int d = 0; d < t.n_dims; d++)
        n *= (size_t)t.dims[d];
    t.type = e->integer ? t.type : TYPE_FLOAT32;
    t.bytes = n * (t.type == TYPE_INT8 ? 1 : 4);
    uint8_t *data = block(e, t.bytes);
    t.data = data;
    if (e->integer)
        set_scales(e, &t, scale, rows, zero);
    for (size_t i = 0; i < n; i++) {
        double steps = 0;
        if (e->integer)
            steps = nearbyint(v[i] / (double)t.scale[i / (n / (size_t)rows)]) + zero;
        if (!e->integer)
            memcpy(data + 4 * i, &(float){(float)v[i]}, 4);
        else if (t.type == TYPE_INT8)
            ((int8_t *)data)[i] = (int8_t)CLAMP(steps, -128, 127);
        else /* half the range of int32 leaves room for the products */
            memcpy(data + 4 * i, &(int32_t){GINT32_TO_LE((int32_t)CLAMP(steps, -1e9, 1e9))}, 4);
    }
    return add_tensor(e, t);
}

/* A computed tensor [1,1,w,c], or [1,c] if w is 0. */
static int computed(Export *e, const char *name, int w, int c, Quant quant)
{
    TopTensor t = {.name = name, .type = e->integer ? TYPE_INT8 : TYPE_FLOAT32};
    t.n_dims = w ? 4 : 2;
    t.dims[0] = 1;
    t.dims[1] = w ? 1 : c;
    t.dims[2] = w;
    t.dims[3] = c;
    if (e->integer)
        set_scale(e, &t, quant.scale, quant.zero);
    return add_tensor(e, t);
}

static double scale_of(const Export *e, int tensor, int row)
{
    return (double)g_array_index(e->top.tensors, TopTensor, tensor).scale[row];
}

/* ---- operators ---------------------------------------------------------------------------- */

static void add_op(Export *e, TopOp op)
{
    g_array_append_val(e->top.ops, op);
}

static void unary(Export *e, int builtin, int version, int options, int in, int out)
{
    add_op(e, (TopOp){.builtin = builtin,
                      .version = version,
                      .n_in = 1,
                      .in = {in},
                      .out = out,
                      .options_type = options});
}

static void reshape(Export *e, int in, int out)
{
    const TopTensor *t = &g_array_index(e->top.tensors, TopTensor, out);
    TopOp op = {.builtin = BUILTIN_RESHAPE,
                .version = 1,
                .n_in = 1,
                .in = {in},
                .out = out,
                .options_type = OPTIONS_RESHAPE,
                .n_options = 1,
                .options = {{.id = RESHAPE_NEW_SHAPE}},
                .n_shape = t->n_dims};
    memcpy(op.shape, t->dims, sizeof op.shape);
    add_op(e, op);
}

static void binary(Export *e, int builtin, int options, int a, int b, int out)
{
    add_op(e, (TopOp){.builtin = builtin,
                      .version = e->integer ? 2 : 1,
                      .n_in = 2,
                      .in = {a, b},
                      .out = out,
                      .options_type = options});
}

/* Weights [classes,1,1,depth], with a scale for each class in 8 bit networks. */
static void conv(Export *e, const char *name, int in, const double *w, const double *b, int classes,
                 int out)
{
    int depth = e->head->depth;
    char *w_name = g_strconcat(name, "/weights", NULL), *b_name = g_strconcat(name, "/bias", NULL);
    g_ptr_array_add(e->blocks, w_name);
    g_ptr_array_add(e->blocks, b_name);
    double *scale = block(e, sizeof *scale * (size_t)classes);
    for (int k = 0; k < classes; k++) {
        for (int d = 0; d < depth; d++)
            scale[k] = MAX(scale[k], fabs(w[(size_t)k * (size_t)depth + d]) / 127);
        scale[k] = MAX(scale[k], 1e-12);
    }
    TopTensor wt = {.name = w_name, .type = TYPE_INT8, .n_dims = 4, .dims = {classes, 1, 1, depth}};
    TopTensor bt = {.name = b_name, .type = TYPE_INT32, .n_dims = 1, .dims = {classes}};
    int weights = constant(e, wt, w, scale, classes, 0);
    for (int k = 0; k < classes && e->integer; k++) /* biases: in the steps of the products */
        scale[k] = scale_of(e, in, 0) * scale_of(e, weights, k);
    int biases = constant(e, bt, b, scale, classes, 0);
    add_op(e, (TopOp){.builtin = BUILTIN_CONV_2D,
                      .version = e->integer ? 3 : 1,
                      .n_in = 3,
                      .in = {in, weights, biases},
                      .out = out,
                      .options_type = OPTIONS_CONV,
                      .n_options = 3,
                      .options = {{CONV_PADDING, 1, PADDING_VALID},
                                  {CONV_STRIDE_W, 4, 1},
                                  {CONV_STRIDE_H, 4, 1}}});
}

/* The largest of [1,1,1,classes], as [1,1,1,1]. */
static int largest(Export *e, const char *name, int in, int classes)
{
    Quant q = {0};
    const TopTensor *t = &g_array_index(e->top.tensors, TopTensor, in);
    if (e->integer)
        q = (Quant){(double)t->scale[0], (int)GINT64_FROM_LE(t->zero[0])};
    char *row_name = g_strconcat(name, "/row", NULL);
    g_ptr_array_add(e->blocks, row_name);
    int row = computed(e, row_name, classes, 1, q), out = computed(e, name, 1, 1, q);
    reshape(e, in, row);
    add_op(e, (TopOp){.builtin = BUILTIN_MAX_POOL_2D,
                      .version = e->integer ? 2 : 1,
                      .n_in = 1,
                      .in = {row},
                      .out = out,
                      .options_type = OPTIONS_POOL,
                      .n_options = 5,
                      .options = {{POOL_PADDING, 1, PADDING_VALID},
                                  {POOL_STRIDE_W, 4, 1},
                                  {POOL_STRIDE_H, 4, 1},
                                  {POOL_FILTER_W, 4, (uint64_t)classes},
                                  {POOL_FILTER_H, 4, 1}}});
    return out;
}

/* ---- the head ----------------------------------------------------------------------------- */

/* The features as [1,1,1,depth] of the head's type. */
static int put_features(Export *e)
{
    const NnGraph *graph = e->head->model->graph;
    const GraphTensor *f = &graph->tensors[graph->embedding];
    bool u8 = f->type == NN_U8 || f->was_u8;
    Quant quant = {0};
    int at = TOP_FEATURES;
    if (e->integer)
        quant = (Quant){(double)f->scale[0], f->type == NN_U8 ? f->zero[0] - 128 : f->zero[0]};
    if (u8) {
        TopTensor t = {.name = "taught/features", .type = TYPE_INT8, .n_dims = f->n_dims};
        memcpy(t.dims, f->dims, sizeof t.dims);
        set_scale(e, &t, quant.scale, quant.zero);
        int to = add_tensor(e, t);
        unary(e, BUILTIN_QUANTIZE, 2, OPTIONS_QUANTIZE, at, to);
        at = to;
    }
    int x = computed(e, "taught/x", 1, e->head->depth, quant);
    reshape(e, at, x);
    return x;
}

/* y = x - centre, in the steps of x if its range allows. */
static int put_centred(Export *e, int x)
{
    const NnHead *h = e->head;
    Quant quant = {0};
    TopTensor t = {
        .name = "taught/centre", .type = TYPE_INT8, .n_dims = 4, .dims = {1, 1, 1, h->depth}};
    double scale = 0;
    int zero = 0;
    if (e->integer) {
        double lo = (1 + RANGE_MARGIN) * h->centred.lo;
        scale = scale_of(e, x, 0);
        zero = (int)GINT64_FROM_LE(g_array_index(e->top.tensors, TopTensor, x).zero[0]);
        quant = range_quant(lo, (1 + RANGE_MARGIN) * h->centred.hi);
        if (quant.scale < scale)
            quant = range_quant(lo, lo + 255 * scale);
    }
    int centre = constant(e, t, h->centre, &scale, 1, zero);
    int y = computed(e, "taught/centred", 1, h->depth, quant);
    binary(e, BUILTIN_SUB, OPTIONS_SUB, x, centre, y);
    return y;
}

/* The logits with that of "unknown" behind them. */
static int put_unknown(Export *e, int x, int z, Quant logits)
{
    const NnHead *h = e->head;
    int classes = h->info.n_classes;
    double minus_far = -h->far;
    HeadRange shared = h->shared, distance = {0, 0};
    /* What is farther than this is far all the same. */
    distance.hi = 2 * h->far + LOGITS_ABOVE;
    shared.lo -= h->far;
    shared.hi += LOGITS_ABOVE;
    distance.lo = -h->far;
    int y = put_centred(e, x);
    int n = computed(e, "taught/means", 1, classes, wide_quant(h->means));
    int yy = computed(e, "taught/squares", 1, h->depth,
                      e->integer ? (Quant){h->square_step, -128} : (Quant){0});
    int q = computed(e, "taught/square", 1, 1, wide_quant(shared));
    int d = computed(e, "taught/distance", 1, 1, range_quant(distance.lo, distance.hi));
    int u = computed(e, "taught/unknown", 1, 1, logits);
    int all = computed(e, "taught/all_logits", 1, classes + 1, logits);
    conv(e, "taught/means", y, h->v, h->o, classes, n);
    binary(e, BUILTIN_MUL, OPTIONS_MUL, y, y, yy);
    conv(e, "taught/square", yy, h->c, &minus_far, 1, q);
    int near = largest(e, "taught/nearest", n, classes);
    binary(e, BUILTIN_SUB, OPTIONS_SUB, q, near, d);
    int top = largest(e, "taught/top", z, classes);
    binary(e, BUILTIN_ADD, OPTIONS_ADD, top, d, u);
    add_op(e, (TopOp){.builtin = BUILTIN_CONCATENATION,
                      .version = e->integer ? 2 : 1,
                      .n_in = 2,
                      .in = {z, u},
                      .out = all,
                      .options_type = OPTIONS_CONCATENATION,
                      .n_options = 1,
                      .options = {{CONCATENATION_AXIS, 4, 3}}});
    return all;
}

/* The probabilities in the type that the model's output had. */
static int put_output(Export *e, int probabilities, int outputs)
{
    NnType due = e->head->model->output.type;
    bool is = e->integer ? due == NN_S8 : due == NN_F32;
    if (is)
        return probabilities;
    TopTensor t = {.name = "taught/output", .n_dims = 2, .dims = {1, outputs}};
    t.type = due == NN_F32 ? TYPE_FLOAT32 : due == NN_U8 ? TYPE_UINT8 : TYPE_INT8;
    if (due != NN_F32)
        set_scale(e, &t, 1.0 / 256, due == NN_U8 ? 0 : -128);
    int out = add_tensor(e, t);
    if (due == NN_F32)
        unary(e, BUILTIN_DEQUANTIZE, 2, OPTIONS_DEQUANTIZE, probabilities, out);
    else
        unary(e, BUILTIN_QUANTIZE, e->integer ? 2 : 1, OPTIONS_QUANTIZE, probabilities, out);
    return out;
}

static void put_head(Export *e)
{
    const NnHead *h = e->head;
    int classes = h->info.n_classes, outputs = classes + h->info.has_unknown;
    double below = MAX(h->logits.lo, h->tops.lo - LOGITS_BELOW);
    Quant logits = range_quant(below, h->logits.hi + (h->info.has_unknown ? LOGITS_ABOVE : 1));
    int x = put_features(e);
    int z = computed(e, "taught/logits", 1, classes, logits);
    conv(e, "taught/logits", x, h->w, h->b, classes, z);
    if (h->info.has_unknown)
        z = put_unknown(e, x, z, logits);
    int flat = computed(e, "taught/flat", 0, outputs, logits);
    reshape(e, z, flat);
    int p = computed(e, "taught/probability", 0, outputs, (Quant){1.0 / 256, -128});
    add_op(e, (TopOp){.builtin = BUILTIN_SOFTMAX,
                      .version = e->integer ? 2 : 1,
                      .n_in = 1,
                      .in = {flat},
                      .out = p,
                      .options_type = OPTIONS_SOFTMAX,
                      .n_options = 1,
                      .options = {{SOFTMAX_BETA, 4, 0x3f800000}}}); /* 1.0f */
    e->top.output = put_output(e, p, outputs);
}

/* What fine-tuning changed of the weights before the head. */
static void put_patches(Export *e)
{
    const Grad *tuned = e->head->tuned;
    for (guint i = 0; tuned && i < tuned->params->len; i++) {
        const GradParam *p = &g_array_index(tuned->params, GradParam, i);
        TopPatch patch = {.tensor = tuned->graph->tensors[p->tensor].in_file,
                          .bytes = p->n * sizeof(float)};
        guint32 *data = block(e, patch.bytes);
        for (size_t k = 0; k < p->n; k++) {
            memcpy(&data[k], &p->value[k], 4);
            data[k] = GUINT32_TO_LE(data[k]);
        }
        patch.data = data;
        g_array_append_val(e->top.patches, patch);
    }
}

/* ---- the file ----------------------------------------------------------------------------- */

/* How bytes become input values: asked for, stated by the model, or as nn.h has it. */
static void choose_norm(const NnModel *model, float mean, float std, MetadataText *text)
{
    const NnGraph *graph = model->graph;
    text->n_norm = 1;
    text->mean[0] = text->std[0] = 127.5f;
    if (std > 0) {
        text->mean[0] = mean;
        text->std[0] = std;
    } else if (graph->has_norm) {
        text->n_norm = graph->n_norm;
        memcpy(text->mean, graph->mean, sizeof text->mean);
        memcpy(text->std, graph->std, sizeof text->std);
    } else if (model->input.type != NN_F32) { /* the byte itself, in other words */
        text->mean[0] = (float)(model->input.zero + (model->input.type == NN_S8 ? 128 : 0));
        text->std[0] = 1 / model->input.scale;
    }
}

static GBytes *finish(Export *e, const MetadataText *text, GError **error)
{
    const NnModel *model = e->head->model;
    size_t size;
    const uint8_t *data = g_bytes_get_data(model->bytes, &size);
    e->top.metadata = metadata_write(text, model->graph);
    GByteArray *file = tflite_rewrite(data, size, &e->top, error);
    g_bytes_unref(e->top.metadata);
    if (!file)
        return NULL;
    metadata_append_labels(file, text);
    GBytes *bytes = g_byte_array_free_to_bytes(file);
    NnModel *again = nn_model_new_from_bytes(bytes, error);
    if (!again) {
        g_prefix_error(error, "the taught model: ");
        g_clear_pointer(&bytes, g_bytes_unref);
    }
    nn_model_unref(again);
    return bytes;
}

GBytes *nn_head_export(const NnHead *head, const char *const *labels, const char *name,
                       const char *description, float mean, float std, GError **error)
{
    const NnGraph *graph = head->model->graph;
    Export e = {.head = head, .integer = graph->tensors[graph->embedding].type != NN_F32};
    e.blocks = g_ptr_array_new_with_free_func(g_free);
    e.top.features = graph->tensors[graph->embedding].in_file;
    e.top.tensors = g_array_new(FALSE, FALSE, sizeof(TopTensor));
    e.top.ops = g_array_new(FALSE, FALSE, sizeof(TopOp));
    e.top.patches = g_array_new(FALSE, FALSE, sizeof(TopPatch));
    put_head(&e);
    put_patches(&e);

    int outputs = head->info.n_classes + head->info.has_unknown;
    const char **all = g_new0(const char *, outputs + 1);
    for (int i = 0; i < head->info.n_classes; i++)
        all[i] = labels[i];
    if (head->info.has_unknown)
        all[outputs - 1] = UNKNOWN_LABEL;
    MetadataText text = {
        .name = name, .description = description, .n_labels = outputs, .labels = all};
    choose_norm(head->model, mean, std, &text);
    GBytes *bytes = finish(&e, &text, error);
    g_free(all);
    g_array_unref(e.top.tensors);
    g_array_unref(e.top.ops);
    g_array_unref(e.top.patches);
    g_ptr_array_unref(e.blocks);
    return bytes;
}

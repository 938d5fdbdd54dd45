/* SPDX-License-Identifier: MIT */
/* tflite.c - the tables of a .tflite file -> graph. Believes nothing it reads. */
#include "metadata.h"
#include "reader.h"
#include "schema.h"

#include <string.h>

#define METADATA_KEY "TFLITE_METADATA"
#define MAX_VERSION  32  /* of an operator; the highest given out so far is 14 */
#define MAX_NAME     255 /* bytes of a tensor name that are kept */

bool reader_fail(Reader *r, NnError code, const char *place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(r->error, NN_ERROR, code, "%s: %s", place, text);
    g_free(text);
    return false;
}

bool reader_sound(Reader *r, const char *place)
{
    if (!r->fb.broken)
        return true;
    return reader_fail(r, NN_ERROR_CORRUPT, place,
                       "%s (byte %zu of %zu); the file is damaged or cut short", r->fb.broken,
                       r->fb.broken_at, r->fb.size);
}

/* ---- operators ---------------------------------------------------------------------------- */

static bool read_opcode(Reader *r, int i, FileOp *op)
{
    char place[32];
    g_snprintf(place, sizeof place, "op %d", i);
    uint32_t code = flat_u32(&r->fb, &op->table, OPERATOR_OPCODE, 0);
    if (!r->fb.broken && code >= r->opcodes.n)
        return reader_fail(r, NN_ERROR_CORRUPT, place, "operator code %u of %u", code,
                           r->opcodes.n);
    FlatTable table = flat_vector_table(&r->fb, &r->opcodes, code);
    int before = flat_i8(&r->fb, &table, OPCODE_DEPRECATED, 0);
    int now = flat_i32(&r->fb, &table, OPCODE_BUILTIN, 0);
    int version = flat_i32(&r->fb, &table, OPCODE_VERSION, 1);
    size_t length;
    const char *custom = flat_string(&r->fb, &table, OPCODE_CUSTOM, &length);
    if (!reader_sound(r, place))
        return false;
    op->builtin = MAX(before, now);
    if (op->builtin == BUILTIN_CUSTOM) {
        char *name = g_utf8_make_valid(custom, (gssize)MIN(length, MAX_NAME));
        reader_fail(r, NN_ERROR_UNSUPPORTED, place, "custom operator \"%s\" is not supported",
                    name);
        g_free(name);
        return false;
    }
    if (!schema_builtin_name(op->builtin))
        return reader_fail(r, op->builtin < 0 ? NN_ERROR_CORRUPT : NN_ERROR_UNSUPPORTED, place,
                           "operator number %d is unknown", op->builtin);
    if (version < 1 || version > MAX_VERSION)
        return reader_fail(r, NN_ERROR_UNSUPPORTED, place, "version %d of %s is unknown", version,
                           schema_builtin_name(op->builtin));
    return true;
}

static bool numbers_fit(Reader *r, const FlatVector *numbers, int lowest)
{
    for (uint32_t k = 0; k < numbers->n; k++) {
        int32_t tensor = flat_vector_i32(&r->fb, numbers, k);
        if (tensor < lowest || tensor >= (int32_t)r->tensors.n)
            return false;
    }
    return true;
}

static bool read_operator(Reader *r, int i)
{
    FileOp *op = &r->ops[i];
    op->table = flat_vector_table(&r->fb, &r->operators, (uint32_t)i);
    if (!read_opcode(r, i, op))
        return false;
    char place[64];
    g_snprintf(place, sizeof place, "op %d %s", i, schema_builtin_name(op->builtin));
    op->in = flat_vector(&r->fb, &op->table, OPERATOR_INPUTS, 4);
    op->out = flat_vector(&r->fb, &op->table, OPERATOR_OUTPUTS, 4);
    if (!reader_sound(r, place))
        return false;
    if (op->in.n > GRAPH_MAX_INPUTS || op->out.n > GRAPH_MAX_INPUTS)
        return reader_fail(r, NN_ERROR_LIMIT, place, "has %u inputs and %u outputs; %d are allowed",
                           op->in.n, op->out.n, GRAPH_MAX_INPUTS);
    if (!numbers_fit(r, &op->in, -1) || !numbers_fit(r, &op->out, 0))
        return reader_fail(r, NN_ERROR_CORRUPT, place, "a tensor number is not one of 0...%u",
                           r->tensors.n - 1);
    return true;
}

static bool is_integer(Reader *r, int tensor)
{
    FlatTable table = flat_vector_table(&r->fb, &r->tensors, (uint32_t)tensor);
    int type = flat_i8(&r->fb, &table, TENSOR_TYPE, 0);
    return type == TYPE_INT32 || type == TYPE_INT64;
}

/* The first n tensors of a list. */
static void mark_used(Reader *r, const FlatVector *numbers, uint32_t n)
{
    for (uint32_t k = 0; k < MIN(n, numbers->n); k++) {
        int tensor = flat_vector_i32(&r->fb, numbers, k);
        if (tensor >= 0)
            r->used[tensor] = true;
    }
}

/* Exporters compute the batch size of a RESHAPE at run time with operators on integers (SHAPE,
 * STRIDED_SLICE, PACK...). The batch is one and the shape known, so nothing needs these. All other
 * operators are kept even if the output does not depend on them. */
static void mark_needed(Reader *r)
{
    r->used[r->graph->input] = r->used[r->graph->output] = true;
    for (int i = (int)r->operators.n - 1; i >= 0; i--) {
        FileOp *op = &r->ops[i];
        op->needed = op->out.n == 0;
        for (uint32_t k = 0; k < op->out.n && !op->needed; k++) {
            int tensor = flat_vector_i32(&r->fb, &op->out, k);
            op->needed = r->used[tensor] || !is_integer(r, tensor);
        }
        if (!op->needed)
            continue;
        mark_used(r, &op->out, op->out.n);
        mark_used(r, &op->in, op->builtin == BUILTIN_RESHAPE ? 1 : op->in.n);
    }
}

static bool read_operators(Reader *r)
{
    for (int i = 0; i < (int)r->operators.n; i++)
        if (!read_operator(r, i))
            return false;
    mark_needed(r);
    /* Only now, so that what computes the shape of a RESHAPE is not needed for it; its tensors must
     * be sound all the same. */
    for (uint32_t i = 0; i < r->operators.n; i++) {
        mark_used(r, &r->ops[i].in, GRAPH_MAX_INPUTS);
        mark_used(r, &r->ops[i].out, GRAPH_MAX_INPUTS);
    }
    return reader_sound(r, "operators");
}

static bool make_op(Reader *r, int i)
{
    const FileOp *file = &r->ops[i];
    int kind = options_kind(file->builtin);
    GraphOp op = {.file_index = i, .op_name = schema_builtin_name(file->builtin)};
    char place[64];
    g_snprintf(place, sizeof place, "op %d %s", i, op.op_name);
    if (kind < 0)
        return reader_fail(r, NN_ERROR_UNSUPPORTED, place,
                           "this operator is not one of those MobileNets are made of");
    if (file->out.n != 1)
        return reader_fail(r, NN_ERROR_CORRUPT, place, "has %u outputs instead of 1", file->out.n);
    op.kind = (GraphKind)kind;
    op.n_in = (int)file->in.n;
    for (int k = 0; k < op.n_in; k++)
        op.in[k] = flat_vector_i32(&r->fb, &file->in, (uint32_t)k);
    op.out = flat_vector_i32(&r->fb, &file->out, 0);
    if (!options_read(r, i, &op))
        return false;
    graph_insert_op(r->graph, r->graph->n_ops, &op);
    return true;
}

/* ---- tensors ------------------------------------------------------------------------------ */

static bool read_type(Reader *r, const char *place, const FlatTable *table, GraphTensor *tensor)
{
    int type = flat_i8(&r->fb, table, TENSOR_TYPE, 0);
    switch (type) {
    case TYPE_FLOAT32:
        tensor->type = NN_F32;
        return true;
    case TYPE_FLOAT16:
        tensor->type = NN_F16;
        return true;
    case TYPE_UINT8:
        tensor->type = NN_U8;
        return true;
    case TYPE_INT8:
        tensor->type = NN_S8;
        return true;
    case TYPE_INT32:
    case TYPE_INT64: /* narrowed by read_data */
        tensor->type = NN_S32;
        return true;
    case TYPE_INT16:
        return reader_fail(r, NN_ERROR_UNSUPPORTED, place,
                           "16 bit integers are not supported: export with 8 bit activations");
    default:
        return reader_fail(r, NN_ERROR_UNSUPPORTED, place, "element type %d is not supported",
                           type);
    }
}

static bool read_shape(Reader *r, const char *place, const FlatTable *table, GraphTensor *tensor)
{
    FlatVector shape = flat_vector(&r->fb, table, TENSOR_SHAPE, 4);
    if (shape.n > 4)
        return reader_fail(r, NN_ERROR_UNSUPPORTED, place, "has %u dimensions; 4 are supported",
                           shape.n);
    tensor->n_dims = (int)shape.n;
    for (uint32_t k = 0; k < shape.n; k++)
        tensor->dims[k] = flat_vector_i32(&r->fb, &shape, k);
    return reader_sound(r, place);
}

static bool read_quantisation(Reader *r, const char *place, const FlatTable *table,
                              GraphTensor *tensor)
{
    Flatbuf *fb = &r->fb;
    FlatTable quant = flat_subtable(fb, table, TENSOR_QUANTIZATION);
    FlatVector scale = flat_vector(fb, &quant, QUANT_SCALE, 4);
    FlatVector zero = flat_vector(fb, &quant, QUANT_ZERO_POINT, 8);
    unsigned details = flat_u8(fb, &quant, QUANT_DETAILS_TYPE, 0);
    tensor->axis = flat_i32(fb, &quant, QUANT_DIMENSION, 0);
    if (!reader_sound(r, place))
        return false;
    if (details != 0)
        return reader_fail(r, NN_ERROR_UNSUPPORTED, place, "has a custom quantisation");
    if (scale.n == 0)
        return true;
    if (zero.n != scale.n)
        return reader_fail(r, NN_ERROR_CORRUPT, place, "has %u scales but %u zero points", scale.n,
                           zero.n);
    tensor->n_scales = (int)scale.n;
    tensor->scale = graph_alloc(r->graph, scale.n * sizeof(float));
    tensor->zero = graph_alloc(r->graph, scale.n * sizeof(int32_t));
    if (!tensor->scale || !tensor->zero)
        return reader_fail(r, NN_ERROR_LIMIT, place, "not enough memory for its quantisation");
    for (uint32_t k = 0; k < scale.n; k++) {
        int64_t z = (int64_t)flat_raw(fb, zero.at + 8 * (size_t)k, 8);
        tensor->scale[k] = flat_float_at(fb, scale.at + 4 * (size_t)k);
        tensor->zero[k] = (int32_t)CLAMP(z, INT32_MIN, INT32_MAX);
    }
    return true;
}

/* 64 bit integers only ever are axes, paddings and shapes: constants that fit 32 bits. */
static bool narrow_data(Reader *r, const char *place, GraphTensor *tensor, FlatVector bytes)
{
    size_t n = tensor->bytes / 4;
    if (bytes.n != 2 * tensor->bytes)
        return reader_fail(r, NN_ERROR_CORRUPT, place, "needs %zu bytes, its buffer has %u",
                           2 * tensor->bytes, bytes.n);
    int32_t *data = graph_alloc(r->graph, tensor->bytes);
    if (!data)
        return reader_fail(r, NN_ERROR_LIMIT, place, "not enough memory for it");
    for (size_t k = 0; k < n; k++) {
        int64_t value = (int64_t)flat_raw(&r->fb, bytes.at + 8 * k, 8);
        data[k] = GINT32_TO_LE((int32_t)CLAMP(value, INT32_MIN, INT32_MAX));
    }
    tensor->data = data;
    return true;
}

/* The bytes of a buffer: inside the FlatBuffer, or behind it in files over 2 GiB. */
static bool find_buffer(Reader *r, const char *place, uint32_t index, FlatVector *bytes)
{
    Flatbuf *fb = &r->fb;
    if (!fb->broken && index >= r->buffers.n)
        return reader_fail(r, NN_ERROR_CORRUPT, place, "buffer %u of %u", index, r->buffers.n);
    FlatTable buffer = flat_vector_table(fb, &r->buffers, index);
    uint64_t offset = flat_u64(fb, &buffer, BUFFER_OFFSET, 0);
    uint64_t size = flat_u64(fb, &buffer, BUFFER_SIZE, 0);
    *bytes = flat_vector(fb, &buffer, BUFFER_DATA, 1);
    if (!reader_sound(r, place))
        return false;
    if (bytes->n > 0 || offset <= 1)
        return true;
    if (offset > fb->size || size > fb->size - offset || size > UINT32_MAX)
        return reader_fail(r, NN_ERROR_CORRUPT, place, "its buffer lies outside the file");
    *bytes = (FlatVector){.at = (size_t)offset, .n = (uint32_t)size};
    return true;
}

static bool read_data(Reader *r, const char *place, const FlatTable *table, GraphTensor *tensor)
{
    uint32_t index = flat_u32(&r->fb, table, TENSOR_BUFFER, 0);
    FlatVector bytes;
    if (!find_buffer(r, place, index, &bytes))
        return false;
    if (index == 0 || bytes.n == 0) /* 0 stands for none */
        return true;
    if (flat_i8(&r->fb, table, TENSOR_TYPE, 0) == TYPE_INT64)
        return narrow_data(r, place, tensor, bytes);
    if (bytes.n != tensor->bytes)
        return reader_fail(r, NN_ERROR_CORRUPT, place, "needs %zu bytes, its buffer has %u",
                           tensor->bytes, bytes.n);
    tensor->data = r->fb.data + bytes.at;
    return true;
}

static bool read_name(Reader *r, const char *place, const FlatTable *table, GraphTensor *tensor)
{
    size_t length;
    const char *name = flat_string(&r->fb, table, TENSOR_NAME, &length);
    if (!reader_sound(r, place))
        return false;
    char *valid = g_utf8_make_valid(name, (gssize)MIN(length, MAX_NAME));
    tensor->name = graph_alloc(r->graph, strlen(valid) + 1);
    if (tensor->name)
        strcpy(tensor->name, valid);
    g_free(valid);
    return tensor->name || reader_fail(r, NN_ERROR_LIMIT, place, "not enough memory");
}

static bool read_tensor(Reader *r, int i)
{
    char place[GRAPH_PLACE];
    GraphTensor tensor = {.alias = -1, .in_file = i};
    g_snprintf(place, sizeof place, "tensor %d", i);
    if (!r->used[i]) { /* keeps its number */
        graph_add_tensor(r->graph, &tensor);
        return true;
    }
    FlatTable table = flat_vector_table(&r->fb, &r->tensors, (uint32_t)i);
    if (!read_name(r, place, &table, &tensor))
        return false;
    graph_place(place, i, &tensor);
    if (!read_type(r, place, &table, &tensor) || !read_shape(r, place, &table, &tensor) ||
        !read_quantisation(r, place, &table, &tensor))
        return false;
    FlatTable sparsity = flat_subtable(&r->fb, &table, TENSOR_SPARSITY);
    if (sparsity.at != 0)
        return reader_fail(r, NN_ERROR_UNSUPPORTED, place, "sparse tensors are not supported");
    if (flat_u8(&r->fb, &table, TENSOR_IS_VARIABLE, 0))
        return reader_fail(r, NN_ERROR_UNSUPPORTED, place,
                           "keeps its value between pictures; such networks are not supported");
    if (!graph_check_tensor(i, &tensor, r->error) || !read_data(r, place, &table, &tensor))
        return false;
    graph_add_tensor(r->graph, &tensor);
    return true;
}

/* A picture size that is chosen at run time leaves shapes that mean nothing. */
static bool input_size_is_fixed(Reader *r)
{
    FlatTable table = flat_vector_table(&r->fb, &r->tensors, (uint32_t)r->graph->input);
    FlatVector signature = flat_vector(&r->fb, &table, TENSOR_SHAPE_SIGNATURE, 4);
    for (uint32_t k = 1; k < signature.n; k++)
        if (flat_vector_i32(&r->fb, &signature, k) < 0)
            return reader_fail(r, NN_ERROR_UNSUPPORTED, "input",
                               "the picture size is not fixed: export with a fixed input shape");
    return reader_sound(r, "input");
}

/* ---- file --------------------------------------------------------------------------------- */

/* The one tensor named by a subgraph's inputs or outputs. */
static bool read_end(Reader *r, const FlatTable *subgraph, int id, const char *what, int *tensor)
{
    FlatVector ends = flat_vector(&r->fb, subgraph, id, 4);
    *tensor = flat_vector_i32(&r->fb, &ends, 0);
    if (!reader_sound(r, what))
        return false;
    if (ends.n != 1)
        return reader_fail(r, ends.n == 0 ? NN_ERROR_CORRUPT : NN_ERROR_UNSUPPORTED, what,
                           "the network has %u %ss; one is supported", ends.n, what);
    if (*tensor < 0 || *tensor >= (int)r->tensors.n)
        return reader_fail(r, NN_ERROR_CORRUPT, what, "tensor %d of %u", *tensor, r->tensors.n);
    return true;
}

static bool read_model(Reader *r)
{
    Flatbuf *fb = &r->fb;
    FlatTable model = flat_root(fb);
    uint32_t version = flat_u32(fb, &model, MODEL_VERSION, 0);
    FlatVector subgraphs = flat_vector(fb, &model, MODEL_SUBGRAPHS, 4);
    r->opcodes = flat_vector(fb, &model, MODEL_OPERATOR_CODES, 4);
    r->buffers = flat_vector(fb, &model, MODEL_BUFFERS, 4);
    if (!reader_sound(r, "model"))
        return false;
    if (version != 3)
        return reader_fail(r, NN_ERROR_UNSUPPORTED, "model", "schema version %u instead of 3",
                           version);
    if (subgraphs.n != 1)
        return reader_fail(r, subgraphs.n == 0 ? NN_ERROR_CORRUPT : NN_ERROR_UNSUPPORTED, "model",
                           "has %u subgraphs; one is supported", subgraphs.n);
    FlatTable subgraph = flat_vector_table(fb, &subgraphs, 0);
    r->tensors = flat_vector(fb, &subgraph, SUBGRAPH_TENSORS, 4);
    r->operators = flat_vector(fb, &subgraph, SUBGRAPH_OPERATORS, 4);
    if (!reader_sound(r, "subgraph 0"))
        return false;
    if (r->tensors.n > GRAPH_MAX_TENSORS || r->operators.n > GRAPH_MAX_OPS)
        return reader_fail(r, NN_ERROR_LIMIT, "subgraph 0",
                           "%u tensors and %u operators; %d and %d are allowed", r->tensors.n,
                           r->operators.n, GRAPH_MAX_TENSORS, GRAPH_MAX_OPS);
    if (r->operators.n == 0)
        return reader_fail(r, NN_ERROR_CORRUPT, "subgraph 0", "has no operators");
    return read_end(r, &subgraph, SUBGRAPH_INPUTS, "input", &r->graph->input) &&
           read_end(r, &subgraph, SUBGRAPH_OUTPUTS, "output", &r->graph->output);
}

static bool read_graph(Reader *r)
{
    if (!read_model(r))
        return false;
    r->ops = g_new0(FileOp, r->operators.n);
    r->used = g_new0(bool, r->tensors.n);
    if (!read_operators(r))
        return false;
    for (int i = 0; i < (int)r->tensors.n; i++)
        if (!read_tensor(r, i))
            return false;
    for (int i = 0; i < (int)r->operators.n; i++)
        if (r->ops[i].needed && !make_op(r, i))
            return false;
    return input_size_is_fixed(r);
}

/* Labels and such are a gift: what is wrong with them never fails the model. */
static void read_metadata(Reader *r)
{
    Reader quiet = *r;
    quiet.error = NULL;
    Flatbuf *fb = &quiet.fb;
    FlatTable model = flat_root(fb);
    FlatVector entries = flat_vector(fb, &model, MODEL_METADATA, 4);
    FlatVector bytes = {0};
    for (uint32_t i = 0; i < entries.n && bytes.n == 0 && !fb->broken; i++) {
        FlatTable entry = flat_vector_table(fb, &entries, i);
        size_t length;
        const char *name = flat_string(fb, &entry, METADATA_NAME, &length);
        uint32_t buffer = flat_u32(fb, &entry, METADATA_BUFFER, 0);
        if (length == strlen(METADATA_KEY) && memcmp(name, METADATA_KEY, length) == 0 &&
            !find_buffer(&quiet, "metadata", buffer, &bytes))
            break;
    }
    const uint8_t *metadata = bytes.n && !fb->broken ? fb->data + bytes.at : NULL;
    metadata_read(r->graph, metadata, bytes.n, r->fb.data, r->fb.size);
}

NnGraph *tflite_read(const uint8_t *data, size_t size, GError **error)
{
    const char *other = sniff(data, size);
    if (other) {
        g_set_error_literal(error, NN_ERROR, NN_ERROR_FORMAT, other);
        return NULL;
    }
    Reader r = {.fb = {.data = data, .size = size}, .graph = graph_new(), .error = error};
    if (read_graph(&r))
        read_metadata(&r);
    else
        g_clear_pointer(&r.graph, graph_free);
    g_free(r.ops);
    g_free(r.used);
    return r.graph;
}

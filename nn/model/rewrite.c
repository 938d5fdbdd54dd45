/* SPDX-License-Identifier: MIT */
/* rewrite.c - copies a .tflite file table by table, leaving out the old top, adding the new. */
#include "rewrite.h"

#include "flatbuf.h"
#include "schema.h"

#include <string.h>

#define METADATA_KEY "TFLITE_METADATA"
#define WEIGHT_ALIGN 16 /* of buffers: what TensorFlow Lite itself asks for */

typedef struct {
    Flatbuf fb;
    const Top *top;
    FlatTable model, subgraph;
    FlatVector opcodes, tensors, operators, buffers, metadata;
    bool *keep_op;       /* of the file's operators */
    int *tensor_number;  /* new numbers of the file's tensors; -1 = left out */
    int *buffer_number;  /* of its buffers; 0 = empty or left out */
    int *opcode_number;  /* of its operator codes; -1 = left out */
    int n_tensors;       /* kept of the file; the top's follow */
    GArray *old_buffers; /* uint32_t: buffers kept, in order, from new number 1 */
    int *top_buffer;     /* of the top's tensors; 0 = none */
    int first_patch;     /* buffer of the first patched tensor; the others follow */
    int n_buffers;
    GArray *old_opcodes; /* uint32_t */
    GByteArray *out;
} Rewrite;

/* ---- what stays --------------------------------------------------------------------------- */

static int file_tensor(Rewrite *r, const FlatVector *v, uint32_t i)
{
    int t = flat_vector_i32(&r->fb, v, i);
    return t >= 0 && t < (int)r->tensors.n ? t : -1;
}

static void find_kept(Rewrite *r)
{
    bool *needed = g_new0(bool, r->tensors.n);
    needed[r->top->features] = true;
    for (int i = (int)r->operators.n - 1; i >= 0; i--) {
        FlatTable op = flat_vector_table(&r->fb, &r->operators, (uint32_t)i);
        FlatVector in = flat_vector(&r->fb, &op, OPERATOR_INPUTS, 4);
        FlatVector out = flat_vector(&r->fb, &op, OPERATOR_OUTPUTS, 4);
        for (uint32_t k = 0; k < out.n; k++) {
            int t = file_tensor(r, &out, k);
            r->keep_op[i] = r->keep_op[i] || (t >= 0 && needed[t]);
        }
        for (uint32_t k = 0; k < in.n && r->keep_op[i]; k++) {
            int t = file_tensor(r, &in, k);
            if (t >= 0)
                needed[t] = true;
        }
        for (uint32_t k = 0; k < out.n && r->keep_op[i]; k++) {
            int t = file_tensor(r, &out, k);
            if (t >= 0)
                needed[t] = true;
        }
    }
    FlatVector inputs = flat_vector(&r->fb, &r->subgraph, SUBGRAPH_INPUTS, 4);
    int input = file_tensor(r, &inputs, 0);
    if (input >= 0)
        needed[input] = true;
    for (uint32_t i = 0; i < r->tensors.n; i++)
        r->tensor_number[i] = needed[i] ? r->n_tensors++ : -1;
    g_free(needed);
}

static FlatVector buffer_bytes(Rewrite *r, uint32_t index)
{
    FlatTable buffer = flat_vector_table(&r->fb, &r->buffers, index);
    FlatVector bytes = flat_vector(&r->fb, &buffer, BUFFER_DATA, 1);
    uint64_t offset = flat_u64(&r->fb, &buffer, BUFFER_OFFSET, 0);
    uint64_t size = flat_u64(&r->fb, &buffer, BUFFER_SIZE, 0);
    if (bytes.n == 0 && offset > 1 && offset <= r->fb.size && size <= r->fb.size - offset &&
        size <= UINT32_MAX)
        bytes = (FlatVector){.at = (size_t)offset, .n = (uint32_t)size};
    return bytes;
}

static void keep_buffer(Rewrite *r, uint32_t index)
{
    if (index == 0 || index >= r->buffers.n || r->buffer_number[index] ||
        buffer_bytes(r, index).n == 0)
        return;
    r->buffer_number[index] = r->n_buffers++;
    g_array_append_val(r->old_buffers, index);
}

static bool is_ours(Rewrite *r, const FlatTable *entry)
{
    size_t length;
    const char *name = flat_string(&r->fb, entry, METADATA_NAME, &length);
    return length == strlen(METADATA_KEY) && memcmp(name, METADATA_KEY, length) == 0;
}

/* Which patch is for a tensor; -1: none. */
static int patch_of(const Rewrite *r, int tensor)
{
    for (guint i = 0; r->top->patches && i < r->top->patches->len; i++)
        if (g_array_index(r->top->patches, TopPatch, i).tensor == tensor)
            return (int)i;
    return -1;
}

static void number_buffers(Rewrite *r)
{
    r->n_buffers = 1; /* 0 is the empty one */
    for (uint32_t i = 0; i < r->tensors.n; i++) {
        FlatTable tensor = flat_vector_table(&r->fb, &r->tensors, i);
        if (r->tensor_number[i] >= 0 && patch_of(r, (int)i) < 0)
            keep_buffer(r, flat_u32(&r->fb, &tensor, TENSOR_BUFFER, 0));
    }
    for (uint32_t i = 0; i < r->metadata.n; i++) {
        FlatTable entry = flat_vector_table(&r->fb, &r->metadata, i);
        if (!is_ours(r, &entry))
            keep_buffer(r, flat_u32(&r->fb, &entry, METADATA_BUFFER, 0));
    }
    r->first_patch = r->n_buffers;
    r->n_buffers += r->top->patches ? (int)r->top->patches->len : 0;
    for (guint i = 0; i < r->top->tensors->len; i++)
        if (g_array_index(r->top->tensors, TopTensor, i).data)
            r->top_buffer[i] = r->n_buffers++;
}

static void number_opcodes(Rewrite *r)
{
    for (uint32_t i = 0; i < r->opcodes.n; i++)
        r->opcode_number[i] = -1;
    for (uint32_t i = 0; i < r->operators.n; i++) {
        FlatTable op = flat_vector_table(&r->fb, &r->operators, i);
        uint32_t code = flat_u32(&r->fb, &op, OPERATOR_OPCODE, 0);
        if (!r->keep_op[i] || code >= r->opcodes.n || r->opcode_number[code] >= 0)
            continue;
        r->opcode_number[code] = (int)r->old_opcodes->len;
        g_array_append_val(r->old_opcodes, code);
    }
}

/* ---- small pieces ------------------------------------------------------------------------- */

static void copy_string(Rewrite *r, size_t link, const FlatTable *table, int id)
{
    size_t length;
    const char *text = flat_string(&r->fb, table, id, &length);
    flat_put_string(r->out, link, text, length);
}

/* A vector of numbers, if the table has it; *link then is its field. */
static void copy_vector(Rewrite *r, size_t link, const FlatTable *table, int id, size_t element)
{
    FlatVector v = flat_vector(&r->fb, table, id, element);
    flat_put_vector(r->out, link, r->fb.data + v.at, v.n, element, MAX(element, 4));
}

static bool has(Rewrite *r, const FlatTable *table, int id)
{
    return flat_field(&r->fb, table, id, 1) != 0;
}

/* Adds a slot for an offset if the table has the field. */
static void offset_slot(Rewrite *r, const FlatTable *table, int id, FlatSlot *slots, int *n)
{
    if (has(r, table, id))
        slots[(*n)++] = (FlatSlot){.id = id};
}

static void number_slot(int id, int bytes, uint64_t value, FlatSlot *slots, int *n)
{
    slots[(*n)++] = (FlatSlot){.id = id, .bytes = bytes, .value = value};
}

/* ---- operator codes ----------------------------------------------------------------------- */

static void put_opcode(Rewrite *r, size_t link, int deprecated, int version, int builtin)
{
    FlatSlot slots[3];
    int n = 0;
    number_slot(OPCODE_DEPRECATED, 1, (uint8_t)deprecated, slots, &n);
    number_slot(OPCODE_VERSION, 4, (uint32_t)version, slots, &n);
    number_slot(OPCODE_BUILTIN, 4, (uint32_t)builtin, slots, &n);
    flat_put_table(r->out, link, slots, n);
}

static void put_opcodes(Rewrite *r, size_t link)
{
    guint old = r->old_opcodes->len, added = r->top->ops->len;
    size_t at = flat_put_vector(r->out, link, NULL, old + added, 4, 4);
    for (guint i = 0; i < old; i++) {
        FlatTable code =
            flat_vector_table(&r->fb, &r->opcodes, g_array_index(r->old_opcodes, uint32_t, i));
        put_opcode(r, at + 4 * (size_t)i, flat_i8(&r->fb, &code, OPCODE_DEPRECATED, 0),
                   flat_i32(&r->fb, &code, OPCODE_VERSION, 1),
                   flat_i32(&r->fb, &code, OPCODE_BUILTIN, 0));
    }
    for (guint i = 0; i < added; i++) {
        const TopOp *op = &g_array_index(r->top->ops, TopOp, i);
        put_opcode(r, at + 4 * (size_t)(old + i), MIN(op->builtin, BUILTIN_PLACEHOLDER),
                   op->version, op->builtin);
    }
}

/* ---- tensors ------------------------------------------------------------------------------ */

enum { TENSOR_HAS_RANK = 8 };

static void copy_quantisation(Rewrite *r, size_t link, const FlatTable *quant)
{
    FlatSlot slots[6];
    int n = 0;
    for (int id = QUANT_MIN; id <= QUANT_ZERO_POINT; id++)
        offset_slot(r, quant, id, slots, &n);
    number_slot(QUANT_DIMENSION, 4, flat_u32(&r->fb, quant, QUANT_DIMENSION, 0), slots, &n);
    size_t table = flat_put_table(r->out, link, slots, n);
    for (int id = QUANT_MIN; id <= QUANT_ZERO_POINT; id++)
        if (has(r, quant, id))
            copy_vector(r, flat_slot(r->out, table, id), quant, id, id == QUANT_ZERO_POINT ? 8 : 4);
}

static void copy_tensor(Rewrite *r, size_t link, int index, const FlatTable *t)
{
    FlatSlot slots[8];
    int n = 0;
    uint32_t old = flat_u32(&r->fb, t, TENSOR_BUFFER, 0);
    int patch = patch_of(r, index), buffer = old < r->buffers.n ? r->buffer_number[old] : 0;
    if (patch >= 0)
        buffer = r->first_patch + patch;
    offset_slot(r, t, TENSOR_SHAPE, slots, &n);
    number_slot(TENSOR_TYPE, 1, (uint8_t)flat_i8(&r->fb, t, TENSOR_TYPE, 0), slots, &n);
    number_slot(TENSOR_BUFFER, 4, (uint32_t)buffer, slots, &n);
    offset_slot(r, t, TENSOR_NAME, slots, &n);
    offset_slot(r, t, TENSOR_QUANTIZATION, slots, &n);
    offset_slot(r, t, TENSOR_SHAPE_SIGNATURE, slots, &n);
    if (has(r, t, TENSOR_HAS_RANK))
        number_slot(TENSOR_HAS_RANK, 1, flat_u8(&r->fb, t, TENSOR_HAS_RANK, 0), slots, &n);
    size_t table = flat_put_table(r->out, link, slots, n);
    if (has(r, t, TENSOR_SHAPE))
        copy_vector(r, flat_slot(r->out, table, TENSOR_SHAPE), t, TENSOR_SHAPE, 4);
    if (has(r, t, TENSOR_NAME))
        copy_string(r, flat_slot(r->out, table, TENSOR_NAME), t, TENSOR_NAME);
    if (has(r, t, TENSOR_SHAPE_SIGNATURE))
        copy_vector(r, flat_slot(r->out, table, TENSOR_SHAPE_SIGNATURE), t, TENSOR_SHAPE_SIGNATURE,
                    4);
    if (has(r, t, TENSOR_QUANTIZATION)) {
        FlatTable quant = flat_subtable(&r->fb, t, TENSOR_QUANTIZATION);
        copy_quantisation(r, flat_slot(r->out, table, TENSOR_QUANTIZATION), &quant);
    }
}

static void put_tensor(Rewrite *r, size_t link, const TopTensor *t, int buffer)
{
    FlatSlot slots[5];
    int n = 0;
    slots[n++] = (FlatSlot){.id = TENSOR_SHAPE};
    number_slot(TENSOR_TYPE, 1, (uint8_t)t->type, slots, &n);
    number_slot(TENSOR_BUFFER, 4, (uint32_t)buffer, slots, &n);
    slots[n++] = (FlatSlot){.id = TENSOR_NAME};
    if (t->n_scales)
        slots[n++] = (FlatSlot){.id = TENSOR_QUANTIZATION};
    size_t table = flat_put_table(r->out, link, slots, n);
    int32_t dims[4];
    for (int i = 0; i < t->n_dims; i++)
        dims[i] = GINT32_TO_LE(t->dims[i]);
    flat_put_vector(r->out, flat_slot(r->out, table, TENSOR_SHAPE), dims, (size_t)t->n_dims, 4, 4);
    flat_put_string(r->out, flat_slot(r->out, table, TENSOR_NAME), t->name, strlen(t->name));
    if (!t->n_scales)
        return;
    const FlatSlot fields[] = {{.id = QUANT_SCALE},
                               {.id = QUANT_ZERO_POINT},
                               {.id = QUANT_DIMENSION, .bytes = 4, .value = (uint32_t)t->axis}};
    size_t quant = flat_put_table(r->out, flat_slot(r->out, table, TENSOR_QUANTIZATION), fields, 3);
    flat_put_vector(r->out, flat_slot(r->out, quant, QUANT_SCALE), t->scale, (size_t)t->n_scales, 4,
                    4);
    flat_put_vector(r->out, flat_slot(r->out, quant, QUANT_ZERO_POINT), t->zero,
                    (size_t)t->n_scales, 8, 8);
}

static void put_tensors(Rewrite *r, size_t link)
{
    size_t at =
        flat_put_vector(r->out, link, NULL, (size_t)r->n_tensors + r->top->tensors->len, 4, 4);
    for (uint32_t i = 0; i < r->tensors.n; i++) {
        if (r->tensor_number[i] < 0)
            continue;
        FlatTable t = flat_vector_table(&r->fb, &r->tensors, i);
        copy_tensor(r, at + 4 * (size_t)r->tensor_number[i], (int)i, &t);
    }
    for (guint i = 0; i < r->top->tensors->len; i++)
        put_tensor(r, at + 4 * ((size_t)r->n_tensors + i),
                   &g_array_index(r->top->tensors, TopTensor, i), r->top_buffer[i]);
}

/* ---- operators ---------------------------------------------------------------------------- */

static void put_numbers(Rewrite *r, size_t link, const int *numbers, int n)
{
    size_t at = flat_put_vector(r->out, link, NULL, (size_t)n, 4, 4);
    for (int i = 0; i < n; i++) {
        int32_t number = GINT32_TO_LE(numbers[i]);
        memcpy(r->out->data + at + 4 * (size_t)i, &number, 4);
    }
}

static void renumber(Rewrite *r, size_t link, const FlatVector *old)
{
    int *numbers = g_new(int, old->n + 1);
    for (uint32_t k = 0; k < old->n; k++) {
        int t = file_tensor(r, old, k);
        numbers[k] = t >= 0 ? r->tensor_number[t] : -1;
    }
    put_numbers(r, link, numbers, (int)old->n);
    g_free(numbers);
}

/* Options are tables of numbers, but for those with a vector as field 0. */
static void copy_options(Rewrite *r, size_t link, unsigned type, const FlatTable *options)
{
    if (type != OPTIONS_RESHAPE && type != OPTIONS_SQUEEZE) {
        flat_put_copy(r->out, link, r->fb.data + options->vtable, options->vtable_bytes,
                      r->fb.data + options->at, options->bytes, options->at);
        return;
    }
    FlatSlot slots[1];
    int n = 0;
    offset_slot(r, options, RESHAPE_NEW_SHAPE, slots, &n);
    size_t table = flat_put_table(r->out, link, slots, n);
    if (n)
        copy_vector(r, flat_slot(r->out, table, RESHAPE_NEW_SHAPE), options, RESHAPE_NEW_SHAPE, 4);
}

static size_t put_operator_table(Rewrite *r, size_t link, int opcode, unsigned options_type)
{
    FlatSlot slots[5];
    int n = 0;
    number_slot(OPERATOR_OPCODE, 4, (uint32_t)opcode, slots, &n);
    slots[n++] = (FlatSlot){.id = OPERATOR_INPUTS};
    slots[n++] = (FlatSlot){.id = OPERATOR_OUTPUTS};
    if (options_type) {
        number_slot(OPERATOR_OPTIONS_TYPE, 1, options_type, slots, &n);
        slots[n++] = (FlatSlot){.id = OPERATOR_OPTIONS};
    }
    return flat_put_table(r->out, link, slots, n);
}

static void copy_operator(Rewrite *r, size_t link, const FlatTable *op)
{
    FlatVector in = flat_vector(&r->fb, op, OPERATOR_INPUTS, 4);
    FlatVector out = flat_vector(&r->fb, op, OPERATOR_OUTPUTS, 4);
    unsigned type = flat_u8(&r->fb, op, OPERATOR_OPTIONS_TYPE, 0);
    FlatTable options = flat_subtable(&r->fb, op, OPERATOR_OPTIONS);
    uint32_t code = flat_u32(&r->fb, op, OPERATOR_OPCODE, 0);
    if (code >= r->opcodes.n) {
        flat_break(&r->fb, op->at, "an operator's code is not there");
        return;
    }
    size_t table =
        put_operator_table(r, link, r->opcode_number[code], options.at ? type : OPTIONS_NONE);
    renumber(r, flat_slot(r->out, table, OPERATOR_INPUTS), &in);
    renumber(r, flat_slot(r->out, table, OPERATOR_OUTPUTS), &out);
    if (options.at && type)
        copy_options(r, flat_slot(r->out, table, OPERATOR_OPTIONS), type, &options);
}

static int top_number(const Rewrite *r, int tensor)
{
    return tensor == TOP_FEATURES ? r->tensor_number[r->top->features] : r->n_tensors + tensor;
}

static void put_operator(Rewrite *r, size_t link, const TopOp *op, int opcode)
{
    size_t table = put_operator_table(r, link, opcode, (unsigned)op->options_type);
    int in[3], out = top_number(r, op->out);
    for (int k = 0; k < op->n_in; k++)
        in[k] = top_number(r, op->in[k]);
    put_numbers(r, flat_slot(r->out, table, OPERATOR_INPUTS), in, op->n_in);
    put_numbers(r, flat_slot(r->out, table, OPERATOR_OUTPUTS), &out, 1);
    if (!op->options_type)
        return;
    size_t options = flat_put_table(r->out, flat_slot(r->out, table, OPERATOR_OPTIONS), op->options,
                                    op->n_options);
    if (op->n_shape)
        put_numbers(r, flat_slot(r->out, options, RESHAPE_NEW_SHAPE), op->shape, op->n_shape);
}

static void put_operators(Rewrite *r, size_t link)
{
    size_t kept = 0;
    for (uint32_t i = 0; i < r->operators.n; i++)
        kept += r->keep_op[i];
    size_t at = flat_put_vector(r->out, link, NULL, kept + r->top->ops->len, 4, 4);
    for (uint32_t i = 0; i < r->operators.n; i++) {
        if (!r->keep_op[i])
            continue;
        FlatTable op = flat_vector_table(&r->fb, &r->operators, i);
        copy_operator(r, at, &op);
        at += 4;
    }
    for (guint i = 0; i < r->top->ops->len; i++, at += 4)
        put_operator(r, at, &g_array_index(r->top->ops, TopOp, i), (int)(r->old_opcodes->len + i));
}

/* ---- the subgraph, and who names its ends ------------------------------------------------- */

enum { SUBGRAPH_NAME = 4 };

static void put_subgraph(Rewrite *r, size_t link)
{
    size_t list = flat_put_vector(r->out, link, NULL, 1, 4, 4);
    FlatSlot slots[5] = {{.id = SUBGRAPH_TENSORS},
                         {.id = SUBGRAPH_INPUTS},
                         {.id = SUBGRAPH_OUTPUTS},
                         {.id = SUBGRAPH_OPERATORS}};
    int n = 4, output = top_number(r, r->top->output);
    offset_slot(r, &r->subgraph, SUBGRAPH_NAME, slots, &n);
    size_t table = flat_put_table(r->out, list, slots, n);
    FlatVector inputs = flat_vector(&r->fb, &r->subgraph, SUBGRAPH_INPUTS, 4);
    put_tensors(r, flat_slot(r->out, table, SUBGRAPH_TENSORS));
    renumber(r, flat_slot(r->out, table, SUBGRAPH_INPUTS), &inputs);
    put_numbers(r, flat_slot(r->out, table, SUBGRAPH_OUTPUTS), &output, 1);
    put_operators(r, flat_slot(r->out, table, SUBGRAPH_OPERATORS));
    if (n == 5)
        copy_string(r, flat_slot(r->out, table, SUBGRAPH_NAME), &r->subgraph, SUBGRAPH_NAME);
}

enum { SIGNATURE_INPUTS, SIGNATURE_OUTPUTS, SIGNATURE_KEY, SIGNATURE_SUBGRAPH = 4 };
enum { MAP_NAME, MAP_TENSOR };

/* Names of an end: those of the file with the new tensor's number. */
static void put_maps(Rewrite *r, size_t link, const FlatTable *signature, int id, int tensor)
{
    FlatVector maps = flat_vector(&r->fb, signature, id, 4);
    uint32_t n = MIN(maps.n, 1);
    size_t at = flat_put_vector(r->out, link, NULL, n, 4, 4);
    for (uint32_t i = 0; i < n; i++) {
        FlatTable map = flat_vector_table(&r->fb, &maps, i);
        const FlatSlot slots[] = {{.id = MAP_NAME},
                                  {.id = MAP_TENSOR, .bytes = 4, .value = (uint32_t)tensor}};
        size_t table = flat_put_table(r->out, at + 4 * (size_t)i, slots, 2);
        copy_string(r, flat_slot(r->out, table, MAP_NAME), &map, MAP_NAME);
    }
}

static void put_signatures(Rewrite *r, size_t link, const FlatVector *signatures)
{
    FlatVector inputs = flat_vector(&r->fb, &r->subgraph, SUBGRAPH_INPUTS, 4);
    int input = file_tensor(r, &inputs, 0);
    size_t at = flat_put_vector(r->out, link, NULL, signatures->n, 4, 4);
    for (uint32_t i = 0; i < signatures->n; i++) {
        FlatTable s = flat_vector_table(&r->fb, signatures, i);
        const FlatSlot slots[] = {{.id = SIGNATURE_INPUTS},
                                  {.id = SIGNATURE_OUTPUTS},
                                  {.id = SIGNATURE_KEY},
                                  {.id = SIGNATURE_SUBGRAPH, .bytes = 4, .value = 0}};
        size_t table = flat_put_table(r->out, at + 4 * (size_t)i, slots, 4);
        put_maps(r, flat_slot(r->out, table, SIGNATURE_INPUTS), &s, SIGNATURE_INPUTS,
                 input >= 0 ? r->tensor_number[input] : 0);
        put_maps(r, flat_slot(r->out, table, SIGNATURE_OUTPUTS), &s, SIGNATURE_OUTPUTS,
                 top_number(r, r->top->output));
        copy_string(r, flat_slot(r->out, table, SIGNATURE_KEY), &s, SIGNATURE_KEY);
    }
}

/* ---- buffers and metadata ----------------------------------------------------------------- */

static void put_buffer(Rewrite *r, size_t link, const void *data, size_t bytes)
{
    const FlatSlot slot = {.id = BUFFER_DATA};
    size_t table = flat_put_table(r->out, link, &slot, bytes ? 1 : 0);
    if (bytes)
        flat_put_vector(r->out, flat_slot(r->out, table, BUFFER_DATA), data, bytes, 1,
                        WEIGHT_ALIGN);
}

static void put_buffers(Rewrite *r, size_t link)
{
    gsize bytes;
    const void *metadata = g_bytes_get_data(r->top->metadata, &bytes);
    size_t at = flat_put_vector(r->out, link, NULL, (size_t)r->n_buffers + 1, 4, 4);
    put_buffer(r, at, NULL, 0);
    for (guint i = 0; i < r->old_buffers->len; i++) {
        uint32_t old = g_array_index(r->old_buffers, uint32_t, i);
        FlatVector v = buffer_bytes(r, old);
        put_buffer(r, at + 4 * (size_t)(i + 1), r->fb.data + v.at, v.n);
    }
    for (guint i = 0; r->top->patches && i < r->top->patches->len; i++) {
        const TopPatch *patch = &g_array_index(r->top->patches, TopPatch, i);
        put_buffer(r, at + 4 * ((size_t)r->first_patch + i), patch->data, patch->bytes);
    }
    for (guint i = 0; i < r->top->tensors->len; i++) {
        const TopTensor *t = &g_array_index(r->top->tensors, TopTensor, i);
        if (t->data)
            put_buffer(r, at + 4 * (size_t)r->top_buffer[i], t->data, t->bytes);
    }
    put_buffer(r, at + 4 * (size_t)r->n_buffers, metadata, bytes);
}

static void put_metadata(Rewrite *r, size_t link)
{
    uint32_t others = 0;
    for (uint32_t i = 0; i < r->metadata.n; i++) {
        FlatTable entry = flat_vector_table(&r->fb, &r->metadata, i);
        others += !is_ours(r, &entry);
    }
    size_t at = flat_put_vector(r->out, link, NULL, others + 1, 4, 4);
    for (uint32_t i = 0; i < r->metadata.n; i++) {
        FlatTable entry = flat_vector_table(&r->fb, &r->metadata, i);
        uint32_t buffer = flat_u32(&r->fb, &entry, METADATA_BUFFER, 0);
        if (is_ours(r, &entry))
            continue;
        const FlatSlot slots[] = {
            {.id = METADATA_NAME},
            {.id = METADATA_BUFFER,
             .bytes = 4,
             .value = buffer < r->buffers.n ? (uint32_t)r->buffer_number[buffer] : 0}};
        size_t table = flat_put_table(r->out, at, slots, 2);
        copy_string(r, flat_slot(r->out, table, METADATA_NAME), &entry, METADATA_NAME);
        at += 4;
    }
    const FlatSlot slots[] = {{.id = METADATA_NAME},
                              {.id = METADATA_BUFFER, .bytes = 4, .value = (uint32_t)r->n_buffers}};
    size_t table = flat_put_table(r->out, at, slots, 2);
    flat_put_string(r->out, flat_slot(r->out, table, METADATA_NAME), METADATA_KEY,
                    strlen(METADATA_KEY));
}

/* ------------------------------------------------------------------------------------------- */

enum { MODEL_SIGNATURES = 7 };

static void put_model(Rewrite *r)
{
    FlatVector signatures = flat_vector(&r->fb, &r->model, MODEL_SIGNATURES, 4);
    FlatSlot slots[7] = {{.id = MODEL_VERSION, .bytes = 4, .value = 3},
                         {.id = MODEL_OPERATOR_CODES},
                         {.id = MODEL_SUBGRAPHS},
                         {.id = MODEL_DESCRIPTION},
                         {.id = MODEL_BUFFERS},
                         {.id = MODEL_METADATA}};
    int n = 6;
    if (signatures.n)
        slots[n++] = (FlatSlot){.id = MODEL_SIGNATURES};
    r->out = flat_new("TFL3");
    size_t model = flat_put_table(r->out, 0, slots, n);
    size_t description = flat_slot(r->out, model, MODEL_DESCRIPTION);
    if (r->top->descr)
        flat_put_string(r->out, description, r->top->descr, strlen(r->top->descr));
    else
        copy_string(r, description, &r->model, MODEL_DESCRIPTION);
    put_opcodes(r, flat_slot(r->out, model, MODEL_OPERATOR_CODES));
    put_subgraph(r, flat_slot(r->out, model, MODEL_SUBGRAPHS));
    if (signatures.n)
        put_signatures(r, flat_slot(r->out, model, MODEL_SIGNATURES), &signatures);
    put_metadata(r, flat_slot(r->out, model, MODEL_METADATA));
    put_buffers(r, flat_slot(r->out, model, MODEL_BUFFERS));
}

GByteArray *tflite_rewrite(const uint8_t *data, size_t size, const Top *top, GError **error)
{
    Rewrite r = {.fb = {.data = data, .size = size}, .top = top};
    r.model = flat_root(&r.fb);
    FlatVector subgraphs = flat_vector(&r.fb, &r.model, MODEL_SUBGRAPHS, 4);
    r.subgraph = flat_vector_table(&r.fb, &subgraphs, 0);
    r.opcodes = flat_vector(&r.fb, &r.model, MODEL_OPERATOR_CODES, 4);
    r.buffers = flat_vector(&r.fb, &r.model, MODEL_BUFFERS, 4);
    r.metadata = flat_vector(&r.fb, &r.model, MODEL_METADATA, 4);
    r.tensors = flat_vector(&r.fb, &r.subgraph, SUBGRAPH_TENSORS, 4);
    r.operators = flat_vector(&r.fb, &r.subgraph, SUBGRAPH_OPERATORS, 4);
    r.keep_op = g_new0(bool, r.operators.n);
    r.tensor_number = g_new0(int, r.tensors.n);
    r.buffer_number = g_new0(int, r.buffers.n);
    r.opcode_number = g_new0(int, r.opcodes.n);
    r.top_buffer = g_new0(int, top->tensors->len);
    r.old_buffers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    r.old_opcodes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    if (!r.fb.broken && top->features >= 0 && top->features < (int)r.tensors.n) {
        find_kept(&r);
        number_buffers(&r);
        number_opcodes(&r);
        put_model(&r);
    } else {
        flat_break(&r.fb, 0, "the features are no tensor of it");
    }
    if (r.fb.broken) {
        g_set_error(error, NN_ERROR, NN_ERROR_CORRUPT,
                    "%s (byte %zu): it cannot be written with another top", r.fb.broken,
                    r.fb.broken_at);
        if (r.out)
            g_clear_pointer(&r.out, g_byte_array_unref);
    }
    g_free(r.keep_op);
    g_free(r.tensor_number);
    g_free(r.buffer_number);
    g_free(r.opcode_number);
    g_free(r.top_buffer);
    g_array_unref(r.old_buffers);
    g_array_unref(r.old_opcodes);
    return r.out;
}

/* SPDX-License-Identifier: MIT */
/* graph.c - makes, grows and frees graphs: arrays of tensors and ops, and the memory they own. */
#include "graph.h"

#include <string.h>

#define SHOWN_NAME 40 /* characters of a tensor's name in a message */

void *graph_alloc(NnGraph *graph, size_t bytes)
{
    if (bytes > GRAPH_MAX_OWNED - graph->owned)
        return NULL;
    void *block = g_try_malloc0(bytes ? bytes : 1);
    if (!block)
        return NULL;
    graph->owned += bytes;
    g_ptr_array_add(graph->blocks, block);
    return block;
}

/* Arrays grow by doubling: their capacity is the next power of two of their count. */
static void *grow(void *array, int count, size_t element)
{
    if (count != 0 && (count & (count - 1)) != 0)
        return array;
    return g_realloc_n(array, count ? 2 * (size_t)count : 1, element);
}

int graph_add_tensor(NnGraph *graph, const GraphTensor *tensor)
{
    GraphTensor copy = *tensor;
    if (!copy.name)
        copy.name = graph_alloc(graph, 1);
    graph->tensors = grow(graph->tensors, graph->n_tensors, sizeof *graph->tensors);
    graph->tensors[graph->n_tensors] = copy;
    return graph->n_tensors++;
}

void graph_copy_data(const GraphTensor *constant, void *to)
{
    memcpy(to, constant->data, constant->bytes);
    uint8_t *bytes = to;
    for (size_t i = 0; constant->was_u8 && i < constant->bytes; i++)
        bytes[i] ^= 0x80;
}

GraphOp *graph_insert_op(NnGraph *graph, int at, const GraphOp *op)
{
    GraphOp copy = *op;
    graph->ops = grow(graph->ops, graph->n_ops, sizeof *graph->ops);
    memmove(graph->ops + at + 1, graph->ops + at, (size_t)(graph->n_ops - at) * sizeof copy);
    graph->ops[at] = copy;
    graph->n_ops++;
    return graph->ops + at;
}

void graph_remove_op(NnGraph *graph, int at)
{
    graph->n_ops--;
    memmove(graph->ops + at, graph->ops + at + 1, (size_t)(graph->n_ops - at) * sizeof *graph->ops);
}

NnGraph *graph_new(void)
{
    NnGraph *graph = g_new0(NnGraph, 1);
    graph->input = graph->output = graph->embedding = -1;
    graph->name = g_strdup("");
    graph->blocks = g_ptr_array_new_with_free_func(g_free);
    return graph;
}

void graph_free(NnGraph *graph)
{
    if (!graph)
        return;
    g_free(graph->tensors);
    g_free(graph->ops);
    g_free(graph->name);
    g_strfreev(graph->labels);
    g_strfreev(graph->wnids);
    g_ptr_array_free(graph->blocks, TRUE);
    g_free(graph);
}

size_t graph_type_size(NnType type)
{
    switch (type) {
    case NN_F32:
    case NN_S32:
        return 4;
    case NN_F16:
        return 2;
    case NN_U8:
    case NN_S8:
        return 1;
    }
    return 0;
}

const char *graph_type_name(NnType type)
{
    static const char *const names[] = {"float32", "float16", "uint8", "int8", "int32"};
    return names[type];
}

void graph_place(char place[GRAPH_PLACE], int index, const GraphTensor *tensor)
{
    const char *name = tensor->name ? tensor->name : "";
    if (g_utf8_strlen(name, -1) <= SHOWN_NAME) {
        g_snprintf(place, GRAPH_PLACE, "tensor %d \"%s\"", index, name);
        return;
    }
    int bytes = (int)(g_utf8_offset_to_pointer(name, SHOWN_NAME) - name);
    g_snprintf(place, GRAPH_PLACE, "tensor %d \"%.*s...\"", index, bytes, name);
}

const char *graph_kind_name(GraphKind kind)
{
    static const char *const names[] = {
        [GRAPH_CONV] = "CONV_2D",
        [GRAPH_DWCONV] = "DEPTHWISE_CONV_2D",
        [GRAPH_FULLY_CONNECTED] = "FULLY_CONNECTED",
        [GRAPH_ADD] = "ADD",
        [GRAPH_SUB] = "SUB",
        [GRAPH_MUL] = "MUL",
        [GRAPH_DIV] = "DIV",
        [GRAPH_AVERAGE_POOL] = "AVERAGE_POOL_2D",
        [GRAPH_MAX_POOL] = "MAX_POOL_2D",
        [GRAPH_MEAN] = "MEAN",
        [GRAPH_PAD] = "PAD",
        [GRAPH_RESHAPE] = "RESHAPE",
        [GRAPH_CONCATENATION] = "CONCATENATION",
        [GRAPH_SOFTMAX] = "SOFTMAX",
        [GRAPH_LOGISTIC] = "LOGISTIC",
        [GRAPH_HARD_SWISH] = "HARD_SWISH",
        [GRAPH_RELU] = "RELU",
        [GRAPH_RELU6] = "RELU6",
        [GRAPH_RELU_N1_TO_1] = "RELU_N1_TO_1",
        [GRAPH_L2_NORMALIZATION] = "L2_NORMALIZATION",
        [GRAPH_QUANTIZE] = "QUANTIZE",
        [GRAPH_DEQUANTIZE] = "DEQUANTIZE",
    };
    return names[kind];
}

void graph_dims4(const GraphTensor *tensor, int dims[4])
{
    int lead = 4 - tensor->n_dims;
    for (int i = 0; i < 4; i++)
        dims[i] = i < lead ? 1 : tensor->dims[i - lead];
}

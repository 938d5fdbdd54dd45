/* SPDX-License-Identifier: MIT */
/* embedding.c - the features of a picture as real numbers. */
#include "net.h"

#include <string.h>

int nn_model_embedding_size(const NnModel *model)
{
    if (model->graph->embedding < 0)
        return 0;
    const GraphTensor *t = &model->graph->tensors[model->graph->embedding];
    return (int)(t->bytes / graph_type_size(t->type));
}

int nn_model_block_input_size(const NnModel *model, int blocks)
{
    int tensor = graph_block_input(model->graph, blocks);
    if (tensor < 0)
        return 0;
    const GraphTensor *t = &model->graph->tensors[tensor];
    return (int)(t->bytes / graph_type_size(t->type));
}

void nn_net_embedding(const NnNet *net, float *values)
{
    g_return_if_fail(net->plan->kept >= 0);
    const GraphTensor *t = &net->model->graph->tensors[net->plan->kept];
    const void *data = plan_tensor(net->plan, net->plan->kept);
    int n = (int)(t->bytes / graph_type_size(t->type));
    if (t->type == NN_F32) {
        memcpy(values, data, t->bytes);
        return;
    }
    for (int i = 0; i < n; i++) {
        int q = t->type == NN_U8 ? ((const uint8_t *)data)[i] : ((const int8_t *)data)[i];
        values[i] = t->scale[0] * (float)(q - t->zero[0]);
    }
}

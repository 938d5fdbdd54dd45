/* SPDX-License-Identifier: MIT */
/* info.c - looking inside a net: what each step is, costs and occupies. */
#include "net.h"

#include "args.h"

#include <string.h>

static uint64_t elements(const GraphTensor *t)
{
    return t->bytes / graph_type_size(t->type);
}

static uint64_t step_params(const NnGraph *graph, const PlanStep *step)
{
    uint64_t n = 0;
    for (int i = 0; i < step->op->n_in; i++) {
        int in = step->op->in[i];
        if (in >= 0 && graph->tensors[in].data)
            n += elements(&graph->tensors[in]);
    }
    return n;
}

void nn_net_step_info(const NnNet *net, int step, NnStepInfo *info)
{
    g_return_if_fail(step >= 0 && step < net->plan->n_steps);
    const NnGraph *graph = net->plan->graph;
    const PlanStep *s = &net->plan->steps[step];
    const GraphOp *op = s->op;
    *info = (NnStepInfo){
        .op = op->op_name,
        .kernel = s->kernel->name,
        .op_index = op->file_index,
        .depthwise = op->kind == GRAPH_DWCONV,
        .macs = args_macs(&s->args),
        .params = step_params(graph, s),
        .packed_bytes = s->packed_bytes,
    };
    graph_dims4(&graph->tensors[op->in[0]], info->in_dims);
    graph_dims4(&graph->tensors[op->out], info->out_dims);
    switch (s->args.op) {
    case NN_OP_CONV:
    case NN_OP_DWCONV:
        info->k_h = s->args.conv.win.k_h;
        info->k_w = s->args.conv.win.k_w;
        info->stride = s->args.conv.win.stride_h;
        break;
    case NN_OP_AVGPOOL:
    case NN_OP_MAXPOOL:
    case NN_OP_MEAN:
        info->k_h = s->args.pool.win.k_h;
        info->k_w = s->args.pool.win.k_w;
        info->stride = s->args.pool.win.stride_h;
        break;
    default:
        break;
    }
}

void nn_net_info(const NnNet *net, NnNetInfo *info)
{
    const Plan *plan = net->plan;
    *info = (NnNetInfo){
        .n_steps = plan->n_steps,
        .weight_bytes = plan->packed_bytes,
        .arena_bytes = plan->arena_bytes,
        .scratch_bytes = plan->scratch_bytes,
    };
    for (int i = 0; i < plan->n_steps; i++) {
        info->macs += args_macs(&plan->steps[i].args);
        info->params += step_params(plan->graph, &plan->steps[i]);
    }
}

char *nn_net_describe(const NnNet *net)
{
    GString *text = g_string_new(NULL);
    NnNetInfo sum;
    nn_net_info(net, &sum);
    for (int i = 0; i < sum.n_steps; i++) {
        NnStepInfo s;
        nn_net_step_info(net, i, &s);
        char *in = g_strdup_printf("%dx%dx%d", s.in_dims[1], s.in_dims[2], s.in_dims[3]);
        char *out = g_strdup_printf("%dx%dx%d", s.out_dims[1], s.out_dims[2], s.out_dims[3]);
        g_string_append_printf(text, "%3d %-20s %-13s -> %-13s %-22s %8.3f M MAC %8zu B\n", i, s.op,
                               in, out, s.kernel, (double)s.macs / 1e6, s.packed_bytes);
        g_free(in);
        g_free(out);
    }
    g_string_append_printf(text,
                           "%d steps, %.2f M MAC, %.3f M parameters; weights %zu B, arena %zu B, "
                           "scratch %zu B, %d threads\n",
                           sum.n_steps, (double)sum.macs / 1e6, (double)sum.params / 1e6,
                           sum.weight_bytes, sum.arena_bytes, sum.scratch_bytes,
                           nn_net_threads(net));
    return g_string_free(text, FALSE);
}

/* SPDX-License-Identifier: MIT */
/* plan.c - makes the plan: steps with their kernels, packed weights, lifetimes, arena. */
#include "plan.h"

#include "arena.h"
#include "args.h"
#include "groups.h"
#include "halve.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_MAX_BYTES ((size_t)1 << 30)
/* A step handed out in pieces smaller than this (multiply-accumulates, or elements moved) costs
 * more in synchronisation than it saves. */
#define MIN_TASK_WORK 16384
#define TASKS_EACH    4  /* pieces per thread: a late core costs a quarter of its share */
#define ROW_GRAIN     8  /* pixels of a pointwise convolution's tile */
#define PARTS_EACH    2  /* parts of a classifier's channels per thread */
#define CHANNEL_GRAIN 16 /* channels of a convolution's tile */

static size_t align_up(size_t x)
{
    return (x + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
}

static int resolve(const NnGraph *graph, int tensor)
{
    return graph->tensors[tensor].alias >= 0 ? graph->tensors[tensor].alias : tensor;
}

/* ---- steps -------------------------------------------------------------------------------- */

static uint64_t row_work(const NnArgs *args)
{
    if (args->op == NN_OP_CONV || args->op == NN_OP_DWCONV)
        return args_macs(args) / (uint64_t)MAX(args->conv.win.out_h, 1);
    return nn_args_row_bytes(args);
}

/* Rows of a single step that are handed out at a time. */
static int choose_task_rows(PlanStep *step, int threads)
{
    bool flat = args_flatten(&step->args);
    step->rows = nn_args_rows(&step->args);
    if (threads == 1)
        return step->rows;
    uint64_t work = MAX(row_work(&step->args), 1);
    int least = (int)MIN((MIN_TASK_WORK + work - 1) / work, (uint64_t)step->rows);
    int even = (step->rows + threads * TASKS_EACH - 1) / (threads * TASKS_EACH);
    int rows = MAX(least, even);
    if (flat)
        rows = (rows + ROW_GRAIN - 1) / ROW_GRAIN * ROW_GRAIN;
    return MAX(MIN(rows, step->rows), 1);
}

/* Cuts a convolution with one output pixel (a classifier) into parts by channels. */
static void split_channels(PlanStep *step, int threads)
{
    if (step->args.op != NN_OP_CONV || threads == 1 || step->rows != 1 ||
        step->args.conv.win.out_w != 1)
        return;
    const int channels = step->args.conv.win.out_c;
    uint64_t worth = args_macs(&step->args) / MIN_TASK_WORK;
    int n = (int)MIN(worth, (uint64_t)(PARTS_EACH * threads));
    if (n < 2)
        return;
    const int each = ((channels + n - 1) / n + CHANNEL_GRAIN - 1) / CHANNEL_GRAIN * CHANNEL_GRAIN;
    n = (channels + each - 1) / each;
    if (n < 2)
        return;
    step->parts = g_new0(PlanPart, n);
    step->n_parts = n;
    for (int i = 0; i < n; i++) {
        PlanPart *part = &step->parts[i];
        part->first = i * each;
        part->args = step->args;
        NnConv *conv = &part->args.conv;
        conv->win.out_c = MIN(each, channels - part->first);
        if (step->args.type == NN_KERNEL_S8) {
            conv->mult += part->first;
            conv->shift += part->first;
        }
    }
}

static void make_groups(Plan *plan, size_t cache, int threads)
{
    groups_choose(plan, cache, threads);
    for (int i = 0; i < plan->n_groups; i++) {
        PlanGroup *group = &plan->groups[i];
        size_t scratch = 0;
        if (group->n == 1) {
            group->task_rows = choose_task_rows(&plan->steps[group->first], threads);
            split_channels(&plan->steps[group->first], threads);
        }
        for (int s = group->first; s < group->first + group->n; s++) {
            const PlanStep *step = &plan->steps[s];
            if (step->kernel->scratch_size)
                scratch = MAX(scratch, align_up(step->kernel->scratch_size(&step->args)));
        }
        plan->scratch_each = MAX(plan->scratch_each, group->map_bytes + scratch);
    }
}

static void make_steps(Plan *plan, unsigned cpu)
{
    const NnGraph *graph = plan->graph;
    ArgsContext ctx = {graph, plan->blocks};
    int n = 0;
    for (int i = 0; i < graph->n_ops; i++)
        n += args_steps(&graph->ops[i]);
    plan->steps = g_new0(PlanStep, n);
    for (int i = 0; i < graph->n_ops; i++) {
        const GraphOp *op = &graph->ops[i];
        for (int part = 0; part < args_steps(op); part++) {
            PlanStep *step = &plan->steps[plan->n_steps++];
            step->op = op;
            step->out = resolve(graph, op->out);
            args_fill(&ctx, op, part, &step->args);
            for (int j = 0; j < 2; j++) {
                int in = args_input(op, part, j);
                step->in[j] = in >= 0 ? resolve(graph, in) : -1;
            }
            step->kernel = nn_kernel_find(&step->args, cpu);
            step->rows = nn_args_rows(&step->args);
        }
    }
}

/* ---- memory ------------------------------------------------------------------------------- */

/* The lives of the tensors that the arena holds, counted in groups. */
typedef struct {
    ArenaItem *items;
    int *tensors; /* of the items */
    int *item_of; /* of each tensor, or -1 */
    int n;
} Lives;

static void live(Lives *l, const NnGraph *graph, int tensor, int when)
{
    if (l->item_of[tensor] < 0) {
        l->items[l->n] = (ArenaItem){.first = when, .bytes = graph->tensors[tensor].bytes};
        l->tensors[l->n] = tensor;
        l->item_of[tensor] = l->n++;
    }
    l->items[l->item_of[tensor]].last = when;
}

/* Lifetimes -> offsets. The input is written before all; the output, and what is kept, outlive the
 * last group. */
static void place_tensors(Plan *plan, bool keep_all)
{
    const NnGraph *graph = plan->graph;
    size_t n = (size_t)graph->n_tensors;
    Lives l = {g_new0(ArenaItem, n), g_new(int, n), g_new(int, n), 0};
    memset(l.item_of, -1, sizeof(int) * n);

    live(&l, graph, resolve(graph, graph->input), 0);
    for (int g = 0; g < plan->n_groups; g++) {
        int last = plan->groups[g].first + plan->groups[g].n - 1;
        for (int s = plan->groups[g].first; s <= last; s++)
            for (int j = 0; j < 2; j++)
                if (plan->steps[s].in[j] >= 0 && l.item_of[plan->steps[s].in[j]] >= 0)
                    live(&l, graph, plan->steps[s].in[j], g);
        live(&l, graph, plan->steps[last].out, g);
    }
    live(&l, graph, resolve(graph, graph->output), plan->n_groups);
    if (plan->kept >= 0)
        live(&l, graph, plan->kept, plan->n_groups);
    for (int i = 0; keep_all && i < l.n; i++) {
        l.items[i].first = 0;
        l.items[i].last = plan->n_groups;
    }

    plan->arena_bytes = arena_place(l.items, l.n);
    plan->offset = g_new0(size_t, n);
    for (int i = 0; i < l.n; i++)
        plan->offset[l.tensors[i]] = l.items[i].offset;
    g_free(l.items);
    g_free(l.tensors);
    g_free(l.item_of);
}

static const GraphTensor *constant_input(const Plan *plan, const PlanStep *step, int j)
{
    if (step->in[j] < 0)
        return NULL;
    const GraphTensor *t = &plan->graph->tensors[step->in[j]];
    return t->data ? t : NULL;
}

/* Bytes that this step keeps beside the activations: packed weights, constant operands. */
static void size_packed(Plan *plan)
{
    for (int i = 0; i < plan->n_steps; i++) {
        PlanStep *step = &plan->steps[i];
        if (step->kernel->packed_size && !step->parts)
            step->packed_bytes = align_up(step->kernel->packed_size(&step->args));
        for (int j = 0; j < step->n_parts && step->kernel->packed_size; j++)
            step->packed_bytes += align_up(step->kernel->packed_size(&step->parts[j].args));
        for (int j = 0; j < 2; j++) {
            const GraphTensor *t = constant_input(plan, step, j);
            if (t)
                step->packed_bytes += align_up(t->bytes);
        }
        plan->packed_bytes += step->packed_bytes;
    }
}

/* Constants may start anywhere in the file, and be uint8 there; packers want them aligned to their
 * type, and int8. copy: room for t->bytes. NULL if op has no such input. */
static const void *constant_data(const Plan *plan, const GraphOp *op, int i, void *copy)
{
    if (i >= op->n_in || op->in[i] < 0)
        return NULL;
    const GraphTensor *t = &plan->graph->tensors[op->in[i]];
    if (!t->was_u8 && (uintptr_t)t->data % graph_type_size(t->type) == 0)
        return t->data;
    graph_copy_data(t, copy);
    return copy;
}

static size_t largest_constant(const NnGraph *graph)
{
    size_t bytes = 0;
    for (int i = 0; i < graph->n_tensors; i++)
        if (graph->tensors[i].data)
            bytes = MAX(bytes, graph->tensors[i].bytes);
    return bytes;
}

/* Packs a step's weights at *at and steps over them. */
static void pack_weights(PlanStep *step, const void *weights, const void *bias, uint8_t **at)
{
    const NnKernel *kernel = step->kernel;
    const NnWindow *w = &step->args.conv.win;
    const size_t elem = step->args.type == NN_KERNEL_S8 ? 1 : sizeof(float);
    const size_t filter = elem * (size_t)w->k_h * (size_t)w->k_w * (size_t)w->in_c;
    if (!step->parts) {
        kernel->pack(&step->args, weights, bias, *at);
        step->buf.packed = *at;
        *at += align_up(kernel->packed_size(&step->args));
    }
    for (int i = 0; i < step->n_parts; i++) {
        PlanPart *part = &step->parts[i];
        const size_t first = (size_t)part->first;
        kernel->pack(&part->args, (const char *)weights + first * filter,
                     bias ? (const char *)bias + first * sizeof(int32_t) : NULL, *at);
        part->buf.packed = *at;
        *at += align_up(kernel->packed_size(&part->args));
    }
}

static void pack(Plan *plan)
{
    const size_t largest = largest_constant(plan->graph);
    g_autofree void *copy = g_malloc(largest), *bias_copy = g_malloc(largest);
    uint8_t *at = plan->packed;
    for (int i = 0; i < plan->n_steps; i++) {
        PlanStep *step = &plan->steps[i];
        uint8_t *next = at + step->packed_bytes;
        if (step->kernel->packed_size) {
            const void *weights = constant_data(plan, step->op, 1, copy);
            const void *bias = constant_data(plan, step->op, 2, bias_copy);
            pack_weights(step, weights, bias, &at);
        }
        for (int j = 0; j < 2; j++) {
            const GraphTensor *t = constant_input(plan, step, j);
            if (!t)
                continue;
            graph_copy_data(t, at);
            step->buf.in[j] = at;
            at += align_up(t->bytes);
        }
        at = next;
    }
}

static void resolve_buffers(Plan *plan)
{
    for (int i = 0; i < plan->n_steps; i++) {
        PlanStep *step = &plan->steps[i];
        for (int j = 0; j < 2; j++)
            if (step->in[j] >= 0 && !constant_input(plan, step, j))
                step->buf.in[j] = plan->arena + plan->offset[step->in[j]];
        step->buf.out = plan->arena + plan->offset[step->out];
        const size_t elem = nn_args_elem(&step->args);
        for (int j = 0; j < step->n_parts; j++) {
            PlanPart *part = &step->parts[j];
            part->buf.in[0] = step->buf.in[0];
            part->buf.out = (uint8_t *)step->buf.out + (size_t)part->first * elem;
        }
    }
}

static uint8_t *allocate(size_t bytes)
{
    uint8_t *block = aligned_alloc(ARENA_ALIGN, align_up(bytes) + NN_SLACK);
    if (block)
        memset(block, 0, align_up(bytes) + NN_SLACK);
    return block;
}

/* ---- the plan ----------------------------------------------------------------------------- */

void *plan_tensor(const Plan *plan, int tensor)
{
    return plan->arena + plan->offset[resolve(plan->graph, tensor)];
}

void plan_free(Plan *plan)
{
    if (!plan)
        return;
    pool_free(plan->pool);
    free(plan->arena);
    free(plan->packed);
    free(plan->scratch);
    g_free(plan->offset);
    g_free(plan->groups);
    for (int i = 0; i < plan->n_steps; i++)
        g_free(plan->steps[i].parts);
    g_free(plan->steps);
    g_ptr_array_unref(plan->blocks);
    graph_free(plan->half);
    g_free(plan);
}

static bool wants_half(const NnOptions *options, unsigned cpu)
{
    if (options->keep_all) /* for comparing with what the file says, in its types */
        return false;
    return options->precision == NN_PRECISION_FP16 ||
           (options->precision == NN_PRECISION_AUTO && (cpu & NN_CPU_FP16));
}

Plan *plan_new(const NnGraph *graph, const NnOptions *options, int threads, unsigned cpu,
               GError **error)
{
    Plan *plan = g_new0(Plan, 1);
    plan->kept = !options->keep_embedding ? -1
                 : options->keep_blocks   ? graph_block_input(graph, options->keep_blocks)
                                          : graph->embedding;
    if (wants_half(options, cpu))
        plan->half = halve_graph(graph, plan->kept);
    plan->graph = plan->half ? plan->half : graph;
    plan->blocks = g_ptr_array_new_with_free_func(g_free);
    make_steps(plan, cpu);
    make_groups(plan, options->keep_all ? 0 : groups_cache(), threads);
    place_tensors(plan, options->keep_all);
    size_packed(plan);
    plan->scratch_bytes = plan->scratch_each * (size_t)threads;

    size_t limit = options->max_bytes ? options->max_bytes : DEFAULT_MAX_BYTES;
    size_t need = plan->arena_bytes + plan->packed_bytes + plan->scratch_bytes;
    if (need > limit) {
        g_set_error(error, NN_ERROR, NN_ERROR_LIMIT,
                    "the net needs %zu MiB of memory, more than the %zu MiB allowed", need >> 20,
                    limit >> 20);
        plan_free(plan);
        return NULL;
    }
    plan->arena = allocate(plan->arena_bytes);
    plan->packed = allocate(plan->packed_bytes);
    plan->scratch = allocate(plan->scratch_bytes);
    plan->pool = pool_new(threads);
    if (!plan->arena || !plan->packed || !plan->scratch || !plan->pool) {
        g_set_error(error, NN_ERROR, NN_ERROR_LIMIT, "no memory for the net's %zu MiB", need >> 20);
        plan_free(plan);
        return NULL;
    }
    pack(plan);
    resolve_buffers(plan);
    plan->input = plan_tensor(plan, graph->input);
    plan->output = plan_tensor(plan, graph->output);
    return plan;
}

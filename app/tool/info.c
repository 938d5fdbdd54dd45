/* SPDX-License-Identifier: MIT */
/* info.c - `mobilenet info MODEL`: what a model is made of, what it costs, and what the same
 * network would cost with plain convolutions instead of depthwise-separable ones. */
#include <stdio.h>

#include "tool.h"

/* A depthwise convolution with the pointwise one that mixes its channels, against the one plain
 * convolution that could stand in their place. */
typedef struct {
    int depthwise, pointwise; /* steps */
    int f, n_c, n_out_h, n_out_w, n_c2;
    uint64_t plain;     /* f f n_c n_out n_out n_c' */
    uint64_t separable; /* f f n_c n_out n_out + n_c n_out n_out n_c' */
} Pair;

static bool is_pointwise(const NnStepInfo *s)
{
    return g_strcmp0(s->op, "CONV_2D") == 0 && s->k_h == 1 && s->k_w == 1 && s->stride <= 1;
}

/* The first pointwise step after `from` that works on what `dw` made: same map, same channels.
 * The size rules out the two of a squeeze-excite block in between. -1 if there is none. */
static int find_pointwise(const NnNet *net, int n_steps, int from, const NnStepInfo *dw,
                          NnStepInfo *found)
{
    for (int i = from + 1; i < n_steps; i++) {
        nn_net_step_info(net, i, found);
        if (found->depthwise)
            return -1;
        if (is_pointwise(found) && found->in_dims[1] == dw->out_dims[1] &&
            found->in_dims[2] == dw->out_dims[2] && found->in_dims[3] == dw->out_dims[3])
            return i;
    }
    return -1;
}

/* All Pairs of the net. */
static GArray *find_pairs(const NnNet *net, int n_steps)
{
    GArray *pairs = g_array_new(FALSE, FALSE, sizeof(Pair));
    for (int i = 0; i < n_steps; i++) {
        NnStepInfo dw, pw;
        nn_net_step_info(net, i, &dw);
        int p = dw.depthwise ? find_pointwise(net, n_steps, i, &dw, &pw) : -1;
        if (p < 0)
            continue;
        uint64_t window = (uint64_t)dw.k_h * (uint64_t)dw.k_w;
        uint64_t map = (uint64_t)dw.out_dims[1] * (uint64_t)dw.out_dims[2];
        uint64_t n_c = (uint64_t)dw.out_dims[3], n_c2 = (uint64_t)pw.out_dims[3];
        Pair pair = {
            .depthwise = i,
            .pointwise = p,
            .f = dw.k_h,
            .n_c = dw.out_dims[3],
            .n_out_h = dw.out_dims[1],
            .n_out_w = dw.out_dims[2],
            .n_c2 = pw.out_dims[3],
            .plain = window * n_c * map * n_c2,
            .separable = window * n_c * map + n_c * map * n_c2,
        };
        g_array_append_val(pairs, pair);
    }
    return pairs;
}

static Pair sum_pairs(const GArray *pairs)
{
    Pair sum = {0};
    for (guint i = 0; i < pairs->len; i++) {
        sum.plain += g_array_index(pairs, Pair, i).plain;
        sum.separable += g_array_index(pairs, Pair, i).separable;
    }
    return sum;
}

static const char *type_name(NnType type)
{
    static const char *const names[] = {"float32", "float16", "uint8", "int8", "int32"};
    return names[type];
}

/* "12,345,678" in one of a few static buffers, so that a printf can take several. */
static const char *grouped(uint64_t n)
{
    static char buffers[4][32];
    static unsigned next;
    char *end = buffers[next++ % 4] + sizeof buffers[0] - 1, *p = end;
    int digits = 0;
    *p = '\0';
    do {
        if (digits && digits % 3 == 0)
            *--p = ',';
        *--p = (char)('0' + n % 10);
        digits++;
    } while (n /= 10);
    return p;
}

/* "112x112x32"; the leading 1 of the batch is left out. */
static char *shape_text(const int *dims, int n)
{
    GString *text = g_string_new(NULL);
    for (int i = n > 1 ? 1 : 0; i < n; i++)
        g_string_append_printf(text, "%s%d", text->len ? "x" : "", dims[i]);
    return g_string_free(text, FALSE);
}

static void print_tensor(const char *what, const NnTensorInfo *t)
{
    g_autofree char *shape = shape_text(t->dims, t->n_dims);
    printf("%-10s %s %s, %s bytes", what, type_name(t->type), shape, grouped(t->bytes));
    if (t->scale > 0)
        printf(", value = %.9g * (q - %d)", t->scale, t->zero);
    putchar('\n');
}

static char *layer_name(const NnStepInfo *s)
{
    if (s->k_h == 0)
        return g_strdup(s->op);
    if (s->stride <= 1)
        return g_strdup_printf("%s %dx%d", s->op, s->k_h, s->k_w);
    return g_strdup_printf("%s %dx%d/%d", s->op, s->k_h, s->k_w, s->stride);
}

static void print_steps(const NnNet *net, int n_steps)
{
    printf("\n%4s  %-24s %-13s %-13s %13s %11s %11s  %s\n", "step", "layer", "input", "output",
           "MAC", "parameters", "bytes", "kernel");
    for (int i = 0; i < n_steps; i++) {
        NnStepInfo s;
        nn_net_step_info(net, i, &s);
        g_autofree char *name = layer_name(&s);
        g_autofree char *in = shape_text(s.in_dims, 4), *out = shape_text(s.out_dims, 4);
        printf("%4d  %-24s %-13s %-13s %13s %11s %11s  %s\n", i, name, in, out, grouped(s.macs),
               grouped(s.params), grouped(s.packed_bytes), s.kernel ? s.kernel : "");
    }
}

static void print_pairs(const GArray *pairs)
{
    if (pairs->len == 0)
        return;
    printf("\nDepthwise-separable against plain convolution, in MAC: f x f kernel, n_c channels in,"
           " n_c' out,\nn_out x n_out map: f f n_c n_out n_out + n_c n_out n_out n_c'  against  "
           "f f n_c n_out n_out n_c'\n\n");
    printf("%9s %3s %6s %6s %9s %15s %15s %7s\n", "steps", "f", "n_c", "n_c'", "n_out", "separable",
           "plain", "ratio");
    for (guint i = 0; i < pairs->len; i++) {
        const Pair *p = &g_array_index(pairs, Pair, i);
        g_autofree char *steps = g_strdup_printf("%d+%d", p->depthwise, p->pointwise);
        g_autofree char *map = g_strdup_printf("%dx%d", p->n_out_h, p->n_out_w);
        printf("%9s %3d %6d %6d %9s %15s %15s %7.4f\n", steps, p->f, p->n_c, p->n_c2, map,
               grouped(p->separable), grouped(p->plain), (double)p->separable / (double)p->plain);
    }
    Pair sum = sum_pairs(pairs);
    printf("%9s %3s %6s %6s %9s %15s %15s %7.4f\n", "all", "", "", "", "", grouped(sum.separable),
           grouped(sum.plain), (double)sum.separable / (double)sum.plain);
    printf("Plain convolutions would cost %.1f times as much.\n",
           (double)sum.plain / (double)sum.separable);
}

static void print_text(const ToolNet *tool, const NnNetInfo *info, const GArray *pairs)
{
    const char *name = nn_model_name(tool->model);
    printf("%-10s %s\n", "model", tool->path);
    if (*name)
        printf("%-10s %s\n", "name", name);
    print_tensor("input", nn_model_input(tool->model));
    print_tensor("output", nn_model_output(tool->model));
    printf("%-10s %d, labels: %s\n", "classes", nn_model_n_classes(tool->model),
           nn_labels_source(tool->labels));
    printf("%-10s %s MAC, %s parameters, %d steps\n", "cost", grouped(info->macs),
           grouped(info->params), info->n_steps);
    printf("%-10s weights %s, arena %s, scratch %s bytes (%d threads)\n", "memory",
           grouped(info->weight_bytes), grouped(info->arena_bytes), grouped(info->scratch_bytes),
           nn_net_threads(tool->net));
    print_steps(tool->net, info->n_steps);
    print_pairs(pairs);
}

static void add_tensor(JsonBuilder *line, const char *name, const NnTensorInfo *t)
{
    json_begin_object(line, name);
    json_add_string(line, "name", t->name);
    json_add_string(line, "type", type_name(t->type));
    json_add_dims(line, "shape", t->dims, t->n_dims);
    json_add_int(line, "bytes", (gint64)t->bytes);
    json_add_double(line, "scale", t->scale);
    json_add_int(line, "zero", t->zero);
    json_builder_end_object(line);
}

static void add_step(JsonBuilder *line, const NnStepInfo *s)
{
    json_builder_begin_object(line);
    json_add_string(line, "op", s->op);
    json_add_int(line, "op_index", s->op_index);
    json_add_string(line, "kernel", s->kernel);
    json_add_dims(line, "input", s->in_dims, 4);
    json_add_dims(line, "output", s->out_dims, 4);
    json_add_dims(line, "window", (const int[]){s->k_h, s->k_w}, 2);
    json_add_int(line, "stride", s->stride);
    json_add_bool(line, "depthwise", s->depthwise != 0);
    json_add_int(line, "macs", (gint64)s->macs);
    json_add_int(line, "parameters", (gint64)s->params);
    json_add_int(line, "bytes", (gint64)s->packed_bytes);
    json_builder_end_object(line);
}

static void add_cost(JsonBuilder *line, const Pair *p)
{
    json_add_int(line, "separable_macs", (gint64)p->separable);
    json_add_int(line, "plain_macs", (gint64)p->plain);
    json_add_double(line, "ratio", p->plain ? (double)p->separable / (double)p->plain : 1);
}

static void add_pairs(JsonBuilder *line, const GArray *pairs)
{
    json_begin_object(line, "separable");
    json_begin_array(line, "pairs");
    for (guint i = 0; i < pairs->len; i++) {
        const Pair *p = &g_array_index(pairs, Pair, i);
        json_builder_begin_object(line);
        json_add_dims(line, "layers", (const int[]){p->depthwise, p->pointwise}, 2);
        json_add_int(line, "f", p->f);
        json_add_int(line, "n_c", p->n_c);
        json_add_dims(line, "n_out", (const int[]){p->n_out_h, p->n_out_w}, 2);
        json_add_int(line, "n_c_out", p->n_c2);
        add_cost(line, p);
        json_builder_end_object(line);
    }
    json_builder_end_array(line);
    Pair sum = sum_pairs(pairs);
    add_cost(line, &sum);
    json_builder_end_object(line);
}

static void print_json(const ToolNet *tool, const NnNetInfo *info, const GArray *pairs)
{
    JsonBuilder *line = json_line_new();
    json_add_path(line, "model", tool->path);
    json_add_string(line, "name", nn_model_name(tool->model));
    add_tensor(line, "input", nn_model_input(tool->model));
    add_tensor(line, "output", nn_model_output(tool->model));
    json_add_int(line, "classes", nn_model_n_classes(tool->model));
    json_add_string(line, "labels", nn_labels_source(tool->labels));
    json_add_int(line, "threads", nn_net_threads(tool->net));
    json_add_int(line, "macs", (gint64)info->macs);
    json_add_int(line, "parameters", (gint64)info->params);
    json_add_int(line, "weight_bytes", (gint64)info->weight_bytes);
    json_add_int(line, "arena_bytes", (gint64)info->arena_bytes);
    json_add_int(line, "scratch_bytes", (gint64)info->scratch_bytes);
    json_begin_array(line, "layers");
    for (int i = 0; i < info->n_steps; i++) {
        NnStepInfo s;
        nn_net_step_info(tool->net, i, &s);
        add_step(line, &s);
    }
    json_builder_end_array(line);
    add_pairs(line, pairs);
    json_line_print(line);
}

int verb_info(int argc, char **argv)
{
    gboolean json = FALSE;
    g_autofree char *labels = NULL;
    NnOptions options = NN_OPTIONS_INIT;
    /* clang-format off */
    const GOptionEntry entries[] = {
        {"labels", 'l', 0, G_OPTION_ARG_FILENAME, &labels,
         "Label file; default: inside or beside the model", "FILE"},
        {"threads", 't', 0, G_OPTION_ARG_INT, &options.threads,
         "Plan for N threads; default: one per core, 4 at most", "N"},
        {"json", 'j', 0, G_OPTION_ARG_NONE, &json, "One JSON object", NULL},
        {NULL}};
    /* clang-format on */
    if (!tool_parse(&argc, &argv, entries, "[MODEL]",
                    "Shows what a model is made of and what it costs: layers, shapes, kernels, "
                    "multiply-\naccumulates (MAC), memory; and what the same network would cost "
                    "with plain\nconvolutions in place of depthwise-separable ones.",
                    "MODEL is a path or a name; default: the bundled model. The kernels are those "
                    "for this\nCPU; NN_CPU=c shows the plain C ones."))
        return STATUS_USAGE;
    if (argc > 2)
        return tool_usage("more than one model given");

    ToolNet tool;
    int status = tool_open(&tool, argc == 2 ? argv[1] : NULL, labels, &options);
    if (status != STATUS_OK)
        return status;
    NnNetInfo info;
    nn_net_info(tool.net, &info);
    g_autoptr(GArray) pairs = find_pairs(tool.net, info.n_steps);
    if (json)
        print_json(&tool, &info, pairs);
    else
        print_text(&tool, &info, pairs);
    tool_close(&tool);
    return STATUS_OK;
}

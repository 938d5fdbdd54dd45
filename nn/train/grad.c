/* SPDX-License-Identifier: MIT */
/* grad.c - operators forwards and backwards. Each is a pair of functions on one operator; tensors
 * are NHWC with a batch of one. */
#include "grad.h"

#include <math.h>
#include <string.h>

static int root_of(const NnGraph *graph, int tensor)
{
    return graph->tensors[tensor].alias >= 0 ? graph->tensors[tensor].alias : tensor;
}

size_t grad_elements(const NnGraph *graph, int tensor)
{
    return graph->tensors[tensor].bytes / graph_type_size(graph->tensors[tensor].type);
}

/* Values of an input: computed, a parameter, or a constant. */
static const float *value_of(const Grad *g, int tensor)
{
    if (g->param_of[tensor] >= 0)
        return g_array_index(g->params, GradParam, g->param_of[tensor]).value;
    const GraphTensor *t = &g->graph->tensors[tensor];
    return t->data ? t->data : g->value[root_of(g->graph, tensor)];
}

/* Where the gradient of an input goes; NULL: nobody wants it. */
static float *gradient_of(const Grad *g, int tensor)
{
    if (g->param_of[tensor] >= 0)
        return g_array_index(g->params, GradParam, g->param_of[tensor]).gradient;
    return g->graph->tensors[tensor].data ? NULL : g->gradient[root_of(g->graph, tensor)];
}

static float dot(const float *a, const float *b, int n)
{
    float sum[8] = {0}, rest = 0;
    int i = 0;
    for (; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; k++)
            sum[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        rest += a[i] * b[i];
    return rest + ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

static void add_scaled(float *a, float factor, const float *b, int n)
{
    for (int i = 0; i < n; i++)
        a[i] += factor * b[i];
}

/* ---- activations -------------------------------------------------------------------------- */

static void bounds(GraphAct act, float *lo, float *hi)
{
    *lo = act == GRAPH_ACT_NONE ? -INFINITY : act == GRAPH_ACT_RELU_N1_TO_1 ? -1 : 0;
    *hi = act == GRAPH_ACT_RELU6 ? 6 : act == GRAPH_ACT_RELU_N1_TO_1 ? 1 : INFINITY;
}

static void apply(GraphAct act, float *x, size_t n)
{
    float lo, hi;
    bounds(act, &lo, &hi);
    for (size_t i = 0; i < n && act != GRAPH_ACT_NONE; i++)
        x[i] = fminf(fmaxf(x[i], lo), hi);
}

/* Where an activation holds a value at its bound, nothing flows back. */
static void undo(GraphAct act, const float *y, float *gradient, size_t n)
{
    float lo, hi;
    bounds(act, &lo, &hi);
    for (size_t i = 0; i < n && act != GRAPH_ACT_NONE; i++)
        if (y[i] <= lo || y[i] >= hi)
            gradient[i] = 0;
}

/* ---- windows ------------------------------------------------------------------------------ */

typedef struct {
    int in[4], out[4];
    const GraphOp *op;
} Window;

static Window window_of(const Grad *g, const GraphOp *op)
{
    Window w = {.op = op};
    graph_dims4(&g->graph->tensors[op->in[0]], w.in);
    graph_dims4(&g->graph->tensors[op->out], w.out);
    return w;
}

/* The input cell under tap (ky, kx) of output cell (y, x), in cells; -1 if it is padding. */
static int cell(const Window *w, int y, int x, int ky, int kx)
{
    int iy = y * w->op->stride_h - w->op->pad_t + ky * MAX(w->op->dil_h, 1);
    int ix = x * w->op->stride_w - w->op->pad_l + kx * MAX(w->op->dil_w, 1);
    return iy < 0 || ix < 0 || iy >= w->in[1] || ix >= w->in[2] ? -1 : iy * w->in[2] + ix;
}

/* One tap of one output cell: cells are counted row by row. */
typedef struct {
    int out, tap, in, next;
} Tap;

/* Goes to the next tap that does not lie in the padding; false after the last. */
static bool next_tap(const Window *w, Tap *t)
{
    int taps = w->op->k_h * w->op->k_w, n = w->out[1] * w->out[2] * taps;
    while (t->next < n) {
        t->out = t->next / taps;
        t->tap = t->next % taps;
        t->in = cell(w, t->out / w->out[2], t->out % w->out[2], t->tap / w->op->k_w,
                     t->tap % w->op->k_w);
        t->next++;
        if (t->in >= 0)
            return true;
    }
    return false;
}

static void bias_forward(const Grad *g, const GraphOp *op, float *out, int cells, int channels)
{
    const float *bias = op->n_in > 2 && op->in[2] >= 0 ? value_of(g, op->in[2]) : NULL;
    for (int i = 0; i < cells; i++)
        for (int c = 0; c < channels; c++)
            out[(size_t)i * channels + c] = bias ? bias[c] : 0;
}

static void bias_backward(const Grad *g, const GraphOp *op, const float *gy, int cells,
                          int channels)
{
    float *gb = op->n_in > 2 && op->in[2] >= 0 ? gradient_of(g, op->in[2]) : NULL;
    for (int i = 0; i < cells && gb; i++)
        add_scaled(gb, 1, gy + (size_t)i * channels, channels);
}

static void conv_forward(const Grad *g, const GraphOp *op, float *out)
{
    Window w = window_of(g, op);
    const float *in = value_of(g, op->in[0]), *weights = value_of(g, op->in[1]);
    int taps = op->k_h * op->k_w, ic = w.in[3], oc = w.out[3];
    bias_forward(g, op, out, w.out[1] * w.out[2], oc);
    for (Tap t = {0}; next_tap(&w, &t);) {
        float *to = out + (size_t)t.out * oc;
        for (int c = 0; c < oc; c++)
            to[c] += dot(in + (size_t)t.in * ic, weights + ((size_t)c * taps + t.tap) * ic, ic);
    }
}

static void conv_backward(const Grad *g, const GraphOp *op, const float *gy)
{
    Window w = window_of(g, op);
    const float *in = value_of(g, op->in[0]), *weights = value_of(g, op->in[1]);
    float *gx = gradient_of(g, op->in[0]), *gw = gradient_of(g, op->in[1]);
    int taps = op->k_h * op->k_w, ic = w.in[3], oc = w.out[3];
    bias_backward(g, op, gy, w.out[1] * w.out[2], oc);
    for (Tap t = {0}; next_tap(&w, &t);) {
        const float *from = gy + (size_t)t.out * oc;
        for (int c = 0; c < oc; c++) {
            size_t row = ((size_t)c * taps + t.tap) * ic;
            if (from[c] == 0)
                continue;
            if (gx)
                add_scaled(gx + (size_t)t.in * ic, from[c], weights + row, ic);
            if (gw)
                add_scaled(gw + row, from[c], in + (size_t)t.in * ic, ic);
        }
    }
}

static void dwconv_forward(const Grad *g, const GraphOp *op, float *out)
{
    Window w = window_of(g, op);
    const float *in = value_of(g, op->in[0]), *weights = value_of(g, op->in[1]);
    int oc = w.out[3], mult = oc / w.in[3];
    bias_forward(g, op, out, w.out[1] * w.out[2], oc);
    for (Tap t = {0}; next_tap(&w, &t);) {
        float *to = out + (size_t)t.out * oc;
        const float *from = in + (size_t)t.in * w.in[3], *row = weights + (size_t)t.tap * oc;
        for (int c = 0; c < oc; c++)
            to[c] += from[c / mult] * row[c];
    }
}

static void dwconv_backward(const Grad *g, const GraphOp *op, const float *gy)
{
    Window w = window_of(g, op);
    const float *in = value_of(g, op->in[0]), *weights = value_of(g, op->in[1]);
    float *gx = gradient_of(g, op->in[0]), *gw = gradient_of(g, op->in[1]);
    int oc = w.out[3], mult = oc / w.in[3];
    bias_backward(g, op, gy, w.out[1] * w.out[2], oc);
    for (Tap t = {0}; next_tap(&w, &t);) {
        const float *from = gy + (size_t)t.out * oc;
        const float *x_at = in + (size_t)t.in * w.in[3], *row = weights + (size_t)t.tap * oc;
        for (int c = 0; c < oc && gx; c++)
            gx[(size_t)t.in * w.in[3] + c / mult] += from[c] * row[c];
        for (int c = 0; c < oc && gw; c++)
            gw[(size_t)t.tap * oc + c] += from[c] * x_at[c / mult];
    }
}

/* ---- pools -------------------------------------------------------------------------------- */

/* Cells of the window that are inside. */
static int inside(const Window *w, int out)
{
    int n = 0;
    for (int tap = 0; tap < w->op->k_h * w->op->k_w; tap++)
        n += cell(w, out / w->out[2], out % w->out[2], tap / w->op->k_w, tap % w->op->k_w) >= 0;
    return n;
}

static void pool_forward(const Grad *g, const GraphOp *op, float *out)
{
    Window w = window_of(g, op);
    const float *in = value_of(g, op->in[0]);
    memset(out, 0, sizeof *out * (size_t)(w.out[1] * w.out[2] * w.out[3]));
    for (Tap t = {0}; next_tap(&w, &t);) {
        add_scaled(out + (size_t)t.out * w.out[3], 1 / (float)inside(&w, t.out),
                   in + (size_t)t.in * w.in[3], w.in[3]);
    }
}

static void pool_backward(const Grad *g, const GraphOp *op, const float *gy)
{
    Window w = window_of(g, op);
    float *gx = gradient_of(g, op->in[0]);
    for (Tap t = {0}; next_tap(&w, &t);) {
        add_scaled(gx + (size_t)t.in * w.in[3], 1 / (float)inside(&w, t.out),
                   gy + (size_t)t.out * w.out[3], w.in[3]);
    }
}

static void mean_forward(const Grad *g, const GraphOp *op, float *out)
{
    int in[4];
    graph_dims4(&g->graph->tensors[op->in[0]], in);
    const float *x = value_of(g, op->in[0]);
    memset(out, 0, sizeof *out * (size_t)in[3]);
    for (int i = 0; i < in[1] * in[2]; i++)
        add_scaled(out, 1 / (float)(in[1] * in[2]), x + (size_t)i * in[3], in[3]);
}

static void mean_backward(const Grad *g, const GraphOp *op, const float *gy)
{
    int in[4];
    graph_dims4(&g->graph->tensors[op->in[0]], in);
    float *gx = gradient_of(g, op->in[0]);
    for (int i = 0; i < in[1] * in[2]; i++)
        add_scaled(gx + (size_t)i * in[3], 1 / (float)(in[1] * in[2]), gy, in[3]);
}

/* ---- element by element ------------------------------------------------------------------- */

/* The element of an operand that belongs to element i of the output. */
static size_t operand_at(const int out[4], const int dims[4], size_t i)
{
    size_t at = 0, step = 1;
    for (int d = 3; d >= 0; d--) {
        size_t index = i % (size_t)out[d];
        i /= (size_t)out[d];
        at += dims[d] == 1 ? 0 : index * step;
        step *= (size_t)dims[d];
    }
    return at;
}

static void binary(const Grad *g, const GraphOp *op, float *out, const float *gy)
{
    int o[4], da[4], db[4];
    graph_dims4(&g->graph->tensors[op->out], o);
    graph_dims4(&g->graph->tensors[op->in[0]], da);
    graph_dims4(&g->graph->tensors[op->in[1]], db);
    const float *a = value_of(g, op->in[0]), *b = value_of(g, op->in[1]);
    float *ga = gy ? gradient_of(g, op->in[0]) : NULL, *gb = gy ? gradient_of(g, op->in[1]) : NULL;
    size_t n = grad_elements(g->graph, op->out);
    for (size_t i = 0; i < n; i++) {
        size_t ia = operand_at(o, da, i), ib = operand_at(o, db, i);
        if (!gy)
            out[i] = op->kind == GRAPH_ADD   ? a[ia] + b[ib]
                     : op->kind == GRAPH_SUB ? a[ia] - b[ib]
                                             : a[ia] * b[ib];
        if (ga)
            ga[ia] += op->kind == GRAPH_MUL ? gy[i] * b[ib] : gy[i];
        if (gb)
            gb[ib] += op->kind == GRAPH_MUL   ? gy[i] * a[ia]
                      : op->kind == GRAPH_SUB ? -gy[i]
                                              : gy[i];
    }
}

static float hard_swish_slope(float x)
{
    return x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5f;
}

static void unary(const Grad *g, const GraphOp *op, float *out, const float *gy)
{
    const float *x = value_of(g, op->in[0]), *y = g->value[root_of(g->graph, op->out)];
    float *gx = gy ? gradient_of(g, op->in[0]) : NULL, lo, hi;
    bounds(op->kind == GRAPH_RELU    ? GRAPH_ACT_RELU
           : op->kind == GRAPH_RELU6 ? GRAPH_ACT_RELU6
                                     : GRAPH_ACT_RELU_N1_TO_1,
           &lo, &hi);
    size_t n = grad_elements(g->graph, op->out);
    for (size_t i = 0; i < n; i++) {
        if (op->kind == GRAPH_HARD_SWISH) {
            if (!gy)
                out[i] = x[i] * fminf(fmaxf(x[i] + 3, 0), 6) / 6;
            else
                gx[i] += gy[i] * hard_swish_slope(x[i]);
        } else if (op->kind == GRAPH_LOGISTIC) {
            if (!gy)
                out[i] = 1 / (1 + expf(-x[i]));
            else
                gx[i] += gy[i] * y[i] * (1 - y[i]);
        } else if (!gy) {
            out[i] = fminf(fmaxf(x[i], lo), hi);
        } else if (x[i] > lo && x[i] < hi) {
            gx[i] += gy[i];
        }
    }
}

/* ---- all of it ---------------------------------------------------------------------------- */

static bool has_derivative(GraphKind kind)
{
    return kind == GRAPH_CONV || kind == GRAPH_DWCONV || kind == GRAPH_ADD || kind == GRAPH_SUB ||
           kind == GRAPH_MUL || kind == GRAPH_AVERAGE_POOL || kind == GRAPH_MEAN ||
           kind == GRAPH_HARD_SWISH || kind == GRAPH_LOGISTIC || kind == GRAPH_RELU ||
           kind == GRAPH_RELU6 || kind == GRAPH_RELU_N1_TO_1;
}

static void add_param(Grad *g, int tensor, bool bias)
{
    if (tensor < 0 || g->param_of[tensor] >= 0)
        return;
    GradParam p = {.tensor = tensor, .bias = bias, .n = grad_elements(g->graph, tensor)};
    p.value = g_memdup2(g->graph->tensors[tensor].data, p.n * sizeof(float));
    p.gradient = g_new0(float, p.n);
    p.speed = g_new0(float, p.n);
    g->param_of[tensor] = (int)g->params->len;
    g_array_append_val(g->params, p);
}

static void clear_param(void *data)
{
    GradParam *p = data;
    g_free(p->value);
    g_free(p->gradient);
    g_free(p->speed);
}

static void add_tensor(Grad *g, int tensor)
{
    size_t n = grad_elements(g->graph, tensor);
    g_free(g->value[tensor]);
    g_free(g->gradient[tensor]);
    g->value[tensor] = g_new0(float, n);
    g->gradient[tensor] = g_new0(float, n);
}

static bool add_op(Grad *g, const GraphOp *op, GError **error)
{
    const GraphTensor *out = &g->graph->tensors[op->out];
    if (!has_derivative(op->kind) || out->type != NN_F32) {
        g_set_error(error, NN_ERROR, NN_ERROR_UNSUPPORTED, "op %d %s on %s: cannot be fine-tuned%s",
                    op->file_index, op->op_name, graph_type_name(out->type),
                    out->type == NN_F32 ? "" : "; a float32 model is needed");
        return false;
    }
    add_tensor(g, root_of(g->graph, op->out));
    if (op->kind == GRAPH_CONV || op->kind == GRAPH_DWCONV) {
        add_param(g, op->in[1], false);
        add_param(g, op->n_in > 2 ? op->in[2] : -1, true);
    }
    return true;
}

void grad_free(Grad *g)
{
    if (!g)
        return;
    for (int i = 0; i < g->graph->n_tensors; i++) {
        g_free(g->value[i]);
        g_free(g->gradient[i]);
    }
    g_free(g->value);
    g_free(g->gradient);
    g_free(g->param_of);
    g_array_unref(g->params);
    g_free(g);
}

Grad *grad_new(const NnGraph *graph, int from, int to, GError **error)
{
    Grad *g = g_new0(Grad, 1);
    size_t n = (size_t)graph->n_tensors;
    g->graph = graph;
    g->from = from;
    g->to = to;
    g->value = g_new0(float *, n);
    g->gradient = g_new0(float *, n);
    g->param_of = g_new(int, n);
    g->params = g_array_new(FALSE, FALSE, sizeof(GradParam));
    g_array_set_clear_func(g->params, clear_param);
    for (size_t i = 0; i < n; i++)
        g->param_of[i] = -1;
    for (int i = 0; i < graph->n_ops; i++) {
        if (root_of(graph, graph->ops[i].out) == from)
            g->first = i + 1;
        if (root_of(graph, graph->ops[i].out) == to)
            g->last = i;
    }
    add_tensor(g, from);
    for (int i = g->first; i <= g->last; i++)
        if (!add_op(g, &graph->ops[i], error)) {
            grad_free(g);
            return NULL;
        }
    return g;
}

static void forward(const Grad *g, const GraphOp *op)
{
    float *out = g->value[root_of(g->graph, op->out)];
    switch (op->kind) {
    case GRAPH_CONV:
        conv_forward(g, op, out);
        break;
    case GRAPH_DWCONV:
        dwconv_forward(g, op, out);
        break;
    case GRAPH_AVERAGE_POOL:
        pool_forward(g, op, out);
        break;
    case GRAPH_MEAN:
        mean_forward(g, op, out);
        break;
    case GRAPH_ADD:
    case GRAPH_SUB:
    case GRAPH_MUL:
        binary(g, op, out, NULL);
        break;
    default:
        unary(g, op, out, NULL);
    }
    apply(op->act, out, grad_elements(g->graph, op->out));
}

static void backward(const Grad *g, const GraphOp *op)
{
    int root = root_of(g->graph, op->out);
    float *gy = g->gradient[root];
    undo(op->act, g->value[root], gy, grad_elements(g->graph, op->out));
    switch (op->kind) {
    case GRAPH_CONV:
        conv_backward(g, op, gy);
        break;
    case GRAPH_DWCONV:
        dwconv_backward(g, op, gy);
        break;
    case GRAPH_AVERAGE_POOL:
        pool_backward(g, op, gy);
        break;
    case GRAPH_MEAN:
        mean_backward(g, op, gy);
        break;
    case GRAPH_ADD:
    case GRAPH_SUB:
    case GRAPH_MUL:
        binary(g, op, NULL, gy);
        break;
    default:
        unary(g, op, NULL, gy);
    }
}

void grad_forward(Grad *g, const float *in)
{
    memcpy(g->value[g->from], in, sizeof *in * grad_elements(g->graph, g->from));
    for (int i = g->first; i <= g->last; i++)
        forward(g, &g->graph->ops[i]);
}

void grad_backward(Grad *g, const float *out_gradient)
{
    for (int i = 0; i < g->graph->n_tensors; i++)
        if (g->gradient[i])
            memset(g->gradient[i], 0, sizeof(float) * grad_elements(g->graph, i));
    memcpy(g->gradient[g->to], out_gradient, sizeof *out_gradient * grad_elements(g->graph, g->to));
    for (int i = g->last; i >= g->first; i--)
        backward(g, &g->graph->ops[i]);
}

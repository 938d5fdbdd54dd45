/* SPDX-License-Identifier: MIT */
/* nn.c - the public API in life-cycle order: file -> graph -> model -> plan -> net -> picture ->
 * run. The work is done elsewhere; this file reads like a table of contents. */
#include "net.h"

#include "cpu.h"

#include <gio/gio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

G_DEFINE_QUARK(nn - error - quark, nn_error)

/* ---- model -------------------------------------------------------------------------------- */

static NnTensorInfo tensor_info(const GraphTensor *t)
{
    NnTensorInfo info = {.name = t->name, .type = t->type, .n_dims = t->n_dims, .bytes = t->bytes};
    memcpy(info.dims, t->dims, sizeof info.dims);
    if (t->n_scales) {
        info.scale = t->scale[0];
        info.zero = t->zero[0];
    }
    return info;
}

/* Does the graph end in probabilities? Looks through what only changes their form. */
static bool ends_in_probability(const NnGraph *graph)
{
    int wanted = graph->output;
    for (int i = graph->n_ops - 1; i >= 0; i--) {
        const GraphOp *op = &graph->ops[i];
        if (graph->tensors[wanted].alias >= 0)
            wanted = graph->tensors[wanted].alias;
        if (op->out != wanted)
            continue;
        if (op->kind != GRAPH_QUANTIZE && op->kind != GRAPH_DEQUANTIZE && op->kind != GRAPH_RESHAPE)
            return op->kind == GRAPH_SOFTMAX || op->kind == GRAPH_LOGISTIC;
        wanted = op->in[0];
    }
    return false;
}

NnModel *nn_model_new_from_bytes(GBytes *bytes, GError **error)
{
    g_return_val_if_fail(bytes, NULL);
    size_t size;
    const uint8_t *data = g_bytes_get_data(bytes, &size);
    NnGraph *graph = tflite_read(data, size, error);
    if (!graph)
        return NULL;

    /* The ends are described as the file has them, before the passes make them int8. */
    NnTensorInfo input, output;
    bool ok = graph_check(graph, error);
    if (ok) {
        input = tensor_info(&graph->tensors[graph->input]);
        output = tensor_info(&graph->tensors[graph->output]);
        ok = graph_passes(graph, error);
    }
    if (!ok) {
        graph_free(graph);
        return NULL;
    }

    NnModel *model = g_new0(NnModel, 1);
    g_atomic_ref_count_init(&model->refs);
    model->bytes = g_bytes_ref(bytes);
    model->graph = graph;
    model->input = input;
    model->output = output;
    model->n_classes = (int)(output.bytes / graph_type_size(output.type));
    model->output_is_probability = ends_in_probability(graph);
    graph->embedding = graph_embedding(graph);
    return model;
}

static GBytes *map_file(const char *path, GError **error)
{
    if (g_file_test(path, G_FILE_TEST_EXISTS) && !g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        g_set_error(error, NN_ERROR, NN_ERROR_OPEN, "%s is not a file",
                    g_file_test(path, G_FILE_TEST_IS_DIR) ? "a folder" : "a device or pipe");
        return NULL;
    }
    GError *why = NULL;
    GMappedFile *file = g_mapped_file_new(path, FALSE, &why);
    if (!file) {
        bool missing = g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
                       g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOTDIR);
        if (missing)
            g_set_error_literal(error, NN_ERROR, NN_ERROR_NOT_FOUND, "no such file");
        else
            g_set_error(error, NN_ERROR, NN_ERROR_OPEN, "cannot be read (%s)", why->message);
        g_error_free(why);
        return NULL;
    }
    GBytes *bytes = g_mapped_file_get_bytes(file);
    g_mapped_file_unref(file);
    return bytes;
}

NnModel *nn_model_new_from_file(const char *path, GError **error)
{
    g_return_val_if_fail(path, NULL);
    NnModel *model = NULL;
    GBytes *bytes = map_file(path, error);
    if (bytes) {
        model = nn_model_new_from_bytes(bytes, error);
        g_bytes_unref(bytes);
    }
    if (model) {
        model->path = g_strdup(path);
        model->mapped = true;
    } else {
        g_prefix_error(error, "%s: ", path);
    }
    return model;
}

NnModel *nn_model_ref(NnModel *model)
{
    g_atomic_ref_count_inc(&model->refs);
    return model;
}

void nn_model_unref(NnModel *model)
{
    if (!model || !g_atomic_ref_count_dec(&model->refs))
        return;
    graph_free(model->graph);
    g_bytes_unref(model->bytes);
    g_free(model->path);
    g_free(model);
}

const char *nn_model_path(const NnModel *model)
{
    return model->path;
}

const char *nn_model_name(const NnModel *model)
{
    return model->graph->name ? model->graph->name : "";
}

const NnTensorInfo *nn_model_input(const NnModel *model)
{
    return &model->input;
}

const NnTensorInfo *nn_model_output(const NnModel *model)
{
    return &model->output;
}

int nn_model_n_classes(const NnModel *model)
{
    return model->n_classes;
}

const char *const *nn_model_labels(const NnModel *model)
{
    return (const char *const *)model->graph->labels;
}

const char *const *nn_model_wnids(const NnModel *model)
{
    return (const char *const *)model->graph->wnids;
}

/* ---- net ---------------------------------------------------------------------------------- */

unsigned nn_cpu_flags(void)
{
    static gsize once;
    static unsigned flags;
    if (g_once_init_enter(&once)) {
        const char *mask = g_getenv("NN_CPU");
        flags = mask ? cpu_detect() & cpu_parse(mask) : cpu_default();
        g_once_init_leave(&once, 1);
    }
    return flags;
}

static int choose_threads(int asked, GError **error)
{
    const char *env = g_getenv("NN_THREADS");
    int threads = asked;
    if (!threads && env && *env)
        threads = atoi(env);
    else if (!threads)
        threads = (int)MIN(g_get_num_processors(), 4);
    if (threads >= 1 && threads <= 64)
        return threads;
    if (asked)
        g_set_error(error, NN_ERROR, NN_ERROR_ARGUMENT,
                    "%d threads asked for; 1 to 64 are possible, 0 chooses", asked);
    else
        g_set_error(error, NN_ERROR, NN_ERROR_ARGUMENT,
                    "NN_THREADS=%s in the environment is not a number from 1 to 64", env);
    return 0;
}

static bool choose_precision(NnPrecision *precision, GError **error)
{
    static const char *const words[] = {"auto", "fp32", "fp16"};
    const char *env = g_getenv("NN_PRECISION");
    if (*precision != NN_PRECISION_AUTO || !env || !*env)
        return true;
    for (int i = 0; i < (int)G_N_ELEMENTS(words); i++)
        if (!strcmp(env, words[i])) {
            *precision = (NnPrecision)i;
            return true;
        }
    g_set_error(error, NN_ERROR, NN_ERROR_ARGUMENT,
                "NN_PRECISION=%s in the environment is none of auto, fp32, fp16", env);
    return false;
}

/* A net has packed what it needs of the file, whose pages need not stay in memory: those that
 * another net wants come back from the file. */
static void release_pages(const NnModel *model)
{
    size_t bytes, page = (size_t)sysconf(_SC_PAGESIZE);
    const void *data = g_bytes_get_data(model->bytes, &bytes);
    if (model->mapped)
        madvise((void *)data, (bytes + page - 1) / page * page, MADV_DONTNEED);
}

NnNet *nn_net_new(NnModel *model, const NnOptions *options, GError **error)
{
    g_return_val_if_fail(model, NULL);
    NnOptions chosen = NN_OPTIONS_INIT;
    if (options)
        chosen = *options;
    options = &chosen;
    if (!choose_precision(&chosen.precision, error))
        return NULL;
    int threads = choose_threads(options->threads, error);
    if (!threads)
        return NULL;
    unsigned cpu = options->cpu & nn_cpu_flags();
    Plan *plan = plan_new(model->graph, options, threads, cpu, error);
    if (!plan) {
        if (model->path)
            g_prefix_error(error, "%s: ", model->path);
        return NULL;
    }
    NnNet *net = g_new0(NnNet, 1);
    release_pages(model);
    net->model = nn_model_ref(model);
    net->plan = plan;
    net->cpu = cpu;
    net->mean = options->mean;
    net->std = options->std;
    return net;
}

void nn_net_free(NnNet *net)
{
    if (!net)
        return;
    image_plan_free(net->image);
    plan_free(net->plan);
    nn_model_unref(net->model);
    g_free(net);
}

NnModel *nn_net_model(const NnNet *net)
{
    return net->model;
}

int nn_net_threads(const NnNet *net)
{
    return pool_threads(net->plan->pool);
}

uint64_t nn_net_cpu_time(const NnNet *net)
{
    return pool_cpu_time(net->plan->pool);
}

/* ---- picture ------------------------------------------------------------------------------ */

/* How a byte of channel c becomes a value of the input tensor: byte * mul + add. */
static void normalisation(const NnNet *net, int c, float *mul, float *add)
{
    const NnGraph *graph = net->model->graph;
    const NnTensorInfo *in = &net->model->input;
    double mean = 127.5, std = 127.5;
    bool stated = true;
    if (net->std > 0) {
        mean = net->mean;
        std = net->std;
    } else if (graph->has_norm) {
        int i = c < graph->n_norm ? c : 0;
        mean = graph->mean[i];
        std = graph->std[i];
    } else {
        stated = false;
    }
    double m = 1 / std, a = -mean / std;
    if (in->type != NN_F32) {
        double byte_zero = in->type == NN_S8 ? -128 : 0;
        m /= in->scale;
        a = a / in->scale + in->zero;
        /* Quantised inputs are meant to take the picture's byte as it is. Metadata says the same
         * in numbers that were rounded on the way, so up to one step apart counts as equal. */
        bool same = fabs(a - byte_zero) <= 1 && fabs(255 * m + a - (255 + byte_zero)) <= 1;
        if (!stated || same) {
            m = 1;
            a = byte_zero;
        }
    }
    *mul = (float)m;
    *add = (float)a;
}

bool nn_net_set_image_format(NnNet *net, const NnImageFormat *format, GError **error)
{
    g_return_val_if_fail(net && format, false);
    const NnTensorInfo *in = &net->model->input;
    int dims[4];
    graph_dims4(&net->model->graph->tensors[net->model->graph->input], dims);
    if (in->n_dims < 3 || dims[0] != 1 || (dims[3] != 3 && dims[3] != 1)) {
        g_set_error(error, NN_ERROR, NN_ERROR_UNSUPPORTED,
                    "the model's input (%d dimensions, %d channels) is not a picture: "
                    "[1, height, width, 3] or [1, height, width, 1] is needed",
                    in->n_dims, dims[3]);
        return false;
    }
    ImageTarget target = {
        .width = dims[2], .height = dims[1], .channels = dims[3], .type = in->type};
    for (int c = 0; c < dims[3]; c++)
        normalisation(net, c, &target.mul[c], &target.add[c]);

    const char *why = NULL;
    ImagePlan *image = image_plan_new(format, &target, &why);
    if (!image) {
        g_set_error(error, NN_ERROR, NN_ERROR_ARGUMENT, "%dx%d %s picture: %s", format->width,
                    format->height, nn_pixels_name(format->pixels), why);
        return false;
    }
    image_plan_free(net->image);
    net->image = image;
    return true;
}

void nn_net_set_image(NnNet *net, const void *const planes[], const int strides[])
{
    g_return_if_fail(net->image);
    image_plan_run(net->image, planes, strides, net->plan->input, net->cpu);
}

static float element_of(const void *tensor, NnType type, size_t i)
{
    if (type == NN_F32)
        return ((const float *)tensor)[i];
    return type == NN_S8 ? (float)((const int8_t *)tensor)[i] : (float)((const uint8_t *)tensor)[i];
}

void nn_net_get_image(const NnNet *net, const void *input, uint8_t *pixels)
{
    g_return_if_fail(net->image); /* only pictures have 1 or 3 channels */
    const NnTensorInfo *in = &net->model->input;
    int dims[4];
    graph_dims4(&net->model->graph->tensors[net->model->graph->input], dims);
    size_t n = (size_t)dims[1] * (size_t)dims[2] * (size_t)dims[3];
    float mul[4] = {0}, add[4] = {0};
    for (int c = 0; c < dims[3]; c++)
        normalisation(net, c, &mul[c], &add[c]);
    if (!input)
        input = net->plan->input;
    for (size_t i = 0; i < n; i++) {
        size_t c = i % (size_t)dims[3];
        float byte = (element_of(input, in->type, i) - add[c]) / mul[c];
        pixels[i] = (uint8_t)CLAMP(lrintf(byte), 0, 255);
    }
}

/* ---- run ---------------------------------------------------------------------------------- */

void *nn_net_input(NnNet *net)
{
    return net->plan->input;
}

void nn_net_run(NnNet *net)
{
    plan_run(net->plan);
}

const void *nn_net_output(const NnNet *net)
{
    return net->plan->output;
}

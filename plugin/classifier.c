/* SPDX-License-Identifier: MIT */
/* classifier.c - model file -> ready net; video frame -> picture in the net; nn errors -> bus. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <gio/gio.h>
#include <glib/gstdio.h>

#include "classifier.h"
#include "modelcache.h"

/* ---- load --------------------------------------------------------------------------------- */

static void read_names(Classifier *classifier, const gchar *labels_file)
{
    NnLabels *labels = nn_labels_new(classifier->model, labels_file, &classifier->warning);

    classifier->names = g_new(const gchar *, classifier->n_classes);
    for (guint i = 0; i < classifier->n_classes; i++) {
        gchar *name = labels != NULL ? g_utf8_make_valid(nn_labels_get(labels, (int)i), -1)
                                     : g_strdup_printf("class %u", i);

        classifier->names[i] = g_intern_string(name);
        g_free(name);
    }
    if (labels != NULL && nn_labels_warning(labels) != NULL)
        classifier->warning =
            g_error_new_literal(NN_ERROR, NN_ERROR_ARGUMENT, nn_labels_warning(labels));
    nn_labels_free(labels);
}

/* What would go wrong at the first frame must go wrong when the model is loaded: an input that is
 * no picture, an answer that is no number. The pages are touched on the way. */
static gboolean try_once(Classifier *classifier, GError **error)
{
    enum { SIDE = 64 };
    NnImageFormat any = {.pixels = NN_PIXELS_GRAY8, .width = SIDE, .height = SIDE};
    guint8 grey[SIDE * SIDE];
    const void *planes[] = {grey};
    const int strides[] = {SIDE};
    gint64 start = g_get_monotonic_time();

    if (!nn_net_set_image_format(classifier->net, &any, error)) {
        g_prefix_error(error, "%s: ", classifier->path);
        return FALSE;
    }
    memset(grey, 128, sizeof grey);
    nn_net_set_image(classifier->net, planes, strides);
    classifier_run(classifier);
    classifier->trial_time = (GstClockTime)(g_get_monotonic_time() - start) * GST_USECOND;
    for (guint i = 0; i < classifier->n_classes; i++) {
        if (isfinite(classifier->scores[i]))
            continue;
        g_set_error(error, NN_ERROR, NN_ERROR_CORRUPT,
                    "%s: tried on a grey picture, the model gives class %u a score that is not a "
                    "number; its weights are damaged, export or fetch it again",
                    classifier->path, i);
        return FALSE;
    }
    return TRUE;
}

void classifier_free(Classifier *classifier)
{
    if (classifier == NULL)
        return;
    nn_net_free(classifier->net);
    model_cache_release(classifier->model);
    smoother_free(classifier->smoother);
    g_free(classifier->path);
    g_free(classifier->names);
    g_free(classifier->scores);
    g_clear_error(&classifier->warning);
    g_free(classifier);
}

Classifier *classifier_new(const gchar *model_file, const gchar *labels_file, gint threads,
                           GError **error)
{
    Classifier *classifier = g_new0(Classifier, 1);
    NnOptions options = NN_OPTIONS_INIT;
    gint64 start = g_get_monotonic_time();

    options.threads = threads;
    classifier->model = model_cache_get(model_file, &classifier->path, error);
    if (classifier->model != NULL)
        classifier->net = nn_net_new(classifier->model, &options, error);
    if (classifier->net == NULL) {
        classifier_free(classifier);
        return NULL;
    }
    classifier->n_classes = (guint)nn_model_n_classes(classifier->model);
    classifier->scores = g_new0(gfloat, classifier->n_classes);
    if (!try_once(classifier, error)) {
        classifier_free(classifier);
        return NULL;
    }
    classifier->smoother = smoother_new(classifier->n_classes);
    read_names(classifier, labels_file);
    classifier->load_time = (GstClockTime)(g_get_monotonic_time() - start) * GST_USECOND;
    return classifier;
}

gboolean classifier_check(const gchar *model_file, GError **error)
{
    if (model_file != NULL && g_str_has_prefix(model_file, MODEL_CACHE_RESOURCE))
        return TRUE; /* in memory: loading it is as quick as looking */

    gchar *path = nn_model_find(model_file, error);
    gboolean readable = FALSE;

    if (path == NULL)
        return FALSE;
    if (g_access(path, R_OK) == 0)
        readable = TRUE;
    else if (errno == ENOENT || errno == ENOTDIR)
        g_set_error(
            error, NN_ERROR, NN_ERROR_NOT_FOUND,
            "%s: no such file; set model-file to a .tflite file, or leave it out to use the "
            "bundled model",
            path);
    else
        g_set_error(error, NN_ERROR, NN_ERROR_OPEN, "%s: %s; make the file readable", path,
                    g_strerror(errno));
    g_free(path);
    return readable;
}

/* ---- picture ------------------------------------------------------------------------------ */

static NnMatrix matrix_of(const GstVideoInfo *info)
{
    switch (info->colorimetry.matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT601:
        return NN_MATRIX_BT601;
    case GST_VIDEO_COLOR_MATRIX_BT709:
        return NN_MATRIX_BT709;
    case GST_VIDEO_COLOR_MATRIX_FCC:
        return NN_MATRIX_FCC;
    case GST_VIDEO_COLOR_MATRIX_SMPTE240M:
        return NN_MATRIX_SMPTE240M;
    case GST_VIDEO_COLOR_MATRIX_BT2020:
        return NN_MATRIX_BT2020;
    default:
        return NN_MATRIX_UNKNOWN;
    }
}

static NnRange range_of(const GstVideoInfo *info)
{
    switch (info->colorimetry.range) {
    case GST_VIDEO_COLOR_RANGE_0_255:
        return NN_RANGE_FULL;
    case GST_VIDEO_COLOR_RANGE_16_235:
        return NN_RANGE_LIMITED;
    default:
        return NN_RANGE_UNKNOWN;
    }
}

/* The part of the frame that GstVideoCropMeta says is picture; all of it without one. */
static void crop_of(GstBuffer *buffer, NnImageFormat *format)
{
    GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta(buffer);

    if (crop == NULL || crop->width == 0 || crop->height == 0 || crop->x >= (guint)format->width ||
        crop->y >= (guint)format->height)
        return;
    format->roi_x = (int)crop->x;
    format->roi_y = (int)crop->y;
    format->roi_w = (int)MIN(crop->width, (guint)format->width - crop->x);
    format->roi_h = (int)MIN(crop->height, (guint)format->height - crop->y);
}

static gboolean prepare(Classifier *classifier, const GstVideoFrame *frame, NnFit fit,
                        GError **error)
{
    const GstVideoInfo *info = &frame->info;
    NnImageFormat format = {
        .pixels = (NnPixels)nn_pixels_from_name(GST_VIDEO_INFO_NAME(info)),
        .width = GST_VIDEO_INFO_WIDTH(info),
        .height = GST_VIDEO_INFO_HEIGHT(info),
        .matrix = matrix_of(info),
        .range = range_of(info),
        .par_n = GST_VIDEO_INFO_PAR_N(info),
        .par_d = GST_VIDEO_INFO_PAR_D(info),
        .fit = fit,
    };

    crop_of(frame->buffer, &format);
    /* every member is an int or an enum: no padding to compare */
    if (classifier->prepared && memcmp(&format, &classifier->format, sizeof format) == 0)
        return TRUE;
    if (!nn_net_set_image_format(classifier->net, &format, error))
        return FALSE;
    classifier->format = format;
    classifier->prepared = TRUE;
    return TRUE;
}

gboolean classifier_set_picture(Classifier *classifier, GstBuffer *buffer, const GstVideoInfo *info,
                                NnFit fit, GError **error)
{
    GstVideoFrame frame;
    const void *planes[GST_VIDEO_MAX_PLANES] = {NULL};
    int strides[GST_VIDEO_MAX_PLANES] = {0};
    gint64 start = g_get_monotonic_time();

    if (!gst_video_frame_map(&frame, info, buffer, GST_MAP_READ)) {
        g_set_error(
            error, NN_ERROR, NN_ERROR_ARGUMENT,
            "a frame of %dx%d %s cannot be read by the CPU or is shorter than its caps say; "
            "convert or download the video before this element",
            GST_VIDEO_INFO_WIDTH(info), GST_VIDEO_INFO_HEIGHT(info), GST_VIDEO_INFO_NAME(info));
        return FALSE;
    }

    gint64 mapped = g_get_monotonic_time();
    gboolean prepared = prepare(classifier, &frame, fit, error);
    if (prepared) {
        for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES(&frame); i++) {
            planes[i] = GST_VIDEO_FRAME_PLANE_DATA(&frame, i);
            strides[i] = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, i);
        }
        nn_net_set_image(classifier->net, planes, strides);
    }
    gint64 done = g_get_monotonic_time();
    gst_video_frame_unmap(&frame);
    classifier->tensor_time = (GstClockTime)(done - mapped) * GST_USECOND;
    classifier->map_time =
        (GstClockTime)(mapped - start + g_get_monotonic_time() - done) * GST_USECOND;
    return prepared;
}

GstClockTime classifier_thread_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return GST_TIMESPEC_TO_TIME(now);
}

GstClockTime classifier_run(Classifier *classifier)
{
    GstClockTime before = classifier_thread_time() + nn_net_cpu_time(classifier->net);

    nn_net_run(classifier->net);
    nn_net_scores(classifier->net, classifier->scores);
    return classifier_thread_time() + nn_net_cpu_time(classifier->net) - before;
}

GstStructure *classifier_describe(const Classifier *classifier)
{
    const NnTensorInfo *input = nn_model_input(classifier->model);
    gint n = input->n_dims; /* height, width, channels are the last three */

    /* clang-format off */
    return gst_structure_new("mobilenet-model",
        "path", G_TYPE_STRING, classifier->path,
        "name", G_TYPE_STRING, nn_model_name(classifier->model),
        "width", G_TYPE_INT, input->dims[n - 2],
        "height", G_TYPE_INT, input->dims[n - 3],
        "channels", G_TYPE_INT, input->dims[n - 1],
        "classes", G_TYPE_INT, (gint)classifier->n_classes,
        "labels-fit", G_TYPE_BOOLEAN, classifier->warning == NULL,
        "threads", G_TYPE_INT, nn_net_threads(classifier->net),
        "load-time", G_TYPE_UINT64, classifier->load_time,
        "inference-time", G_TYPE_UINT64, classifier->trial_time,
        NULL);
    /* clang-format on */
}

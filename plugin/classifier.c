/* SPDX-License-Identifier: MIT */
/* classifier.c - model file -> ready net; video frame -> picture in the net; nn errors -> bus. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "classifier.h"

/* ---- load --------------------------------------------------------------------------------- */

static void read_names(Classifier *classifier, NnModel *model, const gchar *labels_file)
{
    NnLabels *labels = nn_labels_new(model, labels_file, &classifier->warning);

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

/* A model whose input is no picture must fail when it is loaded, not at the first frame. */
static gboolean takes_pictures(const Classifier *classifier, GError **error)
{
    NnImageFormat any = {.pixels = NN_PIXELS_RGB, .width = 64, .height = 64};

    if (nn_net_set_image_format(classifier->net, &any, error))
        return TRUE;
    g_prefix_error(error, "%s: ", classifier->path);
    return FALSE;
}

void classifier_free(Classifier *classifier)
{
    if (classifier == NULL)
        return;
    nn_net_free(classifier->net);
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
    NnModel *model = NULL;

    options.threads = threads;
    classifier->path = nn_model_find(model_file, error);
    if (classifier->path != NULL)
        model = nn_model_new_from_file(classifier->path, error);
    if (model != NULL)
        classifier->net = nn_net_new(model, &options, error);
    if (classifier->net == NULL || !takes_pictures(classifier, error)) {
        nn_model_unref(model);
        classifier_free(classifier);
        return NULL;
    }

    classifier->n_classes = (guint)nn_model_n_classes(model);
    classifier->smoother = smoother_new(classifier->n_classes);
    classifier->scores = g_new0(gfloat, classifier->n_classes);
    read_names(classifier, model, labels_file);
    nn_model_unref(model);
    return classifier;
}

gboolean classifier_check(const gchar *model_file, GError **error)
{
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

    if (!gst_video_frame_map(&frame, info, buffer, GST_MAP_READ)) {
        g_set_error(
            error, NN_ERROR, NN_ERROR_ARGUMENT,
            "a frame of %dx%d %s cannot be read by the CPU or is shorter than its caps say; "
            "convert or download the video before this element",
            GST_VIDEO_INFO_WIDTH(info), GST_VIDEO_INFO_HEIGHT(info), GST_VIDEO_INFO_NAME(info));
        return FALSE;
    }

    gboolean prepared = prepare(classifier, &frame, fit, error);
    if (prepared) {
        for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES(&frame); i++) {
            planes[i] = GST_VIDEO_FRAME_PLANE_DATA(&frame, i);
            strides[i] = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, i);
        }
        nn_net_set_image(classifier->net, planes, strides);
    }
    gst_video_frame_unmap(&frame);
    return prepared;
}

void classifier_run(Classifier *classifier)
{
    nn_net_run(classifier->net);
    nn_net_scores(classifier->net, classifier->scores);
}

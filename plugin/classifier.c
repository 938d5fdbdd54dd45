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
#include "labelfilter.h"
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
    classifier_run(classifier, 0);
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
    for (guint i = 0; i < RESULT_MAX_REGIONS; i++)
        smoother_free(classifier->slots[i].smoother);
    g_free(classifier->allowed);
    g_free(classifier->inputs);
    g_free(classifier->path);
    g_free(classifier->names);
    g_free(classifier->scores);
    g_clear_error(&classifier->warning);
    g_free(classifier);
}

Classifier *classifier_new(const Settings *settings, GError **error)
{
    Classifier *classifier = g_new0(Classifier, 1);
    NnOptions options = NN_OPTIONS_INIT;
    gint64 start = g_get_monotonic_time();

    options.threads = settings->threads;
    options.precision = (NnPrecision)settings->precision;
    options.keep_embedding = TRUE;
    classifier->model = model_cache_get(settings->model_file, &classifier->path, error);
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
    classifier->allowed = g_malloc(classifier->n_classes);
    memset(classifier->allowed, 1, classifier->n_classes);
    classifier->smoother = smoother_new(classifier->n_classes);
    smoother_allow(classifier->smoother, classifier->allowed);
    read_names(classifier, settings->labels_file);
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

/* The part of the frame that GstVideoCropMeta says is picture, all of it without one; and of that
 * part the region of interest. */
static void choose_part(GstBuffer *buffer, const Roi *roi, NnImageFormat *format)
{
    GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta(buffer);
    gint x = 0, y = 0, w = format->width, h = format->height, box[4];

    if (crop != NULL && crop->width > 0 && crop->height > 0 && crop->x < (guint)w &&
        crop->y < (guint)h) {
        x = (gint)crop->x;
        y = (gint)crop->y;
        w = (gint)MIN(crop->width, (guint)w - crop->x);
        h = (gint)MIN(crop->height, (guint)h - crop->y);
    }
    roi_pixels(roi, w, h, box);
    format->roi_x = x + box[0];
    format->roi_y = y + box[1];
    format->roi_w = box[2];
    format->roi_h = box[3];
}

/* A field has every other row: pixels of twice the height. */
static void choose_top_field(NnImageFormat *format)
{
    gint bottom = format->roi_y + format->roi_h;

    format->height = (format->height + 1) / 2;
    format->roi_y = MIN(format->roi_y / 2, format->height - 1);
    format->roi_h = MAX((bottom + 1) / 2 - format->roi_y, 1);
    format->par_n = MAX(format->par_n, 1);
    format->par_d = 2 * MAX(format->par_d, 1);
}

static gboolean prepare(Classifier *classifier, const GstVideoFrame *frame, const Look *look,
                        const Region *region, GError **error)
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
        .fit = look->fit,
        .turn = look->turn,
    };

    if (region != NULL) {
        format.roi_x = region->x;
        format.roi_y = region->y;
        format.roi_w = region->w;
        format.roi_h = region->h;
    } else {
        choose_part(frame->buffer, &look->roi, &format);
    }
    if (GST_VIDEO_FRAME_IS_INTERLACED(frame))
        choose_top_field(&format);
    /* every member is an int or an enum: no padding to compare */
    if (classifier->prepared && memcmp(&format, &classifier->format, sizeof format) == 0)
        return TRUE;
    if (!nn_net_set_image_format(classifier->net, &format, error))
        return FALSE;
    classifier->format = format;
    classifier->prepared = TRUE;
    return TRUE;
}

/* The net has room for one picture: more are kept until it is their turn. */
static void keep_input(Classifier *classifier, guint n)
{
    gsize bytes = nn_model_input(classifier->model)->bytes;

    if (classifier->inputs == NULL)
        classifier->inputs = g_malloc(bytes * RESULT_MAX_REGIONS);
    memcpy(classifier->inputs + n * bytes, nn_net_input(classifier->net), bytes);
}

static gboolean set_pictures(Classifier *classifier, const GstVideoFrame *frame, const Look *look,
                             GError **error)
{
    gint step = GST_VIDEO_FRAME_IS_INTERLACED(frame) ? 2 : 1;
    const void *planes[GST_VIDEO_MAX_PLANES] = {NULL};
    int strides[GST_VIDEO_MAX_PLANES] = {0};

    for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES(frame); i++) {
        planes[i] = GST_VIDEO_FRAME_PLANE_DATA(frame, i);
        strides[i] = step * GST_VIDEO_FRAME_PLANE_STRIDE(frame, i);
    }
    for (guint i = 0; i < MAX(look->n_regions, 1); i++) {
        if (!prepare(classifier, frame, look, look->n_regions > 0 ? &look->regions[i] : NULL,
                     error))
            return FALSE;
        nn_net_set_image(classifier->net, planes, strides);
        if (look->n_regions > 1)
            keep_input(classifier, i);
    }
    classifier->n_kept = look->n_regions > 1 ? look->n_regions : 0;
    return TRUE;
}

gboolean classifier_set_picture(Classifier *classifier, GstBuffer *buffer, const GstVideoInfo *info,
                                const Look *look, GError **error)
{
    GstVideoFrame frame;
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
    gboolean done = set_pictures(classifier, &frame, look, error);
    gint64 end = g_get_monotonic_time();
    gst_video_frame_unmap(&frame);
    classifier->tensor_time = (GstClockTime)(end - mapped) * GST_USECOND;
    classifier->map_time =
        (GstClockTime)(mapped - start + g_get_monotonic_time() - end) * GST_USECOND;
    return done;
}

/* ---- scores ------------------------------------------------------------------------------- */

void classifier_filter(Classifier *classifier, const gchar *show, const gchar *hide)
{
    if (show == classifier->show && hide == classifier->hide)
        return;
    classifier->show = show;
    classifier->hide = hide;
    label_filter(show, hide, classifier->names, classifier->n_classes, classifier->allowed);
}

Smoother *classifier_region_smoother(Classifier *classifier, const Region *region)
{
    Smoother **smoother = &classifier->slots[region->slot].smoother;

    if (*smoother == NULL) {
        *smoother = smoother_new(classifier->n_classes);
        smoother_allow(*smoother, classifier->allowed);
    } else if (classifier->slots[region->slot].track != region->track) {
        smoother_reset(*smoother);
    }
    classifier->slots[region->slot].track = region->track;
    return *smoother;
}

void classifier_start_over(Classifier *classifier)
{
    smoother_reset(classifier->smoother);
    for (guint i = 0; i < RESULT_MAX_REGIONS; i++) {
        if (classifier->slots[i].smoother != NULL)
            smoother_reset(classifier->slots[i].smoother);
    }
}

GstClockTime classifier_thread_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return GST_TIMESPEC_TO_TIME(now);
}

GstClockTime classifier_run(Classifier *classifier, guint n)
{
    GstClockTime before = classifier_thread_time() + nn_net_cpu_time(classifier->net);
    gsize bytes = nn_model_input(classifier->model)->bytes;

    if (n < classifier->n_kept)
        memcpy(nn_net_input(classifier->net), classifier->inputs + n * bytes, bytes);
    nn_net_run(classifier->net);
    nn_net_scores(classifier->net, classifier->scores);
    return classifier_thread_time() + nn_net_cpu_time(classifier->net) - before;
}

void classifier_get_picture(const Classifier *classifier, guint n, guint8 *pixels)
{
    gsize bytes = nn_model_input(classifier->model)->bytes;

    nn_net_get_image(classifier->net,
                     n < classifier->n_kept ? classifier->inputs + n * bytes : NULL, pixels);
}

void classifier_input_size(const Classifier *classifier, gint *width, gint *height, gint *channels)
{
    const NnTensorInfo *input = nn_model_input(classifier->model);
    const int *last = &input->dims[input->n_dims - 3]; /* height, width, channels */

    *height = last[0];
    *width = last[1];
    *channels = last[2];
}

GBytes *classifier_embedding(Classifier *classifier)
{
    gsize bytes = (gsize)nn_model_embedding_size(classifier->model) * sizeof(gfloat);
    gfloat *values = g_malloc(bytes);

    nn_net_embedding(classifier->net, values);
    return g_bytes_new_take(values, bytes);
}

GstStructure *classifier_describe(const Classifier *classifier)
{
    gint width, height, channels;

    classifier_input_size(classifier, &width, &height, &channels);
    /* clang-format off */
    return gst_structure_new("mobilenet-model",
        "path", G_TYPE_STRING, classifier->path,
        "name", G_TYPE_STRING, nn_model_name(classifier->model),
        "width", G_TYPE_INT, width,
        "height", G_TYPE_INT, height,
        "channels", G_TYPE_INT, channels,
        "classes", G_TYPE_INT, (gint)classifier->n_classes,
        "labels-fit", G_TYPE_BOOLEAN, classifier->warning == NULL,
        "threads", G_TYPE_INT, nn_net_threads(classifier->net),
        "load-time", G_TYPE_UINT64, classifier->load_time,
        "inference-time", G_TYPE_UINT64, classifier->trial_time,
        NULL);
    /* clang-format on */
}

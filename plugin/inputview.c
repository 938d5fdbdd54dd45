/* SPDX-License-Identifier: MIT */
/* inputview.c - the input tensor as bytes of a picture, to a pad and through Cairo to a file. */
#include <errno.h>
#include <string.h>
#include <cairo.h>
#include <glib/gstdio.h>

#include "bus.h"
#include "inputview.h"

void input_view_init(InputView *view, GstElement *element)
{
    view->file = NULL;
    side_pad_init(&view->side, element);
}

void input_view_clear(InputView *view)
{
    side_pad_clear(&view->side);
}

/* ---- file --------------------------------------------------------------------------------- */

typedef struct {
    const gchar *path;
    gint width, height, channels;
    GstClockTime timestamp;
    guint8 pixels[];
} Picture;

static cairo_status_t paint(const Picture *picture, const gchar *path)
{
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, picture->width, picture->height);
    cairo_status_t status = cairo_surface_status(surface);
    const guint8 *from = picture->pixels;

    for (gint y = 0; status == CAIRO_STATUS_SUCCESS && y < picture->height; y++) {
        guint8 *row = cairo_image_surface_get_data(surface) +
                      (gsize)y * (gsize)cairo_image_surface_get_stride(surface);

        for (gint x = 0; x < picture->width; x++, from += picture->channels) {
            guint32 pixel = (guint32)from[0] << 16 | (guint32)from[picture->channels / 2] << 8 |
                            from[picture->channels - 1];

            memcpy(row + 4 * x, &pixel, 4);
        }
    }
    if (status == CAIRO_STATUS_SUCCESS) {
        cairo_surface_mark_dirty(surface);
        status = cairo_surface_write_to_png(surface, path);
    }
    cairo_surface_destroy(surface);
    return status;
}

/* On a thread of its own. Whoever waits for the file sees all of it or nothing. */
static void write_file(GstElement *element, gpointer data)
{
    const Picture *picture = data;
    gchar *part = g_strconcat(picture->path, ".part", NULL);
    cairo_status_t status = paint(picture, part);

    if (status == CAIRO_STATUS_SUCCESS && g_rename(part, picture->path) == 0) {
        gst_element_post_message(
            element, gst_message_new_element(
                         GST_OBJECT(element),
                         gst_structure_new("mobilenet-debug-input", "path", G_TYPE_STRING,
                                           picture->path, "width", G_TYPE_INT, picture->width,
                                           "height", G_TYPE_INT, picture->height, "timestamp",
                                           G_TYPE_UINT64, picture->timestamp, NULL)));
    } else {
        GError *error = g_error_new(
            NN_ERROR, NN_ERROR_ARGUMENT,
            "debug-input: %s: cannot be written (%s); name a file in a folder that is there and "
            "may be written to",
            picture->path,
            status != CAIRO_STATUS_SUCCESS ? cairo_status_to_string(status) : g_strerror(errno));

        g_unlink(part);
        bus_post_warning(element, error);
        g_error_free(error);
    }
    g_free(part);
}

/* The file that is asked for, once. */
static const gchar *take_file(InputView *view)
{
    GST_OBJECT_LOCK(view->side.element);
    const gchar *file = view->file;
    view->file = NULL;
    GST_OBJECT_UNLOCK(view->side.element);
    return file;
}

static void save(InputView *view, const gchar *path, const Classifier *classifier, GstBuffer *frame)
{
    gint width, height, channels;

    classifier_input_size(classifier, &width, &height, &channels);
    Picture *picture = g_malloc(sizeof *picture + (gsize)width * (gsize)height * (gsize)channels);
    *picture = (Picture){path, width, height, channels, GST_BUFFER_PTS(frame)};
    classifier_get_picture(classifier, 0, picture->pixels);
    gst_element_call_async(view->side.element, write_file, picture, g_free);
}

/* ---- pad ---------------------------------------------------------------------------------- */

static GstCaps *caps_of(gint width, gint height, gint channels)
{
    return gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING,
                               channels == 3 ? "RGB" : "GRAY8", "width", G_TYPE_INT, width,
                               "height", G_TYPE_INT, height, "framerate", GST_TYPE_FRACTION, 0, 1,
                               "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
}

/* Rows of raw video end on a multiple of four bytes. */
static GstBuffer *picture_buffer(const Classifier *classifier, guint n, gint width, gint height,
                                 gint channels)
{
    gsize row = (gsize)width * (gsize)channels, stride = GST_ROUND_UP_4(row);
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, stride * (gsize)height, NULL);
    GstMapInfo map;

    if (buffer == NULL || !gst_buffer_map(buffer, &map, GST_MAP_WRITE)) {
        gst_clear_buffer(&buffer);
        return NULL;
    }
    classifier_get_picture(classifier, n, map.data);
    for (gint y = height - 1; y > 0 && stride != row; y--)
        memmove(map.data + (gsize)y * stride, map.data + (gsize)y * row, row);
    gst_buffer_unmap(buffer, &map);
    return buffer;
}

static void send(InputView *view, const GstSegment *segment, const Classifier *classifier, guint n,
                 GstBuffer *frame)
{
    gint width, height, channels;

    classifier_input_size(classifier, &width, &height, &channels);
    GstCaps *caps = caps_of(width, height, channels);
    for (guint i = 0; i < n; i++) {
        GstBuffer *buffer = picture_buffer(classifier, i, width, height, channels);

        if (buffer == NULL)
            continue;
        gst_buffer_copy_into(buffer, frame, GST_BUFFER_COPY_TIMESTAMPS, 0, (gsize)-1);
        side_pad_push(&view->side, caps, segment, buffer);
    }
    gst_caps_unref(caps);
}

void input_view_show(InputView *view, const GstSegment *segment, const Classifier *classifier,
                     guint n, GstBuffer *frame)
{
    const gchar *path = take_file(view);

    if (path != NULL)
        save(view, path, classifier, frame);
    if (side_pad_wanted(&view->side) && segment->format == GST_FORMAT_TIME)
        send(view, segment, classifier, n, frame);
}

/* SPDX-License-Identifier: MIT */
/* bus.c - errors of the runtime as GStreamer errors; results as messages. */
#include "bus.h"
#include "nn.h"

static void bus_error_of(const GError *error, GQuark *domain, gint *code)
{
    static const struct {
        gboolean stream;
        gint code;
    } table[] = {
        [NN_ERROR_NOT_FOUND] = {FALSE, GST_RESOURCE_ERROR_NOT_FOUND},
        [NN_ERROR_OPEN] = {FALSE, GST_RESOURCE_ERROR_OPEN_READ},
        [NN_ERROR_FORMAT] = {TRUE, GST_STREAM_ERROR_WRONG_TYPE},
        [NN_ERROR_CORRUPT] = {TRUE, GST_STREAM_ERROR_DECODE},
        [NN_ERROR_UNSUPPORTED] = {TRUE, GST_STREAM_ERROR_FORMAT},
        [NN_ERROR_LIMIT] = {FALSE, GST_RESOURCE_ERROR_FAILED},
        [NN_ERROR_ARGUMENT] = {FALSE, GST_RESOURCE_ERROR_SETTINGS},
    };

    *domain = GST_RESOURCE_ERROR;
    *code = GST_RESOURCE_ERROR_FAILED;
    if (error->domain != NN_ERROR || error->code < 0 || error->code >= (gint)G_N_ELEMENTS(table))
        return;
    *domain = table[error->code].stream ? GST_STREAM_ERROR : GST_RESOURCE_ERROR;
    *code = table[error->code].code;
}

static void post(GstElement *element, GstMessageType type, const GError *error)
{
    GQuark domain;
    gint code;

    bus_error_of(error, &domain, &code);
    gst_element_message_full(element, type, domain, code, g_strdup(error->message), NULL, __FILE__,
                             __func__, __LINE__);
}

void bus_post_error(GstElement *element, const GError *error)
{
    post(element, GST_MESSAGE_ERROR, error);
}

void bus_post_warning(GstElement *element, const GError *error)
{
    post(element, GST_MESSAGE_WARNING, error);
}

void bus_post_model_error(GstElement *element, const gchar *model_file, const GError *error)
{
    if (model_file == NULL && g_error_matches(error, NN_ERROR, NN_ERROR_NOT_FOUND))
        GST_ELEMENT_ERROR(element, RESOURCE, SETTINGS, ("%s", error->message),
                          ("model-file is not set and there is no bundled model"));
    else
        bus_post_error(element, error);
}

void bus_post_result(GstElement *element, const Result *result, gboolean changed)
{
    GstStructure *structure = result_to_structure(result, "mobilenet");

    gst_structure_set(structure, "changed", G_TYPE_BOOLEAN, changed, NULL);
    gst_element_post_message(element, gst_message_new_element(GST_OBJECT(element), structure));
}

void bus_post_qos(GstElement *element, gboolean live, const Result *frame, GstClockTimeDiff jitter,
                  gdouble proportion, guint64 processed, guint64 dropped)
{
    GstMessage *message =
        gst_message_new_qos(GST_OBJECT(element), live, frame->running_time, frame->stream_time,
                            frame->timestamp, frame->duration);

    gst_message_set_qos_values(message, jitter, proportion, 1000000);
    gst_message_set_qos_stats(message, GST_FORMAT_BUFFERS, processed, dropped);
    gst_element_post_message(element, message);
}

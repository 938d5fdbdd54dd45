/* SPDX-License-Identifier: MIT */
/* report.c - what goes wrong, on standard error. GStreamer says what and where; the mend for faults
 * of the machine is added here. */
#include <stdio.h>
#include <string.h>

#include "report.h"

/* Mends for errors of other people's elements; ours bring their own. */
static const struct {
    GQuark (*domain)(void);
    int code;
    const char *mend;
} mends[] = {
    {gst_resource_error_quark, GST_RESOURCE_ERROR_BUSY,
     "another program has the camera; close that one first"},
    {gst_resource_error_quark, GST_RESOURCE_ERROR_NOT_AUTHORIZED,
     "not allowed to open it; 'sudo usermod -aG video $USER', then log in again"},
    {gst_resource_error_quark, GST_RESOURCE_ERROR_OPEN_READ_WRITE,
     "is it plugged in, and are you in the group 'video'? --list shows the cameras"},
    {gst_core_error_quark, GST_CORE_ERROR_MISSING_PLUGIN,
     "install gstreamer1.0-plugins-good, -bad or gstreamer1.0-libav"},
    {gst_stream_error_quark, GST_STREAM_ERROR_CODEC_NOT_FOUND,
     "install gstreamer1.0-plugins-bad or gstreamer1.0-libav"},
    {gst_core_error_quark, GST_CORE_ERROR_NEGOTIATION,
     "the parts of the pipeline cannot agree on a format; try ' ! videoconvert' behind the source"},
};

void report(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    fprintf(stderr, "mobilenet-viewer: %s\n", message);
}

void report_parse_error(const GError *error)
{
    report("%s; check --source, and the packages gstreamer1.0-plugins-base, -good and -bad",
           error->message);
}

static const char *find_mend(const GError *error, const GstObject *source)
{
    if (GST_IS_ELEMENT(source) && GST_OBJECT_FLAG_IS_SET(source, GST_ELEMENT_FLAG_SINK) &&
        error->domain == GST_RESOURCE_ERROR)
        return "no window can be opened; is DISPLAY or WAYLAND_DISPLAY right? --headless needs "
               "none";
    for (size_t i = 0; i < G_N_ELEMENTS(mends); i++) {
        if (g_error_matches(error, mends[i].domain(), mends[i].code))
            return mends[i].mend;
    }
    return NULL;
}

void report_message(GstMessage *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *debug = NULL;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING)
        gst_message_parse_warning(message, &error, &debug);
    else
        gst_message_parse_error(message, &error, &debug);
    const char *mend = find_mend(error, GST_MESSAGE_SRC(message));
    report("%s: %s%s%s", GST_OBJECT_NAME(GST_MESSAGE_SRC(message)), error->message,
           mend ? "\n  " : "", mend ? mend : "");
    GST_DEBUG("%s", debug ? debug : "");
}

char *report_text(GstMessage *message)
{
    g_autoptr(GError) error = NULL;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING)
        gst_message_parse_warning(message, &error, NULL);
    else
        gst_message_parse_error(message, &error, NULL);
    const char *mend = find_mend(error, GST_MESSAGE_SRC(message));
    g_autofree char *text = g_strdup(error->message);
    size_t length = strlen(text);
    if (length && text[length - 1] == '.')
        text[length - 1] = '\0';
    return g_strdup_printf("%s%s%s", text, mend ? "; " : "", mend ? mend : "");
}

bool report_is_closed_window(GstMessage *message)
{
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(message, &error, NULL);
    return GST_OBJECT_FLAG_IS_SET(GST_MESSAGE_SRC(message), GST_ELEMENT_FLAG_SINK) &&
           g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
}

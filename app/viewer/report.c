/* SPDX-License-Identifier: MIT */
/* report.c - what goes wrong, on standard error. GStreamer says what and where; the mend for faults
 * of the machine is added here. */
#include <stdio.h>
#include <string.h>

#include "report.h"

enum { ANY_CODE = -1 };

/* Who reports it: a camera's element, one that reads from a path or address, whoever. */
typedef enum { BY_CAMERA, BY_PLACE, BY_ANY } By;

/* Mends for errors of other people's elements; ours bring their own. The first that fits. */
static const struct {
    By by;
    GQuark (*domain)(void);
    int code;
    const char *mend;
} mends[] = {
    {BY_CAMERA, gst_resource_error_quark, GST_RESOURCE_ERROR_BUSY,
     "another program has the camera; close that one first"},
    {BY_CAMERA, gst_resource_error_quark, GST_RESOURCE_ERROR_NOT_AUTHORIZED,
     "not allowed to open it; 'sudo usermod -aG video $USER', then log in again"},
    {BY_CAMERA, gst_resource_error_quark, ANY_CODE,
     "is it a camera, is it plugged in, and are you in the group 'video'? --list shows the "
     "cameras"},
    {BY_PLACE, gst_resource_error_quark, GST_RESOURCE_ERROR_NOT_AUTHORIZED,
     "it asks for a name and a password: rtsp://NAME:PASSWORD@HOST/..."},
    {BY_PLACE, gst_resource_error_quark, ANY_CODE,
     "is the path or address right, and does its server answer?"},
    {BY_PLACE, gst_stream_error_quark, GST_STREAM_ERROR_FAILED,
     "is the path or address right, and does its server answer?"},
    {BY_ANY, gst_core_error_quark, GST_CORE_ERROR_MISSING_PLUGIN,
     "install gstreamer1.0-plugins-good, -bad or gstreamer1.0-libav"},
    {BY_ANY, gst_stream_error_quark, GST_STREAM_ERROR_CODEC_NOT_FOUND,
     "install gstreamer1.0-plugins-bad or gstreamer1.0-libav"},
    {BY_ANY, gst_stream_error_quark, GST_STREAM_ERROR_TYPE_NOT_FOUND,
     "is it a video or a picture? gstreamer1.0-libav reads more kinds"},
    {BY_ANY, gst_stream_error_quark, GST_STREAM_ERROR_WRONG_TYPE,
     "it is damaged or cut short, or no video"},
    {BY_ANY, gst_stream_error_quark, ANY_CODE,
     "it is damaged, or its parts cannot agree on a format; GST_DEBUG=3 tells more"},
    {BY_ANY, gst_core_error_quark, GST_CORE_ERROR_NEGOTIATION,
     "the parts of the pipeline cannot agree on a format; try ' ! videoconvert' behind the source"},
};

static By kind_of(const GstObject *object)
{
    GObjectClass *type = G_OBJECT_GET_CLASS(object);
    return g_object_class_find_property(type, "device")     ? BY_CAMERA
           : g_object_class_find_property(type, "location") ? BY_PLACE
                                                            : BY_ANY;
}

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
    if (g_error_matches(error, GST_PARSE_ERROR, GST_PARSE_ERROR_NO_SUCH_ELEMENT))
        report("%s; check --source, and the packages gstreamer1.0-plugins-base, -good and -bad",
               error->message);
    else
        report("%s; --source takes a piece of a gst-launch-1.0 line that ends in raw video, such "
               "as 'v4l2src ! video/x-raw,width=640'",
               error->message);
}

static const char *find_mend(const GError *error, const GstObject *source)
{
    if (GST_IS_ELEMENT(source) && GST_OBJECT_FLAG_IS_SET(source, GST_ELEMENT_FLAG_SINK) &&
        error->domain == GST_RESOURCE_ERROR)
        return "no window can be opened; is DISPLAY or WAYLAND_DISPLAY right? --headless needs "
               "none";
    for (size_t i = 0; i < G_N_ELEMENTS(mends); i++) {
        bool code_fits = mends[i].code == ANY_CODE || mends[i].code == error->code;
        bool by_fits = mends[i].by == BY_ANY || mends[i].by == kind_of(source);
        if (error->domain == mends[i].domain() && code_fits && by_fits)
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

/* SPDX-License-Identifier: MIT */
/* rtsp_none.c - built without gst-rtsp-server. */
#include <gio/gio.h>

#include "rtsp.h"

Rtsp *rtsp_new(const char *address, const char *token, Stream *stream, GError **error)
{
    (void)address, (void)token, (void)stream;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                "--rtsp: this mobilenet-viewer was built without gst-rtsp-server; install "
                "libgstrtspserver-1.0-dev and build again, or use --web");
    return NULL;
}

void rtsp_free(Rtsp *rtsp)
{
    (void)rtsp;
}

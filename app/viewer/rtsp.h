/* SPDX-License-Identifier: MIT */
/* rtsp.h - the encoded video for players and recorders, over RTSP: rtsp://ADDR:PORT/video, one
 * stream for all. Main thread. */
#ifndef VIEWER_RTSP_H
#define VIEWER_RTSP_H

#include <glib.h>

#include "stream.h"

#define RTSP_DEFAULT_PORT 8554

typedef struct Rtsp Rtsp;

/* address: "[ADDR:]PORT", "ADDR", or NULL: 127.0.0.1:8554. On an address that others reach, players
 * must name the user "viewer" and the token (NULL: one is made) as password. Prints where it is.
 * NULL and error if the address is none, or taken, or this was built without gst-rtsp-server. */
Rtsp *rtsp_new(const char *address, const char *token, Stream *stream, GError **error);
void rtsp_free(Rtsp *rtsp); /* its clients are cut off; NULL is fine */

#endif

/* SPDX-License-Identifier: MIT */
/* stream.h - the video as H.264, or JPEG where there is no encoder: a branch of the outputs that is
 * encoded once for all who want it (recordings, RTSP), and only while somebody does. */
#ifndef VIEWER_STREAM_H
#define VIEWER_STREAM_H

#include <gst/gst.h>
#include <stdbool.h>

typedef struct Stream Stream;
typedef struct StreamTap StreamTap;

/* An encoded frame, its caps, whether it can be decoded alone. A streaming thread; must not block.
 */
typedef void StreamFrame(GstBuffer *buffer, GstCaps *caps, bool key, gpointer data);

/* The branch as text for gst_parse_launch(), to stand behind a queue; g_free() it. */
char *stream_launch(void);

/* Whether stream_launch() makes H.264. */
bool stream_is_h264(void);

/* pipeline: made with stream_launch() in it. */
Stream *stream_new(GstElement *pipeline);
void stream_free(Stream *stream); /* after all taps are closed; NULL is fine */

/* Frames are brought to this size, that of the first, so that recordings may go on when the source
 * changes. Later calls do nothing. Any thread. */
void stream_set_size(Stream *stream, int width, int height);

/* From the next key frame on, which is asked for, frames come; until closed. Any thread. */
StreamTap *stream_open(Stream *stream, StreamFrame *frame, gpointer data);
void stream_close(StreamTap *tap); /* no frame comes after it; NULL is fine */

#endif

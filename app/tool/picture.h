/* SPDX-License-Identifier: MIT */
/* picture.h - one decoded frame out of a picture or video, in the decoder's own pixel format. */
#ifndef TOOL_PICTURE_H
#define TOOL_PICTURE_H

#include <gst/video/video.h>

#include "nn.h"

typedef struct {
    GstSample *sample;    /* owns the pixels */
    GstVideoFrame frame;  /* the same, mapped for reading */
    NnImageFormat format; /* as nn_net_set_image_format() wants it; fit is left at 0 */
} Picture;

/* Starts GStreamer; to be called first. */
bool picture_init(GError **error);

/* Decodes the first frame of name: a path, a URI, or "-" for standard input. False and error on
 * failure; the message starts with the name. */
bool picture_open(Picture *picture, const char *name, GError **error);
void picture_close(Picture *picture);

/* The same of a frame that is there already; takes a reference to sample. False if its pixels are
 * none of nn.h's formats. */
bool picture_from_sample(Picture *picture, GstSample *sample);

/* Calls take for frames of a video that are so many seconds apart, the first one first, until it
 * returns false (with error set or not) or the video ends. False and error on failure. */
bool picture_each(const char *name, double interval,
                  bool (*take)(void *data, const Picture *picture, GError **error), void *data,
                  GError **error);

/* Makes the picture the input of net, seen through fit. */
bool picture_show(const Picture *picture, NnNet *net, NnFit fit, GError **error);

/* "crop", "stretch" or "letterbox" to NnFit; NULL is crop; false if it is none of them. */
bool picture_fit_from_name(const char *name, NnFit *fit);

#endif

/* SPDX-License-Identifier: MIT */
/* gstmobilenet-private.h - the element's struct, and what its files have in common: gstmobilenet.c
 * the way of the data; outgoing.c what a frame takes along; negotiation.c what is agreed on with
 * the neighbours; properties.c. */
#ifndef GST_MOBILENET_PRIVATE_H
#define GST_MOBILENET_PRIVATE_H

#include <gst/video/video.h>

#include "delay.h"
#include "drawing.h"
#include "engine.h"
#include "gstmobilenet.h"
#include "inputview.h"
#include "settings.h"
#include "textpad.h"

G_BEGIN_DECLS

struct _GstMobilenet {
    GstBaseTransform parent;

    Settings settings; /* under the object lock */
    Engine *engine;    /* while started; comes and goes under the object lock */

    /* the streaming thread's */
    GstVideoInfo info;
    const gchar *format; /* its name in the caps, interned */
    gboolean known;      /* info is of a format that can be classified */
    gboolean warned;     /* once is enough for frames that cannot be read or drawn on */
    gboolean live_asked, live;
    guint64 number;                   /* of the last frame */
    GstVideoOrientationMethod tagged; /* by the image-orientation tag */
    Drawing drawing;
    Delay delay;
    TextPad text;
    InputView input;
};

/* ---- properties.c ---- */

void mobilenet_install_properties(GObjectClass *object_class);

/* As they are now. Any thread. */
Settings mobilenet_settings(GstMobilenet *self);

/* ---- outgoing.c: the streaming thread's ---- */

/* The frame with that number goes out: it gets its label. */
void mobilenet_label(GstMobilenet *self, GstBuffer *buffer, guint64 number,
                     const Settings *settings);

/* Once is enough for frames that cannot be read or drawn on. */
void mobilenet_warn_once(GstMobilenet *self, const gchar *text);

/* ---- negotiation.c: the streaming thread's, but for the query ---- */

void mobilenet_install_negotiation(GstBaseTransformClass *transform_class);

/* After negotiation, once per new caps from upstream. */
void mobilenet_negotiated(GstMobilenet *self);

G_END_DECLS

#endif

/* SPDX-License-Identifier: MIT */
/* panel.h - rows of text with bars on a rounded panel, as pixels. Lengths are in display pixels; a
 * non-square pixel aspect ratio is one scale on the way to the surface. */
#ifndef PANEL_H
#define PANEL_H

#include <gst/video/video.h>
#include <pango/pangocairo.h>

#include "labelstyle.h"
#include "resultmeta.h"

G_BEGIN_DECLS

#define PANEL_LAG_VISIBLE (500 * GST_MSECOND)

/* What stands on it. */
typedef struct {
    const ResultClass *shown; /* the first row; its label may be empty */
    const ResultClass *top;   /* the others, if the style shows bars */
    guint n_top;
    GstClockTime lag;  /* said in the first row if visible */
    const gchar *note; /* the last row, small; NULL: none */
    double scale;      /* of the text, against that of a panel for the whole picture */
} PanelText;

typedef struct {
    GstBuffer *pixels; /* premultiplied, with a GstVideoMeta; NULL: there is no room or no text */
    gint width, height;
    gchar *boxed;  /* a text with letters that no font has: boxes stand for them; NULL: none */
    double margin; /* that looks well around it, in pixels of the picture's height */
} Panel;

/* Paints it for a picture of that shape. panel_clear() it. */
Panel panel_new(PangoContext *context, const PanelText *text, const LabelStyle *style,
                const GstVideoInfo *info);
void panel_clear(Panel *panel);

/* The same in words: equal keys are equal pixels. */
void panel_write_key(GString *key, const PanelText *text, const LabelStyle *style,
                     const GstVideoInfo *info);

/* Even, so that chroma samples are whole. */
gint panel_even(double x);

G_END_DECLS

#endif

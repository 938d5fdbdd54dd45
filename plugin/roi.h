/* SPDX-License-Identifier: MIT */
/* roi.h - the part of each picture that is looked at, as the user writes it. */
#ifndef ROI_H
#define ROI_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    gdouble x, y, w, h; /* w 0: the whole picture */
    gboolean fractions; /* of the picture's width and height; else pixels */
} Roi;

/* "x,y,w,h": all at most 1 are fractions of the picture, else they are pixels. NULL is the whole
 * picture. FALSE and error if it is none of that; roi is the whole picture then. */
gboolean roi_parse(const gchar *text, Roi *roi, GError **error);

/* The pixels of it in a picture of that size: x, y, w, h, never empty, never outside. */
void roi_pixels(const Roi *roi, gint width, gint height, gint box[4]);

G_END_DECLS

#endif

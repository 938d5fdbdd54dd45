/* SPDX-License-Identifier: MIT */
/* bus.h - what the element says to the application: results, warnings, errors. Any thread. */
#ifndef BUS_H
#define BUS_H

#include <gst/gst.h>

#include "resultmeta.h"

G_BEGIN_DECLS

/* The element message "mobilenet". */
void bus_post_result(GstElement *element, const Result *result, gboolean changed);

/* A frame of these times was not classified because downstream is late; processed and dropped count
 * classifications since the start. */
void bus_post_qos(GstElement *element, gboolean live, const Result *frame, GstClockTimeDiff jitter,
                  gdouble proportion, guint64 processed, guint64 dropped);

/* Errors of the runtime carry their text: what, where, how to mend. Domain and code follow from the
 * kind of the fault. */
void bus_post_error(GstElement *element, const GError *error);
void bus_post_warning(GstElement *element, const GError *error);

/* The same for a model that cannot be had: none named and none bundled is a missing setting. */
void bus_post_model_error(GstElement *element, const gchar *model_file, const GError *error);

G_END_DECLS

#endif

/* SPDX-License-Identifier: MIT */
/* fields.h - properties that are members of a plain struct: a table says where each lies, the type
 * of the GValue says what lies there. */
#ifndef FIELDS_H
#define FIELDS_H

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

/* Copies a value to or from its place: gint, guint, gboolean, an enum, gfloat, gdouble, guint64, or
 * an interned const gchar *, which is NULL for the empty string. */
void field_set(gpointer place, const GValue *value);
void field_get(gconstpointer place, GValue *value);

/* Before each frame: properties that have a control binding get their values of that moment. */
void fields_sync(GstBaseTransform *transform, GstBuffer *buffer);

G_END_DECLS

#endif

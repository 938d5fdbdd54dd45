/* SPDX-License-Identifier: MIT */
/* fields.c - GValue to struct member and back. */
#include "fields.h"

static const gchar *intern(const gchar *string)
{
    return string != NULL && *string != '\0' ? g_intern_string(string) : NULL;
}

void field_set(gpointer place, const GValue *value)
{
    switch (G_TYPE_FUNDAMENTAL(G_VALUE_TYPE(value))) {
    case G_TYPE_STRING:
        *(const gchar **)place = intern(g_value_get_string(value));
        break;
    case G_TYPE_BOOLEAN:
        *(gboolean *)place = g_value_get_boolean(value);
        break;
    case G_TYPE_ENUM:
        *(gint *)place = g_value_get_enum(value);
        break;
    case G_TYPE_INT:
        *(gint *)place = g_value_get_int(value);
        break;
    case G_TYPE_UINT:
        *(guint *)place = g_value_get_uint(value);
        break;
    case G_TYPE_UINT64:
        *(guint64 *)place = g_value_get_uint64(value);
        break;
    case G_TYPE_FLOAT:
        *(gfloat *)place = g_value_get_float(value);
        break;
    case G_TYPE_DOUBLE:
        *(gdouble *)place = g_value_get_double(value);
        break;
    default:
        g_return_if_reached();
    }
}

void field_get(gconstpointer place, GValue *value)
{
    switch (G_TYPE_FUNDAMENTAL(G_VALUE_TYPE(value))) {
    case G_TYPE_STRING:
        g_value_set_static_string(value, *(const gchar *const *)place);
        break;
    case G_TYPE_BOOLEAN:
        g_value_set_boolean(value, *(const gboolean *)place);
        break;
    case G_TYPE_ENUM:
        g_value_set_enum(value, *(const gint *)place);
        break;
    case G_TYPE_INT:
        g_value_set_int(value, *(const gint *)place);
        break;
    case G_TYPE_UINT:
        g_value_set_uint(value, *(const guint *)place);
        break;
    case G_TYPE_UINT64:
        g_value_set_uint64(value, *(const guint64 *)place);
        break;
    case G_TYPE_FLOAT:
        g_value_set_float(value, *(const gfloat *)place);
        break;
    case G_TYPE_DOUBLE:
        g_value_set_double(value, *(const gdouble *)place);
        break;
    default:
        g_return_if_reached();
    }
}

void fields_sync(GstBaseTransform *transform, GstBuffer *buffer)
{
    if (transform->segment.format != GST_FORMAT_TIME)
        return;
    GstClockTime stream_time =
        gst_segment_to_stream_time(&transform->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));

    if (GST_CLOCK_TIME_IS_VALID(stream_time))
        gst_object_sync_values(GST_OBJECT(transform), stream_time);
}

/* SPDX-License-Identifier: MIT */
/* resultmeta.c - writes results into structures and metas, reads them from metas. */
#include "resultmeta.h"

#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

static void append_class(GValue *array, const ResultClass *class)
{
    GValue value = G_VALUE_INIT;

    /* clang-format off */
    GstStructure *structure = gst_structure_new("class",
        "label", G_TYPE_STRING, class->label,
        "confidence", G_TYPE_DOUBLE, (gdouble)class->confidence,
        "index", G_TYPE_INT, class->index,
        NULL);
    /* clang-format on */
    g_value_init(&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&value, structure);
    gst_value_array_append_and_take_value(array, &value);
}

static void fill_structure(GstStructure *structure, const Result *result)
{
    GValue top = G_VALUE_INIT;
    gboolean shown = result->shown.index >= 0;

    g_value_init(&top, GST_TYPE_ARRAY);
    for (guint i = 0; i < result->n_top; i++)
        append_class(&top, &result->top[i]);

    /* clang-format off */
    gst_structure_set(structure,
        "timestamp", G_TYPE_UINT64, result->timestamp,
        "stream-time", G_TYPE_UINT64, result->stream_time,
        "running-time", G_TYPE_UINT64, result->running_time,
        "duration", G_TYPE_UINT64, result->duration,
        "label", G_TYPE_STRING, shown ? result->shown.label : "",
        "confidence", G_TYPE_DOUBLE, shown ? (gdouble)result->shown.confidence : 0.0,
        "index", G_TYPE_INT, result->shown.index,
        "inference-time", G_TYPE_UINT64, result->inference_time,
        "age", G_TYPE_UINT64, result->age,
        "frame", G_TYPE_UINT64, result->frame,
        NULL);
    /* clang-format on */
    gst_structure_take_value(structure, "results", &top);
}

static void read_class(const GstStructure *structure, ResultClass *class)
{
    gdouble confidence = 0.0;

    class->label = gst_structure_get_string(structure, "label");
    if (class->label == NULL)
        class->label = "";
    gst_structure_get_double(structure, "confidence", &confidence);
    class->confidence = (gfloat)confidence;
    if (!gst_structure_get_int(structure, "index", &class->index))
        class->index = -1;
}

static void read_structure(const GstStructure *structure, Result *result)
{
    const GValue *top = gst_structure_get_value(structure, "results");

    read_class(structure, &result->shown);
    gst_structure_get_uint64(structure, "timestamp", &result->timestamp);
    gst_structure_get_uint64(structure, "stream-time", &result->stream_time);
    gst_structure_get_uint64(structure, "running-time", &result->running_time);
    gst_structure_get_uint64(structure, "duration", &result->duration);
    gst_structure_get_uint64(structure, "inference-time", &result->inference_time);
    gst_structure_get_uint64(structure, "age", &result->age);
    gst_structure_get_uint64(structure, "frame", &result->frame);
    if (top == NULL || !GST_VALUE_HOLDS_ARRAY(top))
        return;
    result->n_top = MIN(gst_value_array_get_size(top), RESULT_MAX_TOP);
    for (guint i = 0; i < result->n_top; i++)
        read_class(gst_value_get_structure(gst_value_array_get_value(top, i)), &result->top[i]);
}

#ifdef HAVE_ANALYTICS

static void add_analytics(GstBuffer *buffer, const Result *result)
{
    GstAnalyticsRelationMeta *relations = gst_buffer_add_analytics_relation_meta(buffer);
    gfloat levels[RESULT_MAX_TOP];
    GQuark quarks[RESULT_MAX_TOP];
    GstAnalyticsClsMtd classification;

    if (relations == NULL || result->n_top == 0)
        return;
    for (guint i = 0; i < result->n_top; i++) {
        levels[i] = result->top[i].confidence;
        quarks[i] = g_quark_from_string(result->top[i].label);
    }
    gst_analytics_relation_meta_add_cls_mtd(relations, result->n_top, levels, quarks,
                                            &classification);
}

static gboolean get_analytics(GstBuffer *buffer, Result *result)
{
    GstAnalyticsRelationMeta *relations = gst_buffer_get_analytics_relation_meta(buffer);
    GstAnalyticsClsMtd classification;
    gpointer state = NULL;

    if (relations == NULL || !gst_analytics_relation_meta_iterate(
                                 relations, &state, gst_analytics_cls_mtd_get_mtd_type(),
                                 (GstAnalyticsMtd *)&classification))
        return FALSE;

    gsize length = gst_analytics_cls_mtd_get_length(&classification);
    result->n_top = (guint)MIN(length, RESULT_MAX_TOP);
    for (guint i = 0; i < result->n_top; i++) {
        const gchar *label = g_quark_to_string(gst_analytics_cls_mtd_get_quark(&classification, i));

        result->top[i].index = (gint)i;
        result->top[i].confidence = gst_analytics_cls_mtd_get_level(&classification, i);
        result->top[i].label = label != NULL ? label : "";
        if (i == 0 || result->top[i].confidence > result->shown.confidence)
            result->shown = result->top[i];
    }
    return result->n_top > 0;
}

#else

static void add_analytics(GstBuffer *buffer, const Result *result)
{
    (void)buffer;
    (void)result;
}

static gboolean get_analytics(GstBuffer *buffer, Result *result)
{
    (void)buffer;
    (void)result;
    return FALSE;
}

#endif

void result_meta_register(void)
{
    /* no tags: nothing that a converter or scaler does makes a label wrong */
    static const gchar *tags[] = {NULL};

    if (gst_meta_get_info(RESULT_META_NAME) == NULL)
        gst_meta_register_custom(RESULT_META_NAME, tags, NULL, NULL, NULL);
}

GstStructure *result_to_structure(const Result *result, const gchar *name)
{
    GstStructure *structure = gst_structure_new_empty(name);

    fill_structure(structure, result);
    return structure;
}

void result_meta_add(GstBuffer *buffer, const Result *result)
{
    GstCustomMeta *meta = gst_buffer_add_custom_meta(buffer, RESULT_META_NAME);

    fill_structure(gst_custom_meta_get_structure(meta), result);
    add_analytics(buffer, result);
}

gboolean result_meta_get(GstBuffer *buffer, Result *result)
{
    GstCustomMeta *meta = gst_buffer_get_custom_meta(buffer, RESULT_META_NAME);

    *result = (Result){.shown = {.index = -1, .label = ""}};
    if (meta == NULL)
        return get_analytics(buffer, result);
    read_structure(gst_custom_meta_get_structure(meta), result);
    return TRUE;
}

/* SPDX-License-Identifier: MIT */
/* resultmeta.c - writes results into structures and metas, reads them from metas. */
#include "resultmeta.h"

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

static void set_classes(GstStructure *structure, const ResultClass *shown, const ResultClass *top,
                        guint n_top)
{
    GValue array = G_VALUE_INIT;

    g_value_init(&array, GST_TYPE_ARRAY);
    for (guint i = 0; i < n_top; i++)
        append_class(&array, &top[i]);

    /* clang-format off */
    gst_structure_set(structure,
        "label", G_TYPE_STRING, shown->label,
        "confidence", G_TYPE_DOUBLE, shown->index >= 0 ? (gdouble)shown->confidence : 0.0,
        "index", G_TYPE_INT, shown->index,
        NULL);
    /* clang-format on */
    gst_structure_take_value(structure, "results", &array);
}

GstStructure *result_region_to_structure(const ResultRegion *region, const gchar *name)
{
    /* clang-format off */
    GstStructure *structure = gst_structure_new(name,
        "x", G_TYPE_INT, region->x,
        "y", G_TYPE_INT, region->y,
        "width", G_TYPE_INT, region->w,
        "height", G_TYPE_INT, region->h,
        "type", G_TYPE_STRING, region->type != 0 ? g_quark_to_string(region->type) : "",
        "id", G_TYPE_INT, region->id,
        NULL);
    /* clang-format on */

    set_classes(structure, &region->shown, region->top, region->n_top);
    return structure;
}

static void set_regions(GstStructure *structure, const Result *result)
{
    GValue array = G_VALUE_INIT;

    g_value_init(&array, GST_TYPE_ARRAY);
    for (guint i = 0; i < result->n_regions; i++) {
        GValue value = G_VALUE_INIT;

        g_value_init(&value, GST_TYPE_STRUCTURE);
        g_value_take_boxed(&value, result_region_to_structure(&result->regions[i], "region"));
        gst_value_array_append_and_take_value(&array, &value);
    }
    gst_structure_take_value(structure, "regions", &array);
}

static void fill_structure(GstStructure *structure, const Result *result)
{
    /* clang-format off */
    gst_structure_set(structure,
        "timestamp", G_TYPE_UINT64, result->timestamp,
        "stream-time", G_TYPE_UINT64, result->stream_time,
        "running-time", G_TYPE_UINT64, result->running_time,
        "duration", G_TYPE_UINT64, result->duration,
        "inference-time", G_TYPE_UINT64, result->inference_time,
        "age", G_TYPE_UINT64, result->age,
        "frame", G_TYPE_UINT64, result->frame,
        "element", G_TYPE_STRING, result->element,
        NULL);
    /* clang-format on */
    set_classes(structure, &result->shown, result->top, result->n_top);
    if (result->by_region)
        set_regions(structure, result);
    if (result->embedding != NULL)
        gst_structure_set(structure, "embedding", G_TYPE_BYTES, result->embedding, NULL);
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

/* The n-th structure of an array in a field; NULL if there is none. */
static const GstStructure *nth(const GstStructure *structure, const gchar *field, guint n)
{
    const GValue *array = gst_structure_get_value(structure, field);

    if (array == NULL || !GST_VALUE_HOLDS_ARRAY(array) || n >= gst_value_array_get_size(array))
        return NULL;
    const GValue *value = gst_value_array_get_value(array, n);
    return GST_VALUE_HOLDS_STRUCTURE(value) ? gst_value_get_structure(value) : NULL;
}

static guint read_classes(const GstStructure *structure, ResultClass *shown, ResultClass *top)
{
    const GstStructure *class;
    guint n = 0;

    read_class(structure, shown);
    while (n < RESULT_MAX_TOP && (class = nth(structure, "results", n)) != NULL)
        read_class(class, &top[n++]);
    return n;
}

static void read_region(const GstStructure *structure, ResultRegion *region)
{
    const gchar *type = gst_structure_get_string(structure, "type");

    *region = (ResultRegion){.type = type != NULL && *type != '\0' ? g_quark_try_string(type) : 0};
    gst_structure_get_int(structure, "x", &region->x);
    gst_structure_get_int(structure, "y", &region->y);
    gst_structure_get_int(structure, "width", &region->w);
    gst_structure_get_int(structure, "height", &region->h);
    gst_structure_get_int(structure, "id", &region->id);
    region->n_top = read_classes(structure, &region->shown, region->top);
}

static void read_structure(const GstStructure *structure, Result *result)
{
    const GstStructure *region;

    result->element = gst_structure_get_string(structure, "element");
    result->n_top = read_classes(structure, &result->shown, result->top);
    gst_structure_get_uint64(structure, "timestamp", &result->timestamp);
    gst_structure_get_uint64(structure, "stream-time", &result->stream_time);
    gst_structure_get_uint64(structure, "running-time", &result->running_time);
    gst_structure_get_uint64(structure, "duration", &result->duration);
    gst_structure_get_uint64(structure, "inference-time", &result->inference_time);
    gst_structure_get_uint64(structure, "age", &result->age);
    gst_structure_get_uint64(structure, "frame", &result->frame);
    result->by_region = gst_structure_has_field(structure, "regions");
    while (result->n_regions < RESULT_MAX_REGIONS &&
           (region = nth(structure, "regions", result->n_regions)) != NULL)
        read_region(region, &result->regions[result->n_regions++]);
}

#ifdef HAVE_ANALYTICS

gboolean result_add_cls_mtd(GstAnalyticsRelationMeta *relations, const ResultClass *top,
                            guint n_top, GstAnalyticsClsMtd *classification)
{
    gfloat levels[RESULT_MAX_TOP];
    GQuark quarks[RESULT_MAX_TOP];

    for (guint i = 0; i < n_top; i++) {
        levels[i] = top[i].confidence;
        quarks[i] = g_quark_from_string(top[i].label);
    }
    return gst_analytics_relation_meta_add_cls_mtd(relations, n_top, levels, quarks,
                                                   classification);
}

static void add_analytics(GstBuffer *buffer, const Result *result)
{
    GstAnalyticsRelationMeta *relations = gst_buffer_add_analytics_relation_meta(buffer);
    GstAnalyticsClsMtd classification;

    if (relations != NULL && result->n_top > 0)
        result_add_cls_mtd(relations, result->top, result->n_top, &classification);
}

static guint read_cls_mtd(GstAnalyticsClsMtd *classification, ResultClass *shown, ResultClass *top)
{
    guint n = (guint)MIN(gst_analytics_cls_mtd_get_length(classification), RESULT_MAX_TOP);

    for (guint i = 0; i < n; i++) {
        const gchar *label = g_quark_to_string(gst_analytics_cls_mtd_get_quark(classification, i));

        top[i].index = (gint)i;
        top[i].confidence = gst_analytics_cls_mtd_get_level(classification, i);
        top[i].label = label != NULL ? label : "";
        if (i == 0 || top[i].confidence > shown->confidence)
            *shown = top[i];
    }
    return n;
}

/* What a detection was taken for: by the classification related to it, else by the detector. */
static void read_detection(GstAnalyticsRelationMeta *relations, GstAnalyticsODMtd *detection,
                           ResultRegion *region)
{
    GstAnalyticsMtd classification;
    gpointer state = NULL;
    gfloat confidence = 0.0f;
    const gchar *type;

    *region = (ResultRegion){.type = gst_analytics_od_mtd_get_obj_type(detection)};
    gst_analytics_od_mtd_get_location(detection, &region->x, &region->y, &region->w, &region->h,
                                      &confidence);
    if (gst_analytics_relation_meta_get_direct_related(
            relations, detection->id, GST_ANALYTICS_REL_TYPE_ANY,
            gst_analytics_cls_mtd_get_mtd_type(), &state, &classification)) {
        region->n_top = read_cls_mtd(&classification, &region->shown, region->top);
        if (region->n_top > 0)
            return;
    }
    type = region->type != 0 ? g_quark_to_string(region->type) : NULL;
    region->shown = (ResultClass){0, confidence, type != NULL ? type : ""};
}

static gboolean is_related_to_a_detection(GstAnalyticsRelationMeta *relations,
                                          const GstAnalyticsMtd *classification)
{
    GstAnalyticsMtd detection;
    gpointer state = NULL;

    return gst_analytics_relation_meta_get_direct_related(
        relations, classification->id, GST_ANALYTICS_REL_TYPE_ANY,
        gst_analytics_od_mtd_get_mtd_type(), &state, &detection);
}

static gboolean get_analytics(GstBuffer *buffer, Result *result)
{
    GstAnalyticsRelationMeta *relations = gst_buffer_get_analytics_relation_meta(buffer);
    GstAnalyticsMtd found;
    gpointer state = NULL;

    if (relations == NULL)
        return FALSE;
    while (result->n_regions < RESULT_MAX_REGIONS &&
           gst_analytics_relation_meta_iterate(relations, &state,
                                               gst_analytics_od_mtd_get_mtd_type(), &found)) {
        read_detection(relations, &found, &result->regions[result->n_regions++]);
        result->by_region = TRUE;
    }
    state = NULL;
    while (result->n_top == 0 &&
           gst_analytics_relation_meta_iterate(relations, &state,
                                               gst_analytics_cls_mtd_get_mtd_type(), &found)) {
        if (!is_related_to_a_detection(relations, &found)) {
            result->n_top = read_cls_mtd(&found, &result->shown, result->top);
            result->whole_too = result->n_top > 0;
        }
    }
    return result->n_top > 0 || result->n_regions > 0;
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

void result_clear(Result *result)
{
    g_clear_pointer(&result->embedding, g_bytes_unref);
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
    if (!result->by_region) /* regions have theirs where they were found */
        add_analytics(buffer, result);
}

static const GstStructure *find_meta(GstBuffer *buffer, const gchar *element)
{
    const GstStructure *found = NULL;
    gpointer state = NULL;
    GstMeta *meta;

    while ((meta = gst_buffer_iterate_meta(buffer, &state)) != NULL) {
        if (!gst_meta_info_is_custom(meta->info) ||
            !gst_custom_meta_has_name((GstCustomMeta *)meta, RESULT_META_NAME))
            continue;
        const GstStructure *structure = gst_custom_meta_get_structure((GstCustomMeta *)meta);
        if (element == NULL ||
            g_strcmp0(gst_structure_get_string(structure, "element"), element) == 0)
            found = structure; /* the last one wins */
    }
    return found;
}

gboolean result_meta_get(GstBuffer *buffer, const gchar *element, Result *result)
{
    const GstStructure *structure = find_meta(buffer, element);

    *result = (Result){.shown = {.index = -1, .label = ""}};
    if (structure == NULL)
        return element == NULL && get_analytics(buffer, result);
    read_structure(structure, result);
    return TRUE;
}

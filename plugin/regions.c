/* SPDX-License-Identifier: MIT */
/* regions.c - boxes out of metas, matched greedily by overlap. */
#include "regions.h"

#define MATCH     0.3 /* of the union in common: the same object in another frame */
#define SAME      0.9 /* the same box, found twice */
#define MISSING   30  /* frames that an object may be gone and come back */
#define NO_OBJECT G_MAXUINT

static gdouble overlap(const Region *a, const Region *b)
{
    gint w = MIN(a->x + a->w, b->x + b->w) - MAX(a->x, b->x);
    gint h = MIN(a->y + a->h, b->y + b->h) - MAX(a->y, b->y);

    if (w <= 0 || h <= 0)
        return 0.0;
    gdouble common = (gdouble)w * h;
    return common / ((gdouble)a->w * a->h + (gdouble)b->w * b->h - common);
}

gboolean regions_match(const Region *a, const Region *b)
{
    if (a->type != b->type)
        return FALSE;
    if (a->id != 0 && b->id != 0)
        return a->id == b->id;
    return overlap(a, b) >= MATCH;
}

/* ---- finding ------------------------------------------------------------------------------ */

/* FALSE if nothing of it lies in the picture. */
static gboolean clip(Region *region, gint64 x, gint64 y, gint64 w, gint64 h,
                     const GstVideoInfo *info)
{
    gint64 left = CLAMP(x, 0, GST_VIDEO_INFO_WIDTH(info));
    gint64 top = CLAMP(y, 0, GST_VIDEO_INFO_HEIGHT(info));
    gint64 right = CLAMP(x + w, 0, GST_VIDEO_INFO_WIDTH(info));
    gint64 bottom = CLAMP(y + h, 0, GST_VIDEO_INFO_HEIGHT(info));

    region->x = (gint)left;
    region->y = (gint)top;
    region->w = (gint)(right - left);
    region->h = (gint)(bottom - top);
    return right > left && bottom > top;
}

static guint find_metas(GstBuffer *buffer, const GstVideoInfo *info, Region *regions)
{
    gpointer state = NULL;
    GstMeta *meta;
    guint n = 0;

    while (n < RESULT_MAX_REGIONS &&
           (meta = gst_buffer_iterate_meta_filtered(
                buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) != NULL) {
        GstVideoRegionOfInterestMeta *roi = (GstVideoRegionOfInterestMeta *)meta;

        regions[n] =
            (Region){.type = roi->roi_type, .id = roi->id, .meta = roi, .detection = NO_OBJECT};
        if (clip(&regions[n], roi->x, roi->y, roi->w, roi->h, info))
            n++;
    }
    return n;
}

#ifdef HAVE_ANALYTICS

/* Joins a detection to the region that marks the same place, or adds one. */
static guint add_detection(Region *regions, guint n, const Region *found)
{
    for (guint i = 0; i < n; i++) {
        if (overlap(&regions[i], found) >= SAME) {
            if (regions[i].detection == NO_OBJECT)
                regions[i].detection = found->detection;
            return n;
        }
    }
    if (n < RESULT_MAX_REGIONS)
        regions[n++] = *found;
    return n;
}

static guint find_detections(GstBuffer *buffer, const GstVideoInfo *info, Region *regions, guint n)
{
    GstAnalyticsRelationMeta *relations = gst_buffer_get_analytics_relation_meta(buffer);
    GstAnalyticsMtd detection;
    gpointer state = NULL;

    while (relations != NULL &&
           gst_analytics_relation_meta_iterate(relations, &state,
                                               gst_analytics_od_mtd_get_mtd_type(), &detection)) {
        Region found = {.type = gst_analytics_od_mtd_get_obj_type(&detection),
                        .detection = detection.id};
        gfloat confidence;
        gint x, y, w, h;

        if (gst_analytics_od_mtd_get_location(&detection, &x, &y, &w, &h, &confidence) &&
            clip(&found, x, y, w, h, info))
            n = add_detection(regions, n, &found);
    }
    return n;
}

#else

static guint find_detections(GstBuffer *buffer, const GstVideoInfo *info, Region *regions, guint n)
{
    (void)buffer;
    (void)info;
    (void)regions;
    return n;
}

#endif

guint regions_find(GstBuffer *buffer, const GstVideoInfo *info, Region *regions)
{
    return find_detections(buffer, info, regions, find_metas(buffer, info, regions));
}

/* ---- following ---------------------------------------------------------------------------- */

static guint slot_of(const Tracker *tracker, const Region *region, guint64 frame)
{
    guint best = NO_OBJECT;
    gdouble most = -1.0;

    for (guint i = 0; i < RESULT_MAX_REGIONS; i++) {
        const Region *old = &tracker->slots[i].region;
        gboolean there = tracker->slots[i].seen > 0 && tracker->slots[i].seen != frame &&
                         frame - tracker->slots[i].seen <= MISSING;

        if (there && regions_match(old, region) && overlap(old, region) > most) {
            best = i;
            most = overlap(old, region);
        }
    }
    return best;
}

/* The one that has not been seen for longest. */
static guint oldest_slot(const Tracker *tracker)
{
    guint oldest = 0;

    for (guint i = 1; i < RESULT_MAX_REGIONS; i++) {
        if (tracker->slots[i].seen < tracker->slots[oldest].seen)
            oldest = i;
    }
    return oldest;
}

void tracker_follow(Tracker *tracker, Region *regions, guint n, guint64 frame)
{
    guint64 seen = frame + 1;

    for (guint i = 0; i < n; i++) {
        guint slot = slot_of(tracker, &regions[i], seen);

        regions[i].slot = slot;
        if (slot == NO_OBJECT)
            continue;
        regions[i].track = tracker->slots[slot].region.track;
        tracker->slots[slot].region = regions[i];
        tracker->slots[slot].seen = seen;
    }
    for (guint i = 0; i < n; i++) { /* newcomers take what is left */
        if (regions[i].slot != NO_OBJECT)
            continue;
        guint slot = oldest_slot(tracker);

        regions[i].slot = slot;
        regions[i].track = ++tracker->next_track;
        tracker->slots[slot].region = regions[i];
        tracker->slots[slot].seen = seen;
    }
}

/* ---- results ------------------------------------------------------------------------------ */

static Region region_of(const ResultRegion *result)
{
    return (Region){.x = result->x,
                    .y = result->y,
                    .w = result->w,
                    .h = result->h,
                    .type = result->type,
                    .id = result->id};
}

void regions_sum_up(Result *result)
{
    const ResultRegion *surest = NULL;

    for (guint i = 0; i < result->n_regions; i++) {
        const ResultRegion *region = &result->regions[i];

        if (surest == NULL || region->shown.confidence > surest->shown.confidence)
            surest = region;
    }
    result->shown = surest != NULL ? surest->shown : (ResultClass){.index = -1, .label = ""};
    result->n_top = surest != NULL ? surest->n_top : 0;
    for (guint i = 0; i < result->n_top; i++)
        result->top[i] = surest->top[i];
}

gboolean regions_carry_over(GstBuffer *buffer, const GstVideoInfo *info, Result *result,
                            Region *regions)
{
    guint n = regions_find(buffer, info, regions), kept = 0;
    gboolean taken[RESULT_MAX_REGIONS] = {FALSE};
    ResultRegion now[RESULT_MAX_REGIONS];

    for (guint i = 0; i < n; i++) {
        guint best = NO_OBJECT;
        gdouble most = -1.0;

        for (guint k = 0; k < result->n_regions; k++) {
            Region old = region_of(&result->regions[k]);

            if (!taken[k] && regions_match(&old, &regions[i]) &&
                overlap(&old, &regions[i]) > most) {
                best = k;
                most = overlap(&old, &regions[i]);
            }
        }
        if (best == NO_OBJECT)
            continue;
        taken[best] = TRUE;
        now[kept] = result->regions[best];
        now[kept].x = regions[i].x;
        now[kept].y = regions[i].y;
        now[kept].w = regions[i].w;
        now[kept].h = regions[i].h;
        regions[kept++] = regions[i];
    }
    for (guint i = 0; i < kept; i++)
        result->regions[i] = now[i];
    result->n_regions = kept;
    regions_sum_up(result);
    return kept > 0;
}

#ifdef HAVE_ANALYTICS

/* A region that only a GstVideoRegionOfInterestMeta marks becomes a detection, too, for those who
 * read nothing else. */
static void relate(GstBuffer *buffer, const ResultRegion *result, const Region *region)
{
    GstAnalyticsRelationMeta *relations = gst_buffer_add_analytics_relation_meta(buffer);
    GstAnalyticsClsMtd classification;
    GstAnalyticsODMtd detection = {.id = region->detection, .meta = relations};

    if (relations == NULL || result->n_top == 0 ||
        !result_add_cls_mtd(relations, result->top, result->n_top, &classification))
        return;
    if (region->detection == NO_OBJECT &&
        !gst_analytics_relation_meta_add_od_mtd(relations, region->type, region->x, region->y,
                                                region->w, region->h, 1.0f, &detection))
        return;
    gst_analytics_relation_meta_set_relation(relations, GST_ANALYTICS_REL_TYPE_RELATE_TO,
                                             classification.id, detection.id);
    gst_analytics_relation_meta_set_relation(relations, GST_ANALYTICS_REL_TYPE_RELATE_TO,
                                             detection.id, classification.id);
}

#else

static void relate(GstBuffer *buffer, const ResultRegion *result, const Region *region)
{
    (void)buffer;
    (void)result;
    (void)region;
}

#endif

void regions_attach(GstBuffer *buffer, const Result *result, const Region *regions)
{
    for (guint i = 0; i < result->n_regions; i++) {
        if (regions[i].meta != NULL)
            gst_video_region_of_interest_meta_add_param(
                regions[i].meta, result_region_to_structure(&result->regions[i], "mobilenet"));
        relate(buffer, &result->regions[i], &regions[i]);
    }
}

/* SPDX-License-Identifier: MIT */
/* regions.h - the regions that detectors upstream have marked on a buffer, followed from frame to
 * frame, and the results that belong to them. */
#ifndef REGIONS_H
#define REGIONS_H

#include <gst/video/video.h>

#include "resultmeta.h"

G_BEGIN_DECLS

typedef struct {
    gint x, y, w, h; /* pixels of the buffer, never empty, never outside */
    GQuark type;     /* "face" */
    gint id;         /* the detector's, if not 0 */

    GstVideoRegionOfInterestMeta *meta; /* where it was found; NULL: not there */
    guint detection;                    /* id of the GstAnalyticsODMtd; G_MAXUINT: none */

    guint slot;    /* 0...RESULT_MAX_REGIONS - 1, the same from frame to frame */
    guint64 track; /* never used again when the object is gone */
} Region;

/* The first RESULT_MAX_REGIONS: GstVideoRegionOfInterestMeta, and from GStreamer 1.24 on
 * GstAnalyticsODMtd unless it marks the same place. Returns how many; slots are not set. */
guint regions_find(GstBuffer *buffer, const GstVideoInfo *info, Region *regions);

/* Same object? By the detector's id, or by how much the boxes have in common. */
gboolean regions_match(const Region *a, const Region *b);

typedef struct {
    struct {
        Region region;
        guint64 seen; /* frame, counted from 1; 0: free */
    } slots[RESULT_MAX_REGIONS];
    guint64 next_track;
} Tracker;

/* Sets slot and track of the regions of a frame. Objects may be missing for a second of frames. */
void tracker_follow(Tracker *tracker, Region *regions, guint n, guint64 frame);

/* Makes the result, which may be of an older picture, that of the regions on this buffer: those
 * that are still there, where they are now. FALSE if none is. regions: room for
 * RESULT_MAX_REGIONS; they are those of result->regions, in order. */
gboolean regions_carry_over(GstBuffer *buffer, const GstVideoInfo *info, Result *result,
                            Region *regions);

/* The result of the whole frame is that of the surest region. */
void regions_sum_up(Result *result);

/* Writes each region's result where the region was found: a parameter "mobilenet" of the
 * GstVideoRegionOfInterestMeta, a GstAnalyticsClsMtd related to the GstAnalyticsODMtd. */
void regions_attach(GstBuffer *buffer, const Result *result, const Region *regions);

G_END_DECLS

#endif

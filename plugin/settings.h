/* SPDX-License-Identifier: MIT */
/* settings.h - the properties of mobilenet that can be set, as a plain struct that is copied for
 * each frame; strings are interned, so that a copy needs no care. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <gst/video/video.h>

#include "enums.h"
#include "labelstyle.h"
#include "pace.h"
#include "roi.h"
#include "smoother.h"

G_BEGIN_DECLS

typedef struct {
    const gchar *model_file, *labels_file; /* NULL: not set */
    gint threads;
    GstMobilenetPrecision precision;
    guint load_count; /* changes whenever one of the four above does */

    GstMobilenetMode mode;
    guint max_delay; /* frames that mode=matched holds back */
    PaceSettings pace;
    guint top_k;
    SmootherSettings smoother;
    guint64 expire; /* ns; 0: never */
    const gchar *show_labels, *hide_labels, *unknown_label;
    const gchar *roi_text;
    Roi roi;
    GstMobilenetRegion region;
    GstVideoOrientationMethod direction;
    GstMobilenetFit fit;
    gboolean overlay;
    GstMobilenetMessage message;
    gboolean attach_embedding;
    GstMobilenetText text;
    const gchar *debug_input;
    LabelStyle style;
} Settings;

/* Property ids; those of the element's own come after. */
enum {
    PROP_MODEL_FILE = 1,
    PROP_LABELS_FILE,
    PROP_THREADS,
    PROP_PRECISION,
    PROP_MODE,
    PROP_MAX_DELAY,
    PROP_INTERVAL,
    PROP_MAX_RATE,
    PROP_CPU_BUDGET,
    PROP_QOS,
    PROP_TOP_K,
    PROP_THRESHOLD,
    PROP_SMOOTHING,
    PROP_HYSTERESIS,
    PROP_HOLD,
    PROP_EXPIRE,
    PROP_SHOW_LABELS,
    PROP_HIDE_LABELS,
    PROP_UNKNOWN_LABEL,
    PROP_ROI,
    PROP_INFERENCE_REGION,
    PROP_VIDEO_DIRECTION,
    PROP_FIT,
    PROP_OVERLAY,
    PROP_MESSAGE,
    PROP_ATTACH_EMBEDDING,
    PROP_TEXT_CUES,
    PROP_DEBUG_INPUT,
    PROP_STYLE_FIRST,
    PROP_SETTINGS_LAST = PROP_STYLE_FIRST + LABEL_STYLE_N_PROPERTIES - 1,
};

void settings_init(Settings *settings);
void settings_install(GObjectClass *object_class);

/* FALSE if id is none of the above. The caller holds its lock. */
gboolean settings_set(Settings *settings, guint id, const GValue *value);
gboolean settings_get(const Settings *settings, guint id, GValue *value);

/* Does the video wait for each classification? */
gboolean settings_in_step(const Settings *settings, gboolean live);

/* How many frames are held back. */
guint settings_held_frames(const Settings *settings);

G_END_DECLS

#endif

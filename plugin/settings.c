/* SPDX-License-Identifier: MIT */
/* settings.c - names, ranges, defaults and texts of the properties of mobilenet. */
#include "resultmeta.h"
#include "settings.h"

#define DEFAULT_MODE       GST_MOBILENET_MODE_AUTO
#define DEFAULT_INTERVAL   1
#define DEFAULT_THREADS    0
#define DEFAULT_TOP_K      3
#define DEFAULT_THRESHOLD  0.3f
#define DEFAULT_SMOOTHING  0.6f
#define DEFAULT_HYSTERESIS 0.1f
#define DEFAULT_HOLD       GST_SECOND
#define DEFAULT_FIT        GST_MOBILENET_FIT_CROP
#define DEFAULT_OVERLAY    TRUE
#define DEFAULT_MESSAGE    GST_MOBILENET_MESSAGE_CHANGE

#define MAX_THREADS 64
#define MAX_HOLD    (3600 * GST_SECOND)

void settings_install(GObjectClass *object_class)
{
    const GParamFlags flags =
        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

    /* clang-format off */
    g_object_class_install_property(object_class, PROP_MODEL_FILE,
        g_param_spec_string("model-file", "Model file",
            "Path of the .tflite model, or the name of an installed one; unset: the bundled model. "
            "While playing it is loaded aside and swapped in between frames",
            NULL, flags));
    g_object_class_install_property(object_class, PROP_LABELS_FILE,
        g_param_spec_string("labels-file", "Labels file",
            "Path of a text file with one label a line; unset: the labels inside the model or "
            "beside it, else the classes are numbered",
            NULL, flags));
    g_object_class_install_property(object_class, PROP_MODE,
        g_param_spec_enum("mode", "Mode",
            "Whether the video waits for the classification of each frame, or passes while the "
            "newest frame is classified",
            GST_TYPE_MOBILENET_MODE, DEFAULT_MODE, flags));
    g_object_class_install_property(object_class, PROP_INTERVAL,
        g_param_spec_uint("interval", "Interval",
            "Classify each n-th frame only; the frames between carry the last result",
            1, G_MAXUINT, DEFAULT_INTERVAL, flags));
    g_object_class_install_property(object_class, PROP_THREADS,
        g_param_spec_int("threads", "Threads",
            "Threads that compute; 0: NN_THREADS from the environment, else one a core, 4 at most",
            0, MAX_THREADS, DEFAULT_THREADS, flags | GST_PARAM_DOC_SHOW_DEFAULT));
    g_object_class_install_property(object_class, PROP_TOP_K,
        g_param_spec_uint("top-k", "Top k",
            "How many of the best classes each result lists",
            1, RESULT_MAX_TOP, DEFAULT_TOP_K, flags));
    g_object_class_install_property(object_class, PROP_THRESHOLD,
        g_param_spec_float("threshold", "Threshold",
            "Confidence from which on a label is shown",
            0.0f, 1.0f, DEFAULT_THRESHOLD, flags | GST_PARAM_CONTROLLABLE));
    g_object_class_install_property(object_class, PROP_SMOOTHING,
        g_param_spec_float("smoothing", "Smoothing",
            "Weight of the past in the running average of the scores; 0: each result for itself",
            0.0f, 0.99f, DEFAULT_SMOOTHING, flags | GST_PARAM_CONTROLLABLE));
    g_object_class_install_property(object_class, PROP_HYSTERESIS,
        g_param_spec_float("hysteresis", "Hysteresis",
            "A label stays until its confidence is so much below the threshold, or another one's so "
            "much above it",
            0.0f, 1.0f, DEFAULT_HYSTERESIS, flags | GST_PARAM_CONTROLLABLE));
    g_object_class_install_property(object_class, PROP_HOLD,
        g_param_spec_uint64("hold", "Hold",
            "Nanoseconds that a label stays after it has ceased to be sure",
            0, MAX_HOLD, DEFAULT_HOLD, flags));
    g_object_class_install_property(object_class, PROP_FIT,
        g_param_spec_enum("fit", "Fit",
            "How a picture of another shape is fitted to the model's input",
            GST_TYPE_MOBILENET_FIT, DEFAULT_FIT, flags));
    g_object_class_install_property(object_class, PROP_OVERLAY,
        g_param_spec_boolean("overlay", "Overlay",
            "Draw the label on the video; without, no pixel is ever written or copied",
            DEFAULT_OVERLAY, flags));
    g_object_class_install_property(object_class, PROP_MESSAGE,
        g_param_spec_enum("message", "Message",
            "Which results are posted on the bus as element messages named \"mobilenet\"",
            GST_TYPE_MOBILENET_MESSAGE, DEFAULT_MESSAGE, flags));
    /* clang-format on */
    label_style_install(object_class, PROP_STYLE_FIRST);
}

static const gchar *intern(const GValue *value)
{
    const gchar *string = g_value_get_string(value);

    return string != NULL && *string != '\0' ? g_intern_string(string) : NULL;
}

gboolean settings_set(Settings *settings, guint id, const GValue *value)
{
    switch (id) {
    case PROP_MODEL_FILE:
        settings->model_file = intern(value);
        settings->load_count++;
        return TRUE;
    case PROP_LABELS_FILE:
        settings->labels_file = intern(value);
        settings->load_count++;
        return TRUE;
    case PROP_THREADS:
        settings->threads = g_value_get_int(value);
        settings->load_count++;
        return TRUE;
    case PROP_MODE:
        settings->mode = (GstMobilenetMode)g_value_get_enum(value);
        return TRUE;
    case PROP_INTERVAL:
        settings->interval = g_value_get_uint(value);
        return TRUE;
    case PROP_TOP_K:
        settings->top_k = g_value_get_uint(value);
        return TRUE;
    case PROP_THRESHOLD:
        settings->smoother.threshold = g_value_get_float(value);
        return TRUE;
    case PROP_SMOOTHING:
        settings->smoother.smoothing = g_value_get_float(value);
        return TRUE;
    case PROP_HYSTERESIS:
        settings->smoother.hysteresis = g_value_get_float(value);
        return TRUE;
    case PROP_HOLD:
        settings->smoother.hold = g_value_get_uint64(value);
        return TRUE;
    case PROP_FIT:
        settings->fit = (GstMobilenetFit)g_value_get_enum(value);
        return TRUE;
    case PROP_OVERLAY:
        settings->overlay = g_value_get_boolean(value);
        return TRUE;
    case PROP_MESSAGE:
        settings->message = (GstMobilenetMessage)g_value_get_enum(value);
        return TRUE;
    default:
        return label_style_set(&settings->style, (gint)id - PROP_STYLE_FIRST, value);
    }
}

gboolean settings_get(const Settings *settings, guint id, GValue *value)
{
    switch (id) {
    case PROP_MODEL_FILE:
        g_value_set_static_string(value, settings->model_file);
        return TRUE;
    case PROP_LABELS_FILE:
        g_value_set_static_string(value, settings->labels_file);
        return TRUE;
    case PROP_THREADS:
        g_value_set_int(value, settings->threads);
        return TRUE;
    case PROP_MODE:
        g_value_set_enum(value, settings->mode);
        return TRUE;
    case PROP_INTERVAL:
        g_value_set_uint(value, settings->interval);
        return TRUE;
    case PROP_TOP_K:
        g_value_set_uint(value, settings->top_k);
        return TRUE;
    case PROP_THRESHOLD:
        g_value_set_float(value, settings->smoother.threshold);
        return TRUE;
    case PROP_SMOOTHING:
        g_value_set_float(value, settings->smoother.smoothing);
        return TRUE;
    case PROP_HYSTERESIS:
        g_value_set_float(value, settings->smoother.hysteresis);
        return TRUE;
    case PROP_HOLD:
        g_value_set_uint64(value, settings->smoother.hold);
        return TRUE;
    case PROP_FIT:
        g_value_set_enum(value, settings->fit);
        return TRUE;
    case PROP_OVERLAY:
        g_value_set_boolean(value, settings->overlay);
        return TRUE;
    case PROP_MESSAGE:
        g_value_set_enum(value, settings->message);
        return TRUE;
    default:
        return label_style_get(&settings->style, (gint)id - PROP_STYLE_FIRST, value);
    }
}

void settings_init(Settings *settings)
{
    *settings = (Settings){
        .threads = DEFAULT_THREADS,
        .mode = DEFAULT_MODE,
        .interval = DEFAULT_INTERVAL,
        .top_k = DEFAULT_TOP_K,
        .smoother = {DEFAULT_SMOOTHING, DEFAULT_THRESHOLD, DEFAULT_HYSTERESIS, DEFAULT_HOLD},
        .fit = DEFAULT_FIT,
        .overlay = DEFAULT_OVERLAY,
        .message = DEFAULT_MESSAGE,
    };
    label_style_init(&settings->style);
}

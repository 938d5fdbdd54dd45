/* SPDX-License-Identifier: MIT */
/* settings.c - names, ranges, defaults and texts of the properties of mobilenet. */
#include "delay.h"
#include "fields.h"
#include "resultmeta.h"
#include "settings.h"

#define DEFAULT_MODE       GST_MOBILENET_MODE_AUTO
#define DEFAULT_MAX_DELAY  4
#define DEFAULT_INTERVAL   1
#define DEFAULT_MAX_RATE   0.0
#define DEFAULT_CPU_BUDGET 0
#define DEFAULT_QOS        TRUE
#define DEFAULT_THREADS    0
#define DEFAULT_PRECISION  GST_MOBILENET_PRECISION_AUTO
#define DEFAULT_TOP_K      3
#define DEFAULT_THRESHOLD  0.3f
#define DEFAULT_SMOOTHING  0.6f
#define DEFAULT_HYSTERESIS 0.1f
#define DEFAULT_HOLD       GST_SECOND
#define DEFAULT_EXPIRE     0
#define DEFAULT_REGION     GST_MOBILENET_REGION_FULL_FRAME
#define DEFAULT_DIRECTION  GST_VIDEO_ORIENTATION_AUTO
#define DEFAULT_FIT        GST_MOBILENET_FIT_CROP
#define DEFAULT_OVERLAY    TRUE
#define DEFAULT_MESSAGE    GST_MOBILENET_MESSAGE_CHANGE

#define MAX_THREADS 64
#define MAX_RATE    1000.0
#define MAX_BUDGET  (100 * MAX_THREADS)
#define MAX_HOLD    (3600 * GST_SECOND)

void settings_install(GObjectClass *object_class)
{
    const GParamFlags flags =
        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

    /* clang-format off */
    g_object_class_install_property(object_class, PROP_MODEL_FILE,
        g_param_spec_string("model-file", "Model file",
            "Path of the .tflite model, the name of an installed one, or resource://PATH of one that is "
            "compiled into the program; unset: the bundled model. While playing it is loaded aside "
            "and swapped in between frames",
            NULL, flags));
    g_object_class_install_property(object_class, PROP_LABELS_FILE,
        g_param_spec_string("labels-file", "Labels file",
            "Path of a text file with one label a line; unset: the labels inside the model or "
            "beside it, else the classes are numbered",
            NULL, flags));
    g_object_class_install_property(object_class, PROP_MODE,
        g_param_spec_enum("mode", "Mode",
            "Whether the video waits for the classification of each frame, passes while the newest "
            "frame is classified, or comes later by a few frames, with the labels that are its own",
            GST_TYPE_MOBILENET_MODE, DEFAULT_MODE, flags));
    g_object_class_install_property(object_class, PROP_MAX_DELAY,
        g_param_spec_uint("max-delay", "Maximum delay",
            "Frames by which mode=matched delays the video; choose it so that an inference takes no "
            "longer",
            1, DELAY_MAX_FRAMES, DEFAULT_MAX_DELAY, flags));
    g_object_class_install_property(object_class, PROP_INTERVAL,
        g_param_spec_uint("interval", "Interval",
            "Classify each n-th frame only; the frames between carry the last result",
            1, G_MAXUINT, DEFAULT_INTERVAL, flags));
    g_object_class_install_property(object_class, PROP_MAX_RATE,
        g_param_spec_double("max-rate", "Maximum rate",
            "Classifications per second of video at most; 0: as many as there is time for",
            0.0, MAX_RATE, DEFAULT_MAX_RATE, flags));
    g_object_class_install_property(object_class, PROP_CPU_BUDGET,
        g_param_spec_uint("cpu-budget", "CPU budget",
            "CPU time that classifying may take, in percent of one core; 0: any",
            0, MAX_BUDGET, DEFAULT_CPU_BUDGET, flags));
    g_object_class_install_property(object_class, PROP_QOS,
        g_param_spec_boolean("qos", "QoS",
            "Leave out classifications, never frames, while downstream is late, and post QoS "
            "messages that say so",
            DEFAULT_QOS, flags));
    g_object_class_install_property(object_class, PROP_THREADS,
        g_param_spec_int("threads", "Threads",
            "Threads that compute; 0: NN_THREADS from the environment, else one a core, 4 at most",
            0, MAX_THREADS, DEFAULT_THREADS, flags | GST_PARAM_DOC_SHOW_DEFAULT));
    g_object_class_install_property(object_class, PROP_PRECISION,
        g_param_spec_enum("precision", "Precision",
            "Arithmetic of float models; half precision is twice as fast on processors that have it, and "
            "confidences differ by less than 0.02. Quantised models are not concerned",
            GST_TYPE_MOBILENET_PRECISION, DEFAULT_PRECISION, flags));
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
            "A label stays until its confidence is this much below the threshold, or that of another "
            "label this much above its own",
            0.0f, 1.0f, DEFAULT_HYSTERESIS, flags | GST_PARAM_CONTROLLABLE));
    g_object_class_install_property(object_class, PROP_HOLD,
        g_param_spec_uint64("hold", "Hold",
            "Nanoseconds that a label stays after it has ceased to be sure",
            0, MAX_HOLD, DEFAULT_HOLD, flags));
    g_object_class_install_property(object_class, PROP_EXPIRE,
        g_param_spec_uint64("expire", "Expire",
            "Age in nanoseconds beyond which a result is dropped and its label taken away; 0: never",
            0, MAX_HOLD, DEFAULT_EXPIRE, flags));
    g_object_class_install_property(object_class, PROP_SHOW_LABELS,
        g_param_spec_string("show-labels", "Show labels",
            "Patterns of the labels that may be shown and listed, separated by semicolons, for "
            "example \"*cat;tabby*\"; unset: all",
            NULL, flags));
    g_object_class_install_property(object_class, PROP_HIDE_LABELS,
        g_param_spec_string("hide-labels", "Hide labels",
            "Patterns of the labels that are neither shown nor listed, separated by semicolons",
            NULL, flags));
    g_object_class_install_property(object_class, PROP_UNKNOWN_LABEL,
        g_param_spec_string("unknown-label", "Unknown label",
            "What to show when nothing is sure enough, for example \"unknown\"; its index is -1; "
            "unset: nothing",
            NULL, flags));
    g_object_class_install_property(object_class, PROP_ROI,
        g_param_spec_string("roi", "Region of interest",
            "The part of each picture that is looked at: x,y,width,height in pixels or, if none is "
            "above 1, in fractions of the picture; unset: all of it",
            NULL, flags));
    g_object_class_install_property(object_class, PROP_INFERENCE_REGION,
        g_param_spec_enum("inference-region", "Inference region",
            "Classify the frame, or each region of interest (GstVideoRegionOfInterestMeta, from "
            "GStreamer 1.24 on GstAnalyticsODMtd) on it, 16 at most",
            GST_TYPE_MOBILENET_REGION, DEFAULT_REGION, flags));
    g_object_class_install_property(object_class, PROP_VIDEO_DIRECTION,
        g_param_spec_enum("video-direction", "Video direction",
            "How the picture must be turned to stand upright before it is looked at; the video "
            "itself is not turned; auto: as the image-orientation tag says",
            GST_TYPE_VIDEO_ORIENTATION_METHOD, DEFAULT_DIRECTION, flags));
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
    g_object_class_install_property(object_class, PROP_ATTACH_EMBEDDING,
        g_param_spec_boolean("attach-embedding", "Attach embedding",
            "Add to each result the features that the model's last layer reads: the field "
            "\"embedding\", a GBytes of floats; not with inference-region=roi-list",
            FALSE, flags));
    g_object_class_install_property(object_class, PROP_TEXT_CUES,
        g_param_spec_enum("text-cues", "Text cues",
            "Which text buffers the pad \"text\" sends",
            GST_TYPE_MOBILENET_TEXT, GST_MOBILENET_TEXT_FRAME, flags));
    g_object_class_install_property(object_class, PROP_DEBUG_INPUT,
        g_param_spec_string("debug-input", "Debug input",
            "Setting this to the name of a PNG file writes there, once, what the network sees of the "
            "next frame that it classifies",
            NULL, flags));
    /* clang-format on */
    label_style_install(object_class, PROP_STYLE_FIRST);
}

/* Where each property is kept. */
#define PLACE(id, member) [id] = offsetof(Settings, member)
static const gsize places[] = {
    PLACE(PROP_MODEL_FILE, model_file),
    PLACE(PROP_LABELS_FILE, labels_file),
    PLACE(PROP_THREADS, threads),
    PLACE(PROP_PRECISION, precision),
    PLACE(PROP_MODE, mode),
    PLACE(PROP_MAX_DELAY, max_delay),
    PLACE(PROP_INTERVAL, pace.interval),
    PLACE(PROP_MAX_RATE, pace.max_rate),
    PLACE(PROP_CPU_BUDGET, pace.cpu_budget),
    PLACE(PROP_QOS, pace.qos),
    PLACE(PROP_TOP_K, top_k),
    PLACE(PROP_THRESHOLD, smoother.threshold),
    PLACE(PROP_SMOOTHING, smoother.smoothing),
    PLACE(PROP_HYSTERESIS, smoother.hysteresis),
    PLACE(PROP_HOLD, smoother.hold),
    PLACE(PROP_EXPIRE, expire),
    PLACE(PROP_SHOW_LABELS, show_labels),
    PLACE(PROP_HIDE_LABELS, hide_labels),
    PLACE(PROP_UNKNOWN_LABEL, unknown_label),
    PLACE(PROP_ROI, roi_text),
    PLACE(PROP_INFERENCE_REGION, region),
    PLACE(PROP_VIDEO_DIRECTION, direction),
    PLACE(PROP_FIT, fit),
    PLACE(PROP_OVERLAY, overlay),
    PLACE(PROP_MESSAGE, message),
    PLACE(PROP_ATTACH_EMBEDDING, attach_embedding),
    PLACE(PROP_TEXT_CUES, text),
    PLACE(PROP_DEBUG_INPUT, debug_input),
};
G_STATIC_ASSERT(G_N_ELEMENTS(places) == PROP_STYLE_FIRST);

gboolean settings_set(Settings *settings, guint id, const GValue *value)
{
    if (id >= PROP_STYLE_FIRST)
        return label_style_set(&settings->style, (gint)id - PROP_STYLE_FIRST, value);
    field_set((guint8 *)settings + places[id], value);
    if (id == PROP_MODEL_FILE || id == PROP_LABELS_FILE || id == PROP_THREADS ||
        id == PROP_PRECISION)
        settings->load_count++;
    if (id == PROP_ROI)
        roi_parse(settings->roi_text, &settings->roi, NULL);
    return TRUE;
}

gboolean settings_get(const Settings *settings, guint id, GValue *value)
{
    if (id >= PROP_STYLE_FIRST)
        return label_style_get(&settings->style, (gint)id - PROP_STYLE_FIRST, value);
    field_get((const guint8 *)settings + places[id], value);
    return TRUE;
}

gboolean settings_in_step(const Settings *settings, gboolean live)
{
    return settings->mode == GST_MOBILENET_MODE_EVERY_FRAME ||
           (settings->mode == GST_MOBILENET_MODE_AUTO && !live);
}

guint settings_held_frames(const Settings *settings)
{
    return settings->mode == GST_MOBILENET_MODE_MATCHED ? settings->max_delay : 0;
}

void settings_init(Settings *settings)
{
    *settings = (Settings){
        .threads = DEFAULT_THREADS,
        .precision = DEFAULT_PRECISION,
        .mode = DEFAULT_MODE,
        .max_delay = DEFAULT_MAX_DELAY,
        .pace = {DEFAULT_INTERVAL, DEFAULT_MAX_RATE, DEFAULT_CPU_BUDGET, DEFAULT_QOS},
        .top_k = DEFAULT_TOP_K,
        .smoother = {DEFAULT_SMOOTHING, DEFAULT_THRESHOLD, DEFAULT_HYSTERESIS, DEFAULT_HOLD},
        .expire = DEFAULT_EXPIRE,
        .region = DEFAULT_REGION,
        .direction = DEFAULT_DIRECTION,
        .fit = DEFAULT_FIT,
        .overlay = DEFAULT_OVERLAY,
        .message = DEFAULT_MESSAGE,
    };
    label_style_init(&settings->style);
}

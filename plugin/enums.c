/* SPDX-License-Identifier: MIT */
/* enums.c - names and nicks of the choices, as gst-inspect-1.0 shows them. */
#include <gst/gst.h>

#include "enums.h"

/* Defines get_type() for a static table of values and marks it as part of the plugin's interface.
 */
#define DEFINE_ENUM(Name, get_type, values)                                                        \
    GType get_type(void)                                                                           \
    {                                                                                              \
        static gsize type = 0;                                                                     \
                                                                                                   \
        if (g_once_init_enter(&type)) {                                                            \
            GType new_type = g_enum_register_static(Name, values);                                 \
                                                                                                   \
            gst_type_mark_as_plugin_api(new_type, 0);                                              \
            g_once_init_leave(&type, new_type);                                                    \
        }                                                                                          \
        return type;                                                                               \
    }

/* clang-format off */
static const GEnumValue modes[] = {
    {GST_MOBILENET_MODE_AUTO, "Newest when the source is live, else every frame", "auto"},
    {GST_MOBILENET_MODE_EVERY_FRAME, "Classify every frame; the video waits for it", "every-frame"},
    {GST_MOBILENET_MODE_NEWEST, "Classify the newest frame; the video never waits", "newest"},
    {GST_MOBILENET_MODE_MATCHED, "Like newest, but delay the video by max-delay frames so that "
        "pictures and labels belong together", "matched"},
    {0, NULL, NULL},
};

static const GEnumValue fits[] = {
    {GST_MOBILENET_FIT_CROP, "The largest centred part of the input's shape", "crop"},
    {GST_MOBILENET_FIT_STRETCH, "The whole picture, squeezed into shape", "stretch"},
    {GST_MOBILENET_FIT_LETTERBOX, "The whole picture between black bars", "letterbox"},
    {0, NULL, NULL},
};

static const GEnumValue precisions[] = {
    {GST_MOBILENET_PRECISION_AUTO, "NN_PRECISION from the environment, else fp16 where the processor has it", "auto"},
    {GST_MOBILENET_PRECISION_FP32, "Float32", "fp32"},
    {GST_MOBILENET_PRECISION_FP16, "Half precision; slow where the processor does not have it", "fp16"},
    {0, NULL, NULL},
};

static const GEnumValue regions[] = {
    {GST_MOBILENET_REGION_FULL_FRAME, "The whole frame, or the part that roi names", "full-frame"},
    {GST_MOBILENET_REGION_ROI_LIST, "Each region that a detector before has marked on the frame",
        "roi-list"},
    {0, NULL, NULL},
};

static const GEnumValue messages[] = {
    {GST_MOBILENET_MESSAGE_NONE, "No messages", "none"},
    {GST_MOBILENET_MESSAGE_CHANGE, "The first result and each change of the label", "change"},
    {GST_MOBILENET_MESSAGE_ALL, "Every result", "all"},
    {0, NULL, NULL},
};

static const GEnumValue texts[] = {
    {GST_MOBILENET_TEXT_FRAME, "One for each frame, with the confidence: for textoverlay", "frame"},
    {GST_MOBILENET_TEXT_LABEL, "One for each label when it ends, or each half second of it: for subtitles", "label"},
    {0, NULL, NULL},
};

static const GEnumValue positions[] = {
    {GST_MOBILENET_POSITION_TOP_LEFT, "Top left corner", "top-left"},
    {GST_MOBILENET_POSITION_TOP, "Middle of the top edge", "top"},
    {GST_MOBILENET_POSITION_TOP_RIGHT, "Top right corner", "top-right"},
    {GST_MOBILENET_POSITION_LEFT, "Middle of the left edge", "left"},
    {GST_MOBILENET_POSITION_CENTER, "Middle of the picture", "center"},
    {GST_MOBILENET_POSITION_RIGHT, "Middle of the right edge", "right"},
    {GST_MOBILENET_POSITION_BOTTOM_LEFT, "Bottom left corner", "bottom-left"},
    {GST_MOBILENET_POSITION_BOTTOM, "Middle of the bottom edge", "bottom"},
    {GST_MOBILENET_POSITION_BOTTOM_RIGHT, "Bottom right corner", "bottom-right"},
    {0, NULL, NULL},
};

DEFINE_ENUM("GstMobilenetMode", gst_mobilenet_mode_get_type, modes)
DEFINE_ENUM("GstMobilenetFit", gst_mobilenet_fit_get_type, fits)
DEFINE_ENUM("GstMobilenetPrecision", gst_mobilenet_precision_get_type, precisions)
DEFINE_ENUM("GstMobilenetRegion", gst_mobilenet_region_get_type, regions)
DEFINE_ENUM("GstMobilenetMessage", gst_mobilenet_message_get_type, messages)
DEFINE_ENUM("GstMobilenetText", gst_mobilenet_text_get_type, texts)
DEFINE_ENUM("GstMobilenetPosition", gst_mobilenet_position_get_type, positions)
/* clang-format on */

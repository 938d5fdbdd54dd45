/* SPDX-License-Identifier: MIT */
/* enums.h - the choices that properties of the elements offer, as GLib types. */
#ifndef GST_MOBILENET_ENUMS_H
#define GST_MOBILENET_ENUMS_H

#include <glib-object.h>

G_BEGIN_DECLS

typedef enum {
    GST_MOBILENET_MODE_AUTO,
    GST_MOBILENET_MODE_EVERY_FRAME,
    GST_MOBILENET_MODE_NEWEST,
    GST_MOBILENET_MODE_MATCHED,
} GstMobilenetMode;

/* Values are those of NnFit. */
typedef enum {
    GST_MOBILENET_FIT_CROP,
    GST_MOBILENET_FIT_STRETCH,
    GST_MOBILENET_FIT_LETTERBOX,
} GstMobilenetFit;

/* Values are those of NnPrecision. */
typedef enum {
    GST_MOBILENET_PRECISION_AUTO,
    GST_MOBILENET_PRECISION_FP32,
    GST_MOBILENET_PRECISION_FP16,
} GstMobilenetPrecision;

typedef enum {
    GST_MOBILENET_REGION_FULL_FRAME,
    GST_MOBILENET_REGION_ROI_LIST,
} GstMobilenetRegion;

typedef enum {
    GST_MOBILENET_MESSAGE_NONE,
    GST_MOBILENET_MESSAGE_CHANGE,
    GST_MOBILENET_MESSAGE_ALL,
} GstMobilenetMessage;

typedef enum {
    GST_MOBILENET_TEXT_FRAME,
    GST_MOBILENET_TEXT_LABEL,
} GstMobilenetText;

/* Row by row; value % 3 is the column, value / 3 the row. */
typedef enum {
    GST_MOBILENET_POSITION_TOP_LEFT,
    GST_MOBILENET_POSITION_TOP,
    GST_MOBILENET_POSITION_TOP_RIGHT,
    GST_MOBILENET_POSITION_LEFT,
    GST_MOBILENET_POSITION_CENTER,
    GST_MOBILENET_POSITION_RIGHT,
    GST_MOBILENET_POSITION_BOTTOM_LEFT,
    GST_MOBILENET_POSITION_BOTTOM,
    GST_MOBILENET_POSITION_BOTTOM_RIGHT,
} GstMobilenetPosition;

#define GST_TYPE_MOBILENET_MODE      (gst_mobilenet_mode_get_type())
#define GST_TYPE_MOBILENET_FIT       (gst_mobilenet_fit_get_type())
#define GST_TYPE_MOBILENET_PRECISION (gst_mobilenet_precision_get_type())
#define GST_TYPE_MOBILENET_REGION    (gst_mobilenet_region_get_type())
#define GST_TYPE_MOBILENET_MESSAGE   (gst_mobilenet_message_get_type())
#define GST_TYPE_MOBILENET_TEXT      (gst_mobilenet_text_get_type())
#define GST_TYPE_MOBILENET_POSITION  (gst_mobilenet_position_get_type())

GType gst_mobilenet_mode_get_type(void);
GType gst_mobilenet_fit_get_type(void);
GType gst_mobilenet_precision_get_type(void);
GType gst_mobilenet_region_get_type(void);
GType gst_mobilenet_message_get_type(void);
GType gst_mobilenet_text_get_type(void);
GType gst_mobilenet_position_get_type(void);

G_END_DECLS

#endif

/* SPDX-License-Identifier: MIT */
/* gstmobilenet.h - the element that classifies video. */
#ifndef GST_MOBILENET_H
#define GST_MOBILENET_H

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_MOBILENET (gst_mobilenet_get_type())
G_DECLARE_FINAL_TYPE(GstMobilenet, gst_mobilenet, GST, MOBILENET, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE(mobilenet)

G_END_DECLS

#endif

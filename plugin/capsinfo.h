/* SPDX-License-Identifier: MIT */
/* capsinfo.h - caps of raw video, linear DMABufs with a DRM format included, -> GstVideoInfo. */
#ifndef CAPS_INFO_H
#define CAPS_INFO_H

#include <gst/video/video.h>

G_BEGIN_DECLS

/* FALSE if the caps are no video whose pixels have a known place. */
gboolean caps_info(GstVideoInfo *info, const GstCaps *caps);

G_END_DECLS

#endif

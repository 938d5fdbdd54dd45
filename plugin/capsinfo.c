/* SPDX-License-Identifier: MIT */
/* capsinfo.c - format=DMA_DRM, which GStreamer has from 1.24 on, names the format in another field.
 */
#include "capsinfo.h"

gboolean caps_info(GstVideoInfo *info, const GstCaps *caps)
{
#if GST_CHECK_VERSION(1, 24, 0)
    if (gst_video_is_dma_drm_caps(caps)) {
        const guint64 linear = 0; /* DRM_FORMAT_MOD_LINEAR: rows as the CPU reads them */
        GstVideoInfoDmaDrm drm;

        gst_video_info_dma_drm_init(&drm);
        return gst_video_info_dma_drm_from_caps(&drm, caps) && drm.drm_modifier == linear &&
               gst_video_info_dma_drm_to_video_info(&drm, info);
    }
#endif
    return gst_video_info_from_caps(info, caps);
}

/* SPDX-License-Identifier: MIT */
/* cameras.h - the cameras of this machine, and the best way to read one. */
#ifndef VIEWER_CAMERAS_H
#define VIEWER_CAMERAS_H

#include <gst/gst.h>

/* GstDevices, each camera once. */
GPtrArray *cameras_find(void);

/* What people call it; g_free() it. */
char *camera_name(GstDevice *device);

/* The device node, or NULL; g_free() it. */
char *camera_path(GstDevice *device);

/* Its modes, one a line: "YUY2 640x480, 30 frames/s"; g_strfreev() it. */
char **camera_modes(GstDevice *device);

/* One mode of these; g_free() it. */
char *camera_mode_text(const GstStructure *mode);

/* Fragments that read it as raw video, each in another mode, the one that is fittest to be looked
 * at first; g_strfreev() them. NULL if GStreamer has no element for it. */
char **camera_launches(GstDevice *device);
char *camera_launch(GstDevice *device); /* the first of them; g_free() it */

#endif

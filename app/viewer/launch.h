/* SPDX-License-Identifier: MIT */
/* launch.h - pipelines as text, in the language of gst-launch-1.0: what the viewer runs is what it
 * prints. */
#ifndef VIEWER_LAUNCH_H
#define VIEWER_LAUNCH_H

#include <gst/gst.h>

/* value, in double quotes where a property's value needs them; fit for gst_parse_launch() and for
 * a shell. g_free() it. */
char *launch_quote(const char *value);

/* The factory's name and those properties that differ from a fresh element's. g_free() it. */
char *launch_from_element(GstElement *element);

/* The command line that runs the same pipeline. g_free() it. */
char *launch_command(const char *launch);

#endif

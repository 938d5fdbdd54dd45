/* SPDX-License-Identifier: MIT */
/* report.h - what goes wrong, on standard error: what, where, and how to mend it. */
#ifndef VIEWER_REPORT_H
#define VIEWER_REPORT_H

#include <gst/gst.h>
#include <stdbool.h>

/* One line: "mobilenet-viewer: MESSAGE". */
void report(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Why gst_parse_launch() made no pipeline. */
void report_parse_error(const GError *error);

/* An error or warning message of the bus. */
void report_message(GstMessage *message);

/* The same as a piece of a sentence, without the name of the element; g_free() it. */
char *report_text(GstMessage *message);

/* Whether an error message only says that the user closed the window. */
bool report_is_closed_window(GstMessage *message);

#endif

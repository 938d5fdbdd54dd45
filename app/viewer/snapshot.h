/* SPDX-License-Identifier: MIT */
/* snapshot.h - a frame as files: PNG without and with its label, and what was seen as JSON. */
#ifndef VIEWER_SNAPSHOT_H
#define VIEWER_SNAPSHOT_H

#include <gst/gst.h>

/* Writes FOLDER/snapshot-DATE_TIME.png, -labelled.png and .json in a thread of its own; takes the
 * samples. done, on the main thread: the first file's path, or why there is none (path NULL). */
void snapshot_save(const char *folder, GstSample *clean, GstSample *labelled, const char *json,
                   void (*done)(const char *path, const char *why, gpointer data), gpointer data);

#endif

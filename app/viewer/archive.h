/* SPDX-License-Identifier: MIT */
/* archive.h - what the viewer keeps on the disk when it is asked to: the recording of the moment,
 * snapshots. Main thread. */
#ifndef VIEWER_ARCHIVE_H
#define VIEWER_ARCHIVE_H

#include "outputs.h"

typedef struct Archive Archive;

/* told: something was written, or (failed) could not be, for the user. */
Archive *archive_new(const char *folder, Outputs *outputs,
                     void (*told)(const char *text, bool failed, gpointer data), gpointer data);
void archive_free(Archive *archive); /* the recording ends whole; NULL is fine */

/* FALSE and error if it cannot begin. Stopping waits until the file is whole. */
bool archive_record(Archive *archive, bool record, GError **error);
bool archive_is_recording(const Archive *archive);

/* The pair of pictures that outputs hand over, with the result as JSON; takes the samples. */
void archive_snapshot(Archive *archive, GstSample *clean, GstSample *labelled, const char *json);

#endif

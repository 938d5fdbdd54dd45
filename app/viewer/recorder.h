/* SPDX-License-Identifier: MIT */
/* recorder.h - encoded frames into Matroska files, a new one each minute. Every file can be played
 * up to the last frame that was written, however the program ends. Main thread, but for
 * recorder_push(). */
#ifndef VIEWER_RECORDER_H
#define VIEWER_RECORDER_H

#include <gst/gst.h>
#include <stdbool.h>

typedef struct Recorder Recorder;

/* Files are called FOLDER/DATE_TIME.mkv (NAME-DATE_TIME.mkv with a name). failed: an error, such as
 * a full disk, has ended it; nothing is written any more, and recorder_free() is to be called,
 * which may be done within. NULL and error if the folder cannot be written to, or an element is
 * missing.
 */
Recorder *recorder_new(const char *folder, const char *name,
                       void (*failed)(const char *why, gpointer data), gpointer data,
                       GError **error);

/* Makes the folder unless it is there; false and error if nothing can be written into it. */
bool recorder_check_folder(const char *folder, GError **error);

/* Ends the file: afterwards it is whole and on the disk. NULL is fine. */
void recorder_free(Recorder *recorder);

/* A frame; the first must be a key frame. Any one thread. */
void recorder_push(Recorder *recorder, GstBuffer *buffer, GstCaps *caps);

#endif

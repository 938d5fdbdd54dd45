/* SPDX-License-Identifier: MIT */
/* outputs.h - where the frames go: one pipeline behind all sources, which stays up while they come
 * and go:  appsrc ! mobilenetoverlay ! tee, and a branch for each output. A branch that is slow
 * loses frames; it never holds up the others. */
#ifndef VIEWER_OUTPUTS_H
#define VIEWER_OUTPUTS_H

#include <gst/gst.h>
#include <stdbool.h>

typedef struct {
    bool window;
    bool jpeg; /* newest frame as JPEG, while wanted */
} OutputsOptions;

typedef struct {
    /* A frame as JPEG. A streaming thread. */
    void (*jpeg)(GstBuffer *jpeg, gpointer data);
    /* An error of the pipeline, or the window was closed (STATUS_OK). The main thread. */
    void (*ended)(int status, gpointer data);
    /* A key was pressed in the window (keys.h). The main thread. */
    void (*key)(int key, gpointer data);
} OutputsHooks;

typedef struct Outputs Outputs;

/* NULL, after a report, if an element is missing. */
Outputs *outputs_new(const OutputsOptions *options, const OutputsHooks *hooks, gpointer data);
void outputs_free(Outputs *outputs); /* NULL is fine */

/* Shows a frame or slate; takes the buffer. Any thread. */
void outputs_push(Outputs *outputs, GstBuffer *buffer, GstCaps *caps);

/* Encodes JPEGs from the next frame on, or no more. Any thread. */
void outputs_want_jpeg(Outputs *outputs, bool wanted);

/* Draws the labels, or does not. Any thread. */
void outputs_show_labels(Outputs *outputs, bool shown);

#endif

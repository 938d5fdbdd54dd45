/* SPDX-License-Identifier: MIT */
/* outputs.h - where the frames go: one pipeline behind all sources, which stays up while they come
 * and go:  appsrc ! mobilenetoverlay ! tee, and a branch for each output. A branch that is slow
 * loses frames; it never holds up the others. */
#ifndef VIEWER_OUTPUTS_H
#define VIEWER_OUTPUTS_H

#include <gst/gst.h>
#include <stdbool.h>

#include "stream.h"

typedef struct {
    bool window;
    bool jpeg;   /* newest frame as JPEG, while wanted */
    bool stream; /* encoded video, while wanted */
} OutputsOptions;

typedef struct {
    /* A frame as JPEG. A streaming thread. */
    void (*jpeg)(GstBuffer *jpeg, gpointer data);
    /* What outputs_want_picture() asked for; the samples are the callee's. The main thread. */
    void (*picture)(GstSample *clean, GstSample *labelled, gpointer data);
    /* An error of the pipeline, or the window was closed (STATUS_OK). The main thread. */
    void (*ended)(int status, gpointer data);
    /* A key of the window went down or up (keys.h). The main thread. */
    void (*key)(const char *key, bool down, gpointer data);
} OutputsHooks;

typedef struct Outputs Outputs;

/* NULL, after a report, if an element is missing. */
Outputs *outputs_new(const OutputsOptions *options, const OutputsHooks *hooks, gpointer data);
void outputs_free(Outputs *outputs); /* NULL is fine */

/* A panel of text over the window's video, in its middle or (low) at its foot; NULL: none. Any
 * thread. */
void outputs_set_panel(Outputs *outputs, const char *text, bool low);

/* Labels larger or smaller by steps, 0 is the automatic size. Any thread. */
void outputs_set_label_size(Outputs *outputs, int steps);

/* Shows a frame or slate; takes the buffer. Any thread. */
void outputs_push(Outputs *outputs, GstBuffer *buffer, GstCaps *caps);

/* Encodes JPEGs from the next frame on, or no more. Any thread. */
void outputs_want_jpeg(Outputs *outputs, bool wanted);

/* The encoded video; NULL if it was not asked for. Owned by outputs. */
Stream *outputs_stream(const Outputs *outputs);

/* Copies of the next frame, without the label and with it, are to be handed over. Main thread. */
void outputs_want_picture(Outputs *outputs);

/* Draws the labels, or does not. Any thread. */
void outputs_show_labels(Outputs *outputs, bool shown);

/* Full screen or not, where the sink can. Returns whether it can. */
bool outputs_set_fullscreen(Outputs *outputs, bool full);

#endif

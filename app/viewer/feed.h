/* SPDX-License-Identifier: MIT */
/* feed.h - a source and the network as one running pipeline, SOURCE ! mobilenet: opens it, watches
 * over it, opens it again with growing pauses when it fails, stalls or ends, and hands on its
 * frames; while there are none, slates with the reason. All calls from the main thread. */
#ifndef VIEWER_FEED_H
#define VIEWER_FEED_H

#include <gst/gst.h>
#include <stdbool.h>

#include "source.h"

typedef struct {
    const char *labels; /* path; NULL: the model's own */
    double threshold;   /* negative: the element's default */
    bool paced;         /* play files in their own time; false: as fast as they can be classified */
    bool patient; /* a source that never worked is tried again, too (somebody reads the slate) */
} FeedOptions;

typedef struct {
    /* A frame with its result, from a streaming thread, or a slate (without), from the main thread;
     * the buffer is the callee's. NULL: nobody looks at frames. */
    void (*frame)(GstBuffer *buffer, GstCaps *caps, bool slate, gpointer data);
    /* The rest on the main thread. */
    void (*result)(const GstStructure *result, gpointer data);
    /* A model set while playing, the file `path`, has taken over: results that follow are its own.
     */
    void (*swapped)(const char *path, gpointer data);
    /* A warning of the element mobilenet, such as a model that cannot be loaded. */
    void (*warning)(const char *text, gpointer data);
    /* No more frames will come: STATUS_OK at the end of a file, STATUS_FAILED after an error,
     * which has been reported. */
    void (*ended)(int status, gpointer data);
} FeedHooks;

typedef struct Feed Feed;

/* model: path, or NULL for the bundled one. Nothing starts yet. */
Feed *feed_new(const FeedOptions *options, const char *model, const FeedHooks *hooks,
               gpointer data);
void feed_free(Feed *feed); /* stops it; NULL is fine */

/* Starts, or goes over to another source; takes it. After an error, which is reported by the
 * hooks, too, false. */
bool feed_start(Feed *feed, Source *source);

/* The element mobilenet, to set properties of while playing; NULL while there is no pipeline.
 * Unref it. What is set on it by feed_set_... lasts over a new start. */
GstElement *feed_classifier(Feed *feed);
void feed_set_model(Feed *feed, const char *model);
void feed_set_threshold(Feed *feed, double threshold);

void feed_pause(Feed *feed, bool paused);

const Source *feed_source(const Feed *feed);

/* Why there is no picture, for the user; NULL while there is one. Owned by feed. */
const char *feed_trouble(const Feed *feed);

/* Frames that came from the source since the start. */
guint feed_frames(const Feed *feed);

/* The command line that shows the same by hand; sink: what stands behind the element. g_free() it.
 */
char *feed_command(const Feed *feed, const char *sink);

#endif

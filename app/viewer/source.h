/* SPDX-License-Identifier: MIT */
/* source.h - where the video comes from: a camera, a file or address, a fragment of the user's, or
 * the demo. */
#ifndef VIEWER_SOURCE_H
#define VIEWER_SOURCE_H

#include <gst/gst.h>
#include <stdbool.h>

typedef enum {
    SOURCE_CAMERA,
    SOURCE_URI,
    SOURCE_LAUNCH,
    SOURCE_DEMO,
} SourceKind;

typedef struct {
    SourceKind kind;
    char *launch; /* fragment of a pipeline that ends in raw video */
    char *what;   /* for the user: "camera 1 of 2, HD Webcam" */
    GStrv others; /* a camera: fragments for its other modes, the best first; NULL: none */
    char *wish;   /* a camera: what it was chosen by; NULL: the first one */
    int number;   /* a camera: its number, from 1; else 0 */
    bool live;    /* comes at its own pace; a file does not */
    bool again;   /* worth opening again after it failed: a camera, an address */
} Source;

/* A camera by number (from 1), device path or name; NULL: the first one. NULL and error
 * (GST_RESOURCE_ERROR_NOT_FOUND) if there is none like that. */
Source *source_new_camera(const char *device, GError **error);

/* A file or address, by URI or path. A still picture is shown on and on. (videoconvert lets our
 * formats pass and brings down what a hardware decoder leaves in its own memory.) */
Source *source_new_uri(const char *uri, GError **error);

/* The user's own fragment, taken as it is. */
Source *source_new_launch(const char *launch);

/* The scenes of the demo, or else a moving ball. */
Source *source_new_demo(void);

/* Goes on to the next of the other modes; false if there is none. */
bool source_next_mode(Source *source);

void source_free(Source *source); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Source, source_free)

/* Prints the cameras: number, name, path, the fragment that reads it, modes. Returns how many. */
int source_list_cameras(void);

#endif

/* SPDX-License-Identifier: MIT */
/* helper.h - what the tests of the elements share: a model, frames, a bus that can be read and
 * stopped. */
#ifndef ELEMENT_HELPER_H
#define ELEMENT_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

/* The 22 formats that can be classified; NULL ends. */
extern const char *const formats[];

/* Starts GStreamer; TRUE if there is a model for the tests, else prints what is missing. */
gboolean helper_init(int *argc, char ***argv);

/* A small model, fast enough for any test. */
const char *small_model(void);

/* A path under ../shared, or NULL if it is not there; g_free() it. */
char *shared_file(const char *name);

/* An element in a harness, playing once caps are set, with a bus of its own. */
typedef struct {
    GstHarness *harness;
    GstElement *element;
    GstBus *bus;
} Rig;

/* properties as in gst-launch-1.0: "mode=newest message=all". Adds the small model. */
Rig rig_new(const char *properties);
void rig_free(Rig *rig);
void rig_set_caps(Rig *rig, const char *format, int width, int height);

/* As a flushing seek does: flush, and a segment from 0 on. */
void rig_flush(Rig *rig);

/* A frame of that format, filled with a pattern that depends on seed. */
GstBuffer *frame_new(const char *format, int width, int height, unsigned seed);

/* Makes its alpha 255, or the unused bytes of RGBx and its like. */
void frame_make_opaque(GstBuffer *frame, const GstVideoInfo *info);

/* The same as frame_new() with rows that are pad bytes longer and planes that lie apart. */
GstBuffer *frame_new_padded(const char *format, int width, int height, unsigned seed, int pad);

/* The size of pictures that tests draw on. */
#define PICTURE_W 320
#define PICTURE_H 240

/* How many bytes of luma (or of the only plane) of two such pictures differ in rows y0...y1. */
int changed_bytes(GstBuffer *a, GstBuffer *b, const char *format, int y0, int y1);

/* Puts a result on a frame, by hand; takes it. */
void frame_add_result(GstBuffer *frame, GstStructure *result);

/* Pops the next message of these types within seconds, or NULL. */
GstMessage *next_message(GstBus *bus, GstMessageType types, int seconds);

/* How many messages of these types there are; takes them off. */
int count_messages(GstBus *bus, GstMessageType types);

/* The result on a buffer: owned by it; NULL if there is none. */
const GstStructure *result_on(GstBuffer *buffer);

/* A field that has to be there. */
guint64 u64_field(const GstStructure *structure, const char *name);

guint64 get_stat(GstElement *element, const char *name);

/* Waits until the counter has that value, ten seconds at most. */
gboolean wait_for_stat(GstElement *element, const char *name, guint64 value);

/* A gate for the messages of an element: who posts waits before a shut gate. This makes the network
 * as slow as a test likes, without a clock. */
typedef struct {
    GMutex lock;
    GCond changed;
    gboolean shut;
    int waiting;
} Gate;

void gate_init(Gate *gate, GstBus *bus);
void gate_set(Gate *gate, gboolean shut);
void gate_wait_for_somebody(Gate *gate);
void gate_clear(Gate *gate, GstBus *bus);

#endif

/* SPDX-License-Identifier: MIT */
/* keys.h - keys of the window: which does what, and how they come from the sink's thread to the
 * main loop. */
#ifndef VIEWER_KEYS_H
#define VIEWER_KEYS_H

#include <gst/gst.h>
#include <stdbool.h>

typedef enum {
    KEY_NONE,
    KEY_QUIT,
    KEY_PAUSE,
    KEY_SNAPSHOT,
    KEY_RECORD,
    KEY_LABELS,
    KEY_LARGER,
    KEY_SMALLER,
    KEY_MODEL,
    KEY_CAMERA,
    KEY_FULL,
    KEY_TEACH,
    KEY_HELP,
} Key;

/* For the user: which key does what, in one line, and as lines. */
#define KEYS_HELP                                                                                  \
    "q quit, space pause, s snapshot, r record, l labels, + - size, m model, c camera, t teach, "  \
    "f full screen, ? help"
#define KEYS_TEXT                                                                                  \
    "q\tquit\nspace\tpause\ns\tsnapshot\nr\trecord\nl\tlabels\n+ -\tsize of the labels\n"          \
    "m\tnext model\nc\tnext camera\nt\tteach\nf\tfull screen\n?\tthis help"

/* From now on each key that goes down or up becomes an application message on the bus. */
void keys_watch(GstElement *sink);

/* The key's name, as X and GstNavigation call it; owned by message. NULL if that is no key. */
const char *keys_parse(GstMessage *message, bool *down);

/* What a key of that name does. */
Key keys_find(const char *name);

#endif

/* SPDX-License-Identifier: MIT */
/* keys.h - keys pressed in the window, brought from the sink's thread to the main loop. */
#ifndef VIEWER_KEYS_H
#define VIEWER_KEYS_H

#include <gst/gst.h>

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
    KEY_HELP,
} Key;

/* For the user: which key does what, in one line, and as lines. */
#define KEYS_HELP                                                                                  \
    "q quit, space pause, s snapshot, r record, l labels, + - size, m model, c camera, f full "    \
    "screen, ? help"
#define KEYS_TEXT                                                                                  \
    "q\tquit\nspace\tpause\ns\tsnapshot\nr\trecord\nl\tlabels\n+ -\tsize of the labels\n"          \
    "m\tnext model\nc\tnext camera\nf\tfull screen\n?\tthis help"

/* From now on a key that means something becomes an application message on the bus. */
void keys_watch(GstElement *sink);

/* What the message says; KEY_NONE if it is no key. */
Key keys_parse(GstMessage *message);

#endif

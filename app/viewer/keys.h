/* SPDX-License-Identifier: MIT */
/* keys.h - keys pressed in the window, brought from the sink's thread to the main loop. */
#ifndef VIEWER_KEYS_H
#define VIEWER_KEYS_H

#include <gst/gst.h>

typedef enum {
    KEY_NONE,
    KEY_QUIT,
    KEY_PAUSE,
    KEY_LABELS,
} Key;

/* For the user: which key does what. */
#define KEYS_HELP "q quit, space pause, l labels"

/* From now on a key that means something becomes an application message on the bus. */
void keys_watch(GstElement *sink);

/* What the message says; KEY_NONE if it is no key. */
Key keys_parse(GstMessage *message);

#endif

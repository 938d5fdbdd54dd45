/* SPDX-License-Identifier: MIT */
/* events.h - rules at work: watches the results, and does what a rule that fires asks for. Main
 * thread. */
#ifndef VIEWER_EVENTS_H
#define VIEWER_EVENTS_H

#include "outputs.h"

typedef struct Events Events;

/* rules: texts of --on, NULL-terminated; folder: for clips. told: what has happened, for the user.
 * NULL and error if one makes no sense. */
Events *events_new(char *const *rules, const char *folder,
                   void (*told)(const char *text, bool failed, gpointer data), gpointer data,
                   GError **error);
void events_free(Events *events); /* a clip ends whole; NULL is fine */

/* Where pictures and clips come from; to be called before the first result. */
void events_set_outputs(Events *events, Outputs *outputs);

/* A result, and the same as JSON, which is posted. */
void events_result(Events *events, const GstStructure *result, const char *json);

#endif

/* SPDX-License-Identifier: MIT */
/* parts.h - what the viewer is made of while it runs, for the files that are its inside: viewer.c
 * (start to end), commands.c (what keys and page ask for), state.c (what the page is told). */
#ifndef VIEWER_PARTS_H
#define VIEWER_PARTS_H

#include <json-glib/json-glib.h>

#include "archive.h"
#include "events.h"
#include "feed.h"
#include "lines.h"
#include "mqtt.h"
#include "outputs.h"
#include "rtsp.h"
#include "stats.h"
#include "viewer.h"
#include "web.h"

typedef struct {
    const ViewerOptions *options;
    GMainLoop *loop;
    Feed *feed;
    Outputs *outputs; /* NULL: nobody looks at frames */
    Web *web;         /* NULL: no page */
    Archive *archive; /* NULL without outputs */
    Rtsp *rtsp;       /* NULL: none */
    Events *events;   /* NULL: no rules */
    Mqtt *mqtt;       /* NULL: none */
    Lines *lines;     /* NULL: no JSON lines */
    StatsMeter *stats;
    int status;

    char *model;         /* path of the model in use; NULL: the bundled one */
    char *model_before;  /* to go back to if that one fails; valid while swapping */
    gint64 model_set_at; /* monotonic; when the model was chosen */
    GStrv models;        /* names to choose from */
    GPtrArray *cameras;  /* names of the cameras, the first is number 1 */
    double threshold;
    bool paused, labels_hidden, full, help;
    int label_size;       /* steps from the automatic one */
    char *notice;         /* the last thing that went wrong, for the page; NULL: nothing */
    GstStructure *result; /* the last; NULL before the first */
    guint n_results;
    guint message_timer; /* takes the text off the video */
} Viewer;

/* ---- commands.c --------------------------------------------------------------------------- */

/* A key of the window. */
void commands_key(int key, gpointer viewer);

/* {"NAME": VALUE} of the page. */
bool commands_control(const char *name, JsonNode *value, GError **error, gpointer viewer);

/* A name of models, or a path given on the command line, as what model-file takes. */
char *commands_model_name(const Viewer *viewer);

/* Puts a text on the window's video for a moment. */
void commands_show(Viewer *viewer, const char *text);

/* What outputs_want_picture() brought. */
void commands_picture(GstSample *clean, GstSample *labelled, gpointer viewer);

void commands_quit(Viewer *viewer, int status);

/* ---- state.c ------------------------------------------------------------------------------ */

/* For /state.json and the event "state"; g_free() it. */
char *state_json(gpointer viewer);

/* For /metrics; g_free() it. */
char *state_metrics(gpointer viewer);

/* Tells the page's listeners at once, after something has changed. */
void state_changed(Viewer *viewer);

/* Keeps a text for the page; NULL: all is well again. */
void state_set_notice(Viewer *viewer, const char *text);

#endif

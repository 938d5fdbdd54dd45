/* SPDX-License-Identifier: MIT */
/* parts.h - what the viewer is made of while it runs, for the files that are its inside: viewer.c
 * (start to end), commands.c (what keys and page ask for), controls.c (how the page asks), state.c
 * (what the page is told). */
#ifndef VIEWER_PARTS_H
#define VIEWER_PARTS_H

#include <json-glib/json-glib.h>

#include "archive.h"
#include "events.h"
#include "feed.h"
#include "lines.h"
#include "mqtt.h"
#include "outputs.h"
#include "prompt.h"
#include "rtsp.h"
#include "stats.h"
#include "teaching.h"
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
    Teaching *teaching;
    Prompt *prompt; /* its keys */
    StatsMeter *stats;
    int status;

    char *model;           /* path of the model in use; NULL: the bundled one */
    char *model_before;    /* to go back to if that one fails; valid while swapping */
    gint64 model_set_at;   /* monotonic; when the model was chosen; 0: it has taken over */
    char *base;            /* the last one that was not taught here, as model */
    char *base_before;     /* as model_before */
    guint teaching_models; /* taught since the start */
    GStrv models;          /* names to choose from */
    GPtrArray *cameras;    /* names of the cameras, the first is number 1 */
    double threshold;
    bool paused, labels_hidden, full, help;
    int label_size;       /* steps from the automatic one */
    char *notice;         /* the last thing that went wrong, for the page; NULL: nothing */
    GstStructure *result; /* the last; NULL before the first */
    guint n_results;
    guint message_timer; /* takes the text off the video */
} Viewer;

/* ---- commands.c --------------------------------------------------------------------------- */

/* A key of the window goes down or up. */
void commands_key(const char *name, bool down, gpointer viewer);

/* FALSE and error, for the user, if it cannot be. camera: its number; 0: the demo. */
bool commands_set_model(Viewer *viewer, const char *name, GError **error);
bool commands_set_camera(Viewer *viewer, gint64 camera, GError **error);
bool commands_set_recording(Viewer *viewer, bool record, GError **error);
void commands_set_threshold(Viewer *viewer, double threshold);
void commands_set_paused(Viewer *viewer, bool paused);
void commands_set_labels(Viewer *viewer, bool shown);

/* Adds a model to those that can be chosen, unless its name is among them. */
void commands_offer_model(Viewer *viewer, const char *path);

/* A name of models, or a path given on the command line, as what model-file takes. */
char *commands_model_name(const Viewer *viewer);

/* Goes back to the model before the one that was chosen last, which cannot be loaded. */
void commands_model_failed(Viewer *viewer);

/* Whether the file `path` is the model that was chosen last. */
bool commands_is_model(const Viewer *viewer, const char *path);

/* Puts a text on the window's video for a moment. */
void commands_show(Viewer *viewer, const char *text);

/* The hooks of teaching.h. */
char *commands_teach_base(GError **error, gpointer viewer);
void commands_taught(const char *path, bool taught, gpointer viewer);
void commands_teaching_changed(gpointer viewer);

/* What outputs_want_picture() brought. */
void commands_picture(GstSample *clean, GstSample *labelled, gpointer viewer);

void commands_quit(Viewer *viewer, int status);

/* ---- controls.c --------------------------------------------------------------------------- */

/* {"NAME": VALUE} of the page. */
bool controls_set(const char *name, JsonNode *value, GError **error, gpointer viewer);

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

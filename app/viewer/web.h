/* SPDX-License-Identifier: MIT */
/* web.h - the page: live video, results, state and controls over HTTP. Main thread, but for
 * web_push_frame(). Paths are looked up in a fixed table; none ever reaches the file system.
 *
 *   GET /                the page; /style.css, /main.js and others belong to it
 *   GET /stream.mjpg     multipart/x-mixed-replace of image/jpeg
 *   GET /snapshot.jpg    one frame
 *   GET /events          text/event-stream: "result" (a line of --json), "state" (/state.json)
 *   GET /state.json      source, model, settings, statistics, last result
 *   GET /metrics         the statistics for Prometheus
 *   POST /control        {"NAME": VALUE, ...} (controls.c); answers with the state, or {"error":
 * "..."} */
#ifndef VIEWER_WEB_H
#define VIEWER_WEB_H

#include <gst/gst.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

#define WEB_DEFAULT_PORT 8080

typedef struct {
    /* JSON of the state, and text for Prometheus; g_free() them. */
    char *(*state)(gpointer data);
    char *(*metrics)(gpointer data);
    /* A command of the page. FALSE and error, with a text for the user, if it cannot be. */
    bool (*control)(const char *name, JsonNode *value, GError **error, gpointer data);
    /* Whether anybody wants frames. */
    void (*watched)(bool wanted, gpointer data);
} WebHooks;

/* Whether this program was built with what the page needs. */
bool web_is_built(void);

typedef struct Web Web;

/* address: "[ADDR:]PORT", "ADDR", or NULL for the default, where the next free port of ten is taken
 * (port 0: any free one).
 * token NULL: one is made if the address is not a loopback one. Prints where the page is. NULL and
 * error if the address is none, or taken. */
Web *web_new(const char *address, const char *token, const WebHooks *hooks, gpointer data,
             GError **error);
void web_free(Web *web); /* NULL is fine */

/* A new frame. Any thread. */
void web_push_frame(Web *web, GstBuffer *jpeg);

/* JSON for the listeners of /events. */
void web_push_result(Web *web, const char *json);
void web_push_state(Web *web, const char *json);

/* How many watch the video, and how many listen. */
guint web_viewers(const Web *web);
guint web_listeners(const Web *web);

#endif

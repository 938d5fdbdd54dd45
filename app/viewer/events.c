/* SPDX-License-Identifier: MIT */
/* events.c - rules at work. */
#include <gio/gio.h>

#include "events.h"
#include "post.h"
#include "preroll.h"
#include "rules.h"

enum {
    PREROLL_SECONDS = 5,
    MOST_COMMANDS = 4, /* at once; a command that hangs must not pile up */
};

struct Events {
    GPtrArray *rules;
    char *folder;
    Outputs *outputs;
    void (*told)(const char *text, bool failed, gpointer data);
    gpointer data;

    Preroll *preroll; /* if any rule wants clips */
    Recorder *clip;
    gint64 clip_end; /* monotonic */
    guint timer;
    int n_commands;
    Poster *poster;
};

/* ---- clips -------------------------------------------------------------------------------- */

static void end_clip(Events *events)
{
    if (!events->clip)
        return;
    preroll_record(events->preroll, NULL);
    g_clear_pointer(&events->clip, recorder_free);
    g_clear_handle_id(&events->timer, g_source_remove);
}

static void on_clip_failed(const char *why, gpointer data)
{
    Events *events = data;
    events->told(why, true, events->data);
    end_clip(events);
}

static gboolean on_clip_timer(gpointer data)
{
    Events *events = data;
    if (g_get_monotonic_time() < events->clip_end)
        return G_SOURCE_CONTINUE;
    events->timer = 0;
    end_clip(events);
    events->told("clip ended", false, events->data);
    return G_SOURCE_REMOVE;
}

/* A second event while a clip runs makes it longer. */
static void record_clip(Events *events, double seconds)
{
    gint64 end = g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
    g_autoptr(GError) error = NULL;
    events->clip_end = MAX(events->clip_end, end);
    if (events->clip)
        return;
    events->clip = recorder_new(events->folder, "clip", on_clip_failed, events, &error);
    if (!events->clip) {
        events->told(error->message, true, events->data);
        return;
    }
    preroll_record(events->preroll, events->clip);
    events->timer = g_timeout_add(100, on_clip_timer, events);
}

/* ---- commands ----------------------------------------------------------------------------- */

static void on_command_ended(GObject *object, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    bool ok = g_subprocess_wait_check_finish(G_SUBPROCESS(object), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    Events *events = data;
    events->n_commands--;
    if (!ok) {
        g_autofree char *text = g_strdup_printf("--on, exec: %s", error->message);
        events->told(text, true, events->data);
    }
}

static void run_command(Events *events, char **argv, const char *label, double confidence)
{
    g_autoptr(GError) error = NULL;
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    if (events->n_commands >= MOST_COMMANDS) {
        events->told("--on, exec: the commands before are still running, so not again", true,
                     events->data);
        return;
    }
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
    g_ascii_formatd(number, sizeof number, "%.3f", confidence);
    g_subprocess_launcher_setenv(launcher, "MOBILENET_LABEL", label, TRUE);
    g_subprocess_launcher_setenv(launcher, "MOBILENET_CONFIDENCE", number, TRUE);
    g_autoptr(GSubprocess) process =
        g_subprocess_launcher_spawnv(launcher, (const char *const *)argv, &error);
    if (!process) {
        g_autofree char *text = g_strdup_printf("--on, exec %s: %s", argv[0], error->message);
        events->told(text, true, events->data);
        return;
    }
    events->n_commands++;
    g_subprocess_wait_check_async(process, NULL, on_command_ended, events);
}

/* ---- rules -------------------------------------------------------------------------------- */

static void fire(Events *events, const Rule *rule, const char *label, double confidence,
                 const char *json)
{
    g_autofree char *text = g_strdup_printf("event: %s %.0f %%", label, confidence * 100);
    events->told(text, false, events->data);
    for (guint i = 0; i < rule->actions->len; i++) {
        const Action *action = &g_array_index(rule->actions, Action, i);
        switch (action->kind) {
        case ACTION_SNAPSHOT:
            outputs_want_picture(events->outputs);
            break;
        case ACTION_CLIP:
            record_clip(events, action->seconds);
            break;
        case ACTION_POST:
            poster_post(events->poster, action->text, json);
            break;
        case ACTION_EXEC:
            run_command(events, action->argv, label, confidence);
            break;
        }
    }
}

void events_result(Events *events, const GstStructure *result, const char *json)
{
    double now = (double)g_get_monotonic_time() / G_USEC_PER_SEC;
    const GValue *classes = gst_structure_get_value(result, "results");
    for (guint r = 0; r < events->rules->len; r++) {
        Rule *rule = events->rules->pdata[r];
        const char *best = "";
        double surest = 0;
        for (guint i = 0; classes && i < gst_value_array_get_size(classes); i++) {
            const GstStructure *one =
                gst_value_get_structure(gst_value_array_get_value(classes, i));
            const char *label = gst_structure_get_string(one, "label");
            double confidence = 0;
            gst_structure_get_double(one, "confidence", &confidence);
            if (label && confidence > surest && rule_means(rule, label)) {
                best = label;
                surest = confidence;
            }
        }
        if (rule_update(rule, surest, now))
            fire(events, rule, best, surest, json);
    }
}

static bool wants(const Events *events, ActionKind kind)
{
    for (guint r = 0; r < events->rules->len; r++) {
        const Rule *rule = events->rules->pdata[r];
        for (guint i = 0; i < rule->actions->len; i++) {
            if (g_array_index(rule->actions, Action, i).kind == kind)
                return true;
        }
    }
    return false;
}

void events_set_outputs(Events *events, Outputs *outputs)
{
    events->outputs = outputs;
    if (wants(events, ACTION_CLIP))
        events->preroll = preroll_new(outputs_stream(outputs), PREROLL_SECONDS);
}

void events_free(Events *events)
{
    if (!events)
        return;
    end_clip(events);
    preroll_free(events->preroll);
    poster_free(events->poster);
    g_ptr_array_unref(events->rules);
    g_free(events->folder);
    g_free(events);
}

static void on_posted(const char *text, gpointer data)
{
    Events *events = data;
    events->told(text, true, events->data);
}

Events *events_new(char *const *rules, const char *folder,
                   void (*told)(const char *text, bool failed, gpointer data), gpointer data,
                   GError **error)
{
    Events *events = g_new0(Events, 1);
    events->rules = g_ptr_array_new_with_free_func((GDestroyNotify)rule_free);
    events->folder = g_strdup(folder ? folder : ".");
    events->told = told;
    events->data = data;
    bool ok = true;
    for (char *const *text = rules; ok && *text; text++) {
        Rule *rule = rule_parse(*text, error);
        ok = rule != NULL;
        if (ok)
            g_ptr_array_add(events->rules, rule);
    }
    if (ok && wants(events, ACTION_POST)) {
        events->poster = poster_new(on_posted, events, error);
        ok = events->poster != NULL;
    }
    if (ok && (wants(events, ACTION_CLIP) || wants(events, ACTION_SNAPSHOT)))
        ok = recorder_check_folder(events->folder, error);
    if (ok)
        return events;
    events_free(events);
    return NULL;
}

/* SPDX-License-Identifier: MIT */
/* commands.c - what the user asks for while the viewer runs, by a key or on the page (controls.c).
 */
#include <gio/gio.h>
#include <string.h>

#include "json.h"
#include "keys.h"
#include "nn.h"
#include "parts.h"
#include "report.h"
#include "status.h"

enum {
    SHOWN_SECONDS = 3, /* a text on the video */
    MOST_STEPS = 6,    /* of the labels' size, each way */
};

void commands_quit(Viewer *viewer, int status)
{
    viewer->status = status;
    g_main_loop_quit(viewer->loop);
}

/* ---- model -------------------------------------------------------------------------------- */

static char *name_of(const char *path)
{
    if (!path)
        return g_strdup(NN_DEFAULT_MODEL);
    g_autofree char *name = g_path_get_basename(path);
    if (g_str_has_suffix(name, ".tflite"))
        name[strlen(name) - strlen(".tflite")] = '\0';
    return g_steal_pointer(&name);
}

char *commands_model_name(const Viewer *viewer)
{
    return name_of(viewer->model);
}

static bool is_called(const char *path, const char *name)
{
    g_autofree char *its_name = name_of(path);
    return g_str_equal(its_name, name);
}

bool commands_is_model(const Viewer *viewer, const char *path)
{
    g_autofree char *chosen = name_of(viewer->model);
    return is_called(path, chosen);
}

static bool is_taught(const Viewer *viewer, const char *path)
{
    return viewer->teaching && g_strcmp0(path, teaching_model(viewer->teaching)) == 0;
}

static void use_model(Viewer *viewer, const char *path)
{
    g_free(viewer->model_before);
    viewer->model_before = viewer->model;
    viewer->model = g_strdup(path);
    viewer->model_set_at = g_get_monotonic_time();
    g_free(viewer->base_before);
    viewer->base_before = viewer->base;
    viewer->base = g_strdup(is_taught(viewer, path) ? viewer->base_before : path);
    state_set_notice(viewer, NULL);
    feed_set_model(viewer->feed, viewer->model);
}

void commands_model_failed(Viewer *viewer)
{
    g_free(viewer->model);
    viewer->model = g_steal_pointer(&viewer->model_before);
    g_free(viewer->base);
    viewer->base = g_steal_pointer(&viewer->base_before);
    viewer->model_set_at = 0;
}

void commands_offer_model(Viewer *viewer, const char *path)
{
    g_autofree char *name = name_of(path);
    if (g_strv_contains((const char *const *)viewer->models, name))
        return;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_strv_builder_add(builder, name);
    g_strv_builder_addv(builder, (const char **)viewer->models);
    g_strfreev(viewer->models);
    viewer->models = g_strv_builder_end(builder);
}

/* Those of the command line and of teaching may lie anywhere. */
static char *find_model(const Viewer *viewer, const char *name, GError **error)
{
    const char *elsewhere[] = {viewer->options->model,
                               viewer->teaching ? teaching_model(viewer->teaching) : NULL};
    for (size_t i = 0; i < G_N_ELEMENTS(elsewhere); i++) {
        if (elsewhere[i] && is_called(elsewhere[i], name))
            return g_strdup(elsewhere[i]);
    }
    return nn_model_find(name, error);
}

bool commands_set_model(Viewer *viewer, const char *name, GError **error)
{
    if (!g_strv_contains((const char *const *)viewer->models, name)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    "no model '%s' is installed; 'mobilenet fetch' gets some", name);
        return false;
    }
    g_autofree char *path = find_model(viewer, name, error);
    if (path)
        use_model(viewer, path);
    return path != NULL;
}

static void next_model(Viewer *viewer)
{
    g_autofree char *now = commands_model_name(viewer);
    g_autoptr(GError) error = NULL;
    guint n = g_strv_length(viewer->models), at = 0;
    while (at < n && !g_str_equal(viewer->models[at], now))
        at++;
    const char *next = viewer->models[(at + 1) % n];
    if (n < 2) {
        commands_show(viewer, "There is no other model; 'mobilenet fetch' gets some.");
        return;
    }
    g_autofree char *text = g_strdup_printf("Model: %s", next);
    bool done = commands_set_model(viewer, next, &error);
    commands_show(viewer, done ? text : error->message);
}

/* ---- text on the video -------------------------------------------------------------------- */

/* A message of the moment, or the help, or what teaching has to say. */
static void update_panel(Viewer *viewer, const char *text)
{
    if (!viewer->outputs || !viewer->options->window)
        return;
    bool teaching = !text && !viewer->help && prompt_is_open(viewer->prompt);
    g_autofree char *prompt = teaching ? prompt_panel(viewer->prompt) : NULL;
    outputs_set_panel(viewer->outputs,
                      teaching                ? prompt
                      : text || !viewer->help ? text
                                              : KEYS_TEXT,
                      teaching);
}

static gboolean on_shown(gpointer data)
{
    Viewer *viewer = data;
    viewer->message_timer = 0;
    update_panel(viewer, NULL);
    return G_SOURCE_REMOVE;
}

void commands_show(Viewer *viewer, const char *text)
{
    g_clear_handle_id(&viewer->message_timer, g_source_remove);
    update_panel(viewer, text);
    viewer->message_timer = g_timeout_add_seconds(SHOWN_SECONDS, on_shown, viewer);
}

/* ---- pictures ----------------------------------------------------------------------------- */

void commands_picture(GstSample *clean, GstSample *labelled, gpointer data)
{
    Viewer *viewer = data;
    g_autofree char *json = viewer->result ? json_result(viewer->result) : g_strdup("{}");
    archive_snapshot(viewer->archive, clean, labelled, json);
}

bool commands_set_recording(Viewer *viewer, bool record, GError **error)
{
    if (viewer->archive)
        return archive_record(viewer->archive, record, error);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "there is no video to be recorded");
    return false;
}

static void toggle_recording(Viewer *viewer)
{
    g_autoptr(GError) error = NULL;
    if (!commands_set_recording(viewer, !archive_is_recording(viewer->archive), &error)) {
        report("%s", error->message);
        state_set_notice(viewer, error->message);
        commands_show(viewer, error->message);
    }
}

/* ---- teaching ----------------------------------------------------------------------------- */

char *commands_teach_base(GError **error, gpointer data)
{
    const Viewer *viewer = data;
    if (!viewer->paused)
        return nn_model_find(viewer->base, error);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY,
                "the video is paused; let it go on, then teach");
    return NULL;
}

void commands_taught(const char *path, bool taught, gpointer data)
{
    Viewer *viewer = data;
    if (taught)
        commands_offer_model(viewer, path);
    if (taught || is_taught(viewer, viewer->model)) {
        g_autofree char *next = g_strdup(taught ? path : viewer->base);
        use_model(viewer, next);
    }
    if (taught && viewer->teaching_models++ == 0)
        report("taught: %s", path);
}

void commands_teaching_changed(gpointer data)
{
    Viewer *viewer = data;
    if (!viewer->message_timer)
        update_panel(viewer, NULL);
    state_changed(viewer);
}

static void open_prompt(Viewer *viewer)
{
    g_autofree char *why = prompt_set_open(viewer->prompt, true);
    if (why)
        commands_show(viewer, why);
}

/* ---- the rest ----------------------------------------------------------------------------- */

bool commands_set_camera(Viewer *viewer, gint64 number, GError **error)
{
    g_autofree char *wish = g_strdup_printf("%" G_GINT64_FORMAT, number);
    Source *source = number == 0 ? source_new_demo() : source_new_camera(wish, error);
    if (!source)
        return false;
    state_set_notice(viewer, NULL);
    report("showing %s", source->what);
    if (!feed_start(viewer->feed, source)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s cannot be opened", wish);
        return false;
    }
    return true;
}

/* The demo comes after the last camera. */
static void next_camera(Viewer *viewer)
{
    g_autoptr(GError) error = NULL;
    guint n = viewer->cameras ? viewer->cameras->len : 0;
    if (n == 0 && feed_source(viewer->feed)->kind == SOURCE_DEMO) {
        commands_show(viewer, "There is no camera.");
        return;
    }
    int next = (feed_source(viewer->feed)->number + 1) % (int)(n + 1);
    if (!commands_set_camera(viewer, next, &error))
        commands_show(viewer, error->message);
}

void commands_set_threshold(Viewer *viewer, double threshold)
{
    viewer->threshold = threshold;
    feed_set_threshold(viewer->feed, threshold);
}

void commands_set_paused(Viewer *viewer, bool paused)
{
    viewer->paused = paused;
    feed_pause(viewer->feed, paused);
}

void commands_set_labels(Viewer *viewer, bool shown)
{
    viewer->labels_hidden = !shown;
    if (viewer->outputs)
        outputs_show_labels(viewer->outputs, shown);
}

void commands_key(const char *name, bool down, gpointer data)
{
    Viewer *viewer = data;
    if (prompt_is_open(viewer->prompt)) {
        prompt_key(viewer->prompt, name, down);
        return;
    }
    Key key = down ? keys_find(name) : KEY_NONE;
    switch (key) {
    case KEY_QUIT:
        commands_quit(viewer, STATUS_OK);
        return;
    case KEY_PAUSE:
        commands_set_paused(viewer, !viewer->paused);
        break;
    case KEY_LABELS:
        commands_set_labels(viewer, viewer->labels_hidden);
        break;
    case KEY_SNAPSHOT:
        outputs_want_picture(viewer->outputs);
        break;
    case KEY_RECORD:
        toggle_recording(viewer);
        break;
    case KEY_LARGER:
    case KEY_SMALLER:
        viewer->label_size += key == KEY_LARGER ? 1 : -1;
        viewer->label_size = CLAMP(viewer->label_size, -MOST_STEPS, MOST_STEPS);
        outputs_set_label_size(viewer->outputs, viewer->label_size);
        break;
    case KEY_MODEL:
        next_model(viewer);
        break;
    case KEY_CAMERA:
        next_camera(viewer);
        break;
    case KEY_FULL:
        viewer->full = !viewer->full;
        if (!outputs_set_fullscreen(viewer->outputs, viewer->full))
            commands_show(viewer,
                          "The window's sink knows no full screen; the window manager does.");
        break;
    case KEY_TEACH:
        open_prompt(viewer);
        break;
    case KEY_HELP:
        viewer->help = !viewer->help;
        update_panel(viewer, NULL);
        break;
    case KEY_NONE:
        return;
    }
    state_changed(viewer);
}

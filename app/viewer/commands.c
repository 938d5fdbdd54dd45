/* SPDX-License-Identifier: MIT */
/* commands.c - what the user asks for while the viewer runs, by a key or on the page. */
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

static bool set_model(Viewer *viewer, const char *name, GError **error)
{
    if (!g_strv_contains((const char *const *)viewer->models, name)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    "no model '%s' is installed; 'mobilenet fetch' gets some", name);
        return false;
    }
    /* The one of the command line may lie anywhere. */
    g_autofree char *given = name_of(viewer->options->model);
    g_autofree char *path = g_str_equal(name, given) && viewer->options->model
                                ? g_strdup(viewer->options->model)
                                : nn_model_find(name, error);
    if (!path)
        return false;
    g_free(viewer->model_before);
    viewer->model_before = viewer->model;
    viewer->model = g_steal_pointer(&path);
    viewer->model_set_at = g_get_monotonic_time();
    state_set_notice(viewer, NULL);
    feed_set_model(viewer->feed, viewer->model);
    return true;
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
    bool done = set_model(viewer, next, &error);
    commands_show(viewer, done ? text : error->message);
}

/* ---- text on the video -------------------------------------------------------------------- */

static void update_panel(Viewer *viewer, const char *text)
{
    if (viewer->outputs && viewer->options->window)
        outputs_set_panel(viewer->outputs, text ? text : viewer->help ? KEYS_TEXT : NULL);
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

static bool set_recording(Viewer *viewer, bool record, GError **error)
{
    if (viewer->archive)
        return archive_record(viewer->archive, record, error);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "there is no video to be recorded");
    return false;
}

static void toggle_recording(Viewer *viewer)
{
    g_autoptr(GError) error = NULL;
    if (!set_recording(viewer, !archive_is_recording(viewer->archive), &error)) {
        report("%s", error->message);
        state_set_notice(viewer, error->message);
        commands_show(viewer, error->message);
    }
}

/* ---- the rest ----------------------------------------------------------------------------- */

static bool set_camera(Viewer *viewer, gint64 number, GError **error)
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
    if (!set_camera(viewer, next, &error))
        commands_show(viewer, error->message);
}

static void set_threshold(Viewer *viewer, double threshold)
{
    viewer->threshold = threshold;
    feed_set_threshold(viewer->feed, threshold);
}

static void set_paused(Viewer *viewer, bool paused)
{
    viewer->paused = paused;
    feed_pause(viewer->feed, paused);
}

static void set_labels(Viewer *viewer, bool shown)
{
    viewer->labels_hidden = !shown;
    if (viewer->outputs)
        outputs_show_labels(viewer->outputs, shown);
}

void commands_key(int key, gpointer data)
{
    Viewer *viewer = data;
    switch ((Key)key) {
    case KEY_QUIT:
        commands_quit(viewer, STATUS_OK);
        return;
    case KEY_PAUSE:
        set_paused(viewer, !viewer->paused);
        break;
    case KEY_LABELS:
        set_labels(viewer, viewer->labels_hidden);
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
    case KEY_HELP:
        viewer->help = !viewer->help;
        update_panel(viewer, NULL);
        break;
    case KEY_NONE:
        return;
    }
    state_changed(viewer);
}

/* The value of a command; FALSE and error if it has another type or is out of range. */
static bool get_value(JsonNode *node, GType type, GValue *value)
{
    if (!JSON_NODE_HOLDS_VALUE(node))
        return false;
    g_auto(GValue) given = G_VALUE_INIT;
    json_node_get_value(node, &given);
    g_value_init(value, type);
    if (type == G_TYPE_DOUBLE && G_VALUE_HOLDS_INT64(&given)) {
        g_value_set_double(value, (double)g_value_get_int64(&given));
        return true;
    }
    if (G_VALUE_TYPE(&given) != type)
        return false;
    g_value_copy(&given, value);
    return true;
}

static bool control_model(Viewer *viewer, const GValue *value, GError **error)
{
    return set_model(viewer, g_value_get_string(value), error);
}

static bool control_camera(Viewer *viewer, const GValue *value, GError **error)
{
    return set_camera(viewer, g_value_get_int64(value), error);
}

static bool control_threshold(Viewer *viewer, const GValue *value, GError **error)
{
    double threshold = g_value_get_double(value);
    if (!(threshold >= 0 && threshold <= 1)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "threshold: must be 0 to 1");
        return false;
    }
    set_threshold(viewer, threshold);
    return true;
}

static bool control_labels(Viewer *viewer, const GValue *value, GError **error)
{
    (void)error;
    set_labels(viewer, g_value_get_boolean(value));
    return true;
}

static bool control_record(Viewer *viewer, const GValue *value, GError **error)
{
    return set_recording(viewer, g_value_get_boolean(value), error);
}

static bool control_paused(Viewer *viewer, const GValue *value, GError **error)
{
    (void)error;
    set_paused(viewer, g_value_get_boolean(value));
    return true;
}

static const struct {
    const char *name, *type_name;
    GType type;
    bool (*control)(Viewer *viewer, const GValue *value, GError **error);
} controls[] = {
    {"model", "a name from \"models\"", G_TYPE_STRING, control_model},
    {"camera", "a number, 0 for the demo", G_TYPE_INT64, control_camera},
    {"threshold", "a number, 0 to 1", G_TYPE_DOUBLE, control_threshold},
    {"labels", "true or false", G_TYPE_BOOLEAN, control_labels},
    {"paused", "true or false", G_TYPE_BOOLEAN, control_paused},
    {"record", "true or false", G_TYPE_BOOLEAN, control_record},
};

bool commands_control(const char *name, JsonNode *node, GError **error, gpointer data)
{
    Viewer *viewer = data;
    for (size_t i = 0; i < G_N_ELEMENTS(controls); i++) {
        if (!g_str_equal(name, controls[i].name))
            continue;
        g_auto(GValue) value = G_VALUE_INIT;
        if (!get_value(node, controls[i].type, &value)) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s: must be %s", name,
                        controls[i].type_name);
            return false;
        }
        bool done = controls[i].control(viewer, &value, error);
        state_changed(viewer);
        return done;
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "no command '%s'", name);
    return false;
}

/* SPDX-License-Identifier: MIT */
/* commands.c - what the user asks for while the viewer runs, by a key or on the page. */
#include <gio/gio.h>
#include <string.h>

#include "keys.h"
#include "nn.h"
#include "parts.h"
#include "report.h"
#include "status.h"

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

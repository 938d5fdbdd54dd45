/* SPDX-License-Identifier: MIT */
/* controls.c - {"NAME": VALUE} of the page: checked, then done. */
#include <gio/gio.h>

#include "parts.h"

/* ["a", "b"] as a string array. */
static bool get_strings(JsonNode *node, GValue *value)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    JsonArray *array = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonNode *one = json_array_get_element(array, i);
        if (json_node_get_value_type(one) != G_TYPE_STRING)
            return false;
        g_strv_builder_add(builder, json_node_get_string(one));
    }
    g_value_init(value, G_TYPE_STRV);
    g_value_take_boxed(value, g_strv_builder_end(builder));
    return array != NULL;
}

/* The value of a command; false if it has another type. */
static bool get_value(JsonNode *node, GType type, GValue *value)
{
    if (type == G_TYPE_BOXED) /* of which there is but this */
        return get_strings(node, value);
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
    return commands_set_model(viewer, g_value_get_string(value), error);
}

static bool control_camera(Viewer *viewer, const GValue *value, GError **error)
{
    return commands_set_camera(viewer, g_value_get_int64(value), error);
}

static bool control_threshold(Viewer *viewer, const GValue *value, GError **error)
{
    double threshold = g_value_get_double(value);
    if (!(threshold >= 0 && threshold <= 1)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "threshold: must be 0 to 1");
        return false;
    }
    commands_set_threshold(viewer, threshold);
    return true;
}

static bool control_labels(Viewer *viewer, const GValue *value, GError **error)
{
    (void)error;
    commands_set_labels(viewer, g_value_get_boolean(value));
    return true;
}

static bool control_record(Viewer *viewer, const GValue *value, GError **error)
{
    return commands_set_recording(viewer, g_value_get_boolean(value), error);
}

static bool control_paused(Viewer *viewer, const GValue *value, GError **error)
{
    (void)error;
    commands_set_paused(viewer, g_value_get_boolean(value));
    return true;
}

static bool control_teach(Viewer *viewer, const GValue *value, GError **error)
{
    return teaching_set_on(viewer->teaching, g_value_get_boolean(value), error);
}

static bool control_hold(Viewer *viewer, const GValue *value, GError **error)
{
    g_autofree char *name = g_strstrip(g_value_dup_string(value));
    return teaching_hold(viewer->teaching, name, error);
}

static bool control_done(Viewer *viewer, const GValue *value, GError **error)
{
    (void)error;
    if (g_value_get_boolean(value))
        teaching_done(viewer->teaching);
    return true;
}

static bool control_undo(Viewer *viewer, const GValue *value, GError **error)
{
    return !g_value_get_boolean(value) || teaching_undo(viewer->teaching, error);
}

static bool control_rename(Viewer *viewer, const GValue *value, GError **error)
{
    char **names = g_value_get_boxed(value);
    if (g_strv_length(names) != 2) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "teach-rename: must be [\"OLD NAME\", \"NEW NAME\"]");
        return false;
    }
    g_autofree char *name = g_strstrip(g_strdup(names[1]));
    return teaching_rename(viewer->teaching, names[0], name, error);
}

static bool control_forget(Viewer *viewer, const GValue *value, GError **error)
{
    return teaching_forget(viewer->teaching, g_value_get_string(value), error);
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
    {"teach", "true or false", G_TYPE_BOOLEAN, control_teach},
    {"teach-hold", "the name of a class", G_TYPE_STRING, control_hold},
    {"teach-done", "true", G_TYPE_BOOLEAN, control_done},
    {"teach-undo", "true", G_TYPE_BOOLEAN, control_undo},
    {"teach-rename", "[\"OLD NAME\", \"NEW NAME\"]", G_TYPE_BOXED, control_rename},
    {"teach-forget", "the name of a class", G_TYPE_STRING, control_forget},
};

bool controls_set(const char *name, JsonNode *node, GError **error, gpointer data)
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

/* SPDX-License-Identifier: MIT */
/* keys.c - keys of the window: sinks send them upstream as navigation events. */
#include <gst/video/navigation.h>

#include "keys.h"

#define MESSAGE_NAME "viewer-key"

static const struct {
    const char *name; /* as X and GstNavigation call it */
    Key key;
} table[] = {
    {"q", KEY_QUIT},        {"Q", KEY_QUIT},        {"Escape", KEY_QUIT},
    {"space", KEY_PAUSE},   {"s", KEY_SNAPSHOT},    {"S", KEY_SNAPSHOT},
    {"r", KEY_RECORD},      {"R", KEY_RECORD},      {"l", KEY_LABELS},
    {"L", KEY_LABELS},      {"plus", KEY_LARGER},   {"equal", KEY_LARGER},
    {"KP_Add", KEY_LARGER}, {"minus", KEY_SMALLER}, {"KP_Subtract", KEY_SMALLER},
    {"m", KEY_MODEL},       {"M", KEY_MODEL},       {"c", KEY_CAMERA},
    {"C", KEY_CAMERA},      {"f", KEY_FULL},        {"F", KEY_FULL},
    {"F11", KEY_FULL},      {"question", KEY_HELP}, {"h", KEY_HELP},
    {"F1", KEY_HELP},       {"t", KEY_TEACH},       {"T", KEY_TEACH},
    {"slash", KEY_HELP}, /* X sinks name keys without shift */
};

Key keys_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        if (g_str_equal(name, table[i].name))
            return table[i].key;
    }
    return KEY_NONE;
}

static GstPadProbeReturn on_event(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)data;
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
    const char *name = NULL;
    if (GST_EVENT_TYPE(event) != GST_EVENT_NAVIGATION)
        return GST_PAD_PROBE_OK;
    GstNavigationEventType type = gst_navigation_event_get_type(event);
    bool down = type == GST_NAVIGATION_EVENT_KEY_PRESS;
    if ((!down && type != GST_NAVIGATION_EVENT_KEY_RELEASE) ||
        !gst_navigation_event_parse_key_event(event, &name) || !name)
        return GST_PAD_PROBE_OK;
    g_autoptr(GstElement) sink = gst_pad_get_parent_element(pad);
    GstStructure *structure = gst_structure_new(MESSAGE_NAME, "key", G_TYPE_STRING, name, "down",
                                                G_TYPE_BOOLEAN, down, NULL);
    gst_element_post_message(sink, gst_message_new_application(GST_OBJECT(sink), structure));
    return GST_PAD_PROBE_OK;
}

void keys_watch(GstElement *sink)
{
    g_autoptr(GstPad) pad = gst_element_get_static_pad(sink, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_event, NULL, NULL);
}

const char *keys_parse(GstMessage *message, bool *down)
{
    const GstStructure *structure = gst_message_get_structure(message);
    gboolean is_down;
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_APPLICATION ||
        !gst_structure_has_name(structure, MESSAGE_NAME) ||
        !gst_structure_get_boolean(structure, "down", &is_down))
        return NULL;
    *down = is_down;
    return gst_structure_get_string(structure, "key");
}

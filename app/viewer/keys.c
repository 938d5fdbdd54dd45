/* SPDX-License-Identifier: MIT */
/* keys.c - keys pressed in the window: sinks send them upstream as navigation events. */
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
    {"F1", KEY_HELP},       {"slash", KEY_HELP}, /* X sinks name keys without shift */
};

static Key key_from_name(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        if (g_strcmp0(name, table[i].name) == 0)
            return table[i].key;
    }
    return KEY_NONE;
}

static GstPadProbeReturn on_event(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)data;
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
    const char *name = NULL;
    if (GST_EVENT_TYPE(event) != GST_EVENT_NAVIGATION ||
        gst_navigation_event_get_type(event) != GST_NAVIGATION_EVENT_KEY_PRESS ||
        !gst_navigation_event_parse_key_event(event, &name))
        return GST_PAD_PROBE_OK;
    Key key = key_from_name(name);
    if (key != KEY_NONE) {
        g_autoptr(GstElement) sink = gst_pad_get_parent_element(pad);
        GstStructure *structure = gst_structure_new(MESSAGE_NAME, "key", G_TYPE_INT, key, NULL);
        gst_element_post_message(sink, gst_message_new_application(GST_OBJECT(sink), structure));
    }
    return GST_PAD_PROBE_OK;
}

void keys_watch(GstElement *sink)
{
    g_autoptr(GstPad) pad = gst_element_get_static_pad(sink, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_event, NULL, NULL);
}

Key keys_parse(GstMessage *message)
{
    const GstStructure *structure = gst_message_get_structure(message);
    int key;
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_APPLICATION ||
        !gst_structure_has_name(structure, MESSAGE_NAME) ||
        !gst_structure_get_int(structure, "key", &key))
        return KEY_NONE;
    return (Key)key;
}

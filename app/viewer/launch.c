/* SPDX-License-Identifier: MIT */
/* launch.c - pipelines as text: quoting, elements to text, text to a shell's command line. */
#include <string.h>

#include "launch.h"

char *launch_quote(const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:+-,%@";
    if (*value && strspn(value, plain) == strlen(value))
        return g_strdup(value);
    GString *quoted = g_string_new("\"");
    for (const char *c = value; *c; c++) {
        if (strchr("\"\\$`", *c))
            g_string_append_c(quoted, '\\');
        g_string_append_c(quoted, *c);
    }
    g_string_append_c(quoted, '"');
    return g_string_free(quoted, FALSE);
}

/* " name=value" if the property can be set and differs from its value in `fresh`. */
static void append_property(GString *text, GstElement *element, GstElement *fresh, GParamSpec *spec)
{
    if ((spec->flags & G_PARAM_READWRITE) != G_PARAM_READWRITE ||
        (spec->flags & G_PARAM_CONSTRUCT_ONLY) || g_str_equal(spec->name, "name") ||
        g_str_equal(spec->name, "parent"))
        return;
    g_auto(GValue) value = G_VALUE_INIT, usual = G_VALUE_INIT;
    g_value_init(&value, spec->value_type);
    g_value_init(&usual, spec->value_type);
    g_object_get_property(G_OBJECT(element), spec->name, &value);
    g_object_get_property(G_OBJECT(fresh), spec->name, &usual);
    if (gst_value_compare(&value, &usual) == GST_VALUE_EQUAL)
        return;
    g_autofree char *raw =
        G_VALUE_HOLDS_STRING(&value) ? g_value_dup_string(&value) : gst_value_serialize(&value);
    if (!raw)
        return;
    g_autofree char *quoted = launch_quote(raw);
    g_string_append_printf(text, " %s=%s", spec->name, quoted);
}

char *launch_from_element(GstElement *element)
{
    GstElementFactory *factory = gst_element_get_factory(element);
    g_autoptr(GstElement) fresh = gst_object_ref_sink(gst_element_factory_create(factory, NULL));
    GString *text = g_string_new(GST_OBJECT_NAME(factory));
    guint n;
    g_autofree GParamSpec **specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &n);
    for (guint i = 0; i < n; i++)
        append_property(text, element, fresh, specs[i]);
    return g_string_free(text, FALSE);
}

char *launch_command(const char *launch)
{
    GString *command = g_string_new("gst-launch-1.0 -m");
    g_auto(GStrv) words = g_strsplit(launch, " ", -1);
    for (char **word = words; *word; word++) {
        /* Braces, brackets and the like of caps mean something to a shell; quotes stay. */
        if (strpbrk(*word, "{}[]()*?;&|<>~") && !strchr(*word, '"'))
            g_string_append_printf(command, " '%s'", *word);
        else
            g_string_append_printf(command, " %s", *word);
    }
    return g_string_free(command, FALSE);
}

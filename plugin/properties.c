/* SPDX-License-Identifier: MIT */
/* properties.c - the properties of mobilenet: settings, and what can be read while it runs. */
#include "bus.h"
#include "gstmobilenet-private.h"

enum {
    PROP_LAST_RESULT = PROP_SETTINGS_LAST + 1,
    PROP_STATS,
    PROP_MODEL_INFO,
};

static void check_roi(GstMobilenet *self, const gchar *text)
{
    GError *error = NULL;
    Roi roi;

    if (text != NULL && *text != '\0' && !roi_parse(text, &roi, &error)) {
        bus_post_warning(GST_ELEMENT(self), error);
        g_error_free(error);
    }
}

static void gst_mobilenet_set_property(GObject *object, guint id, const GValue *value,
                                       GParamSpec *pspec)
{
    GstMobilenet *self = GST_MOBILENET(object);

    GST_OBJECT_LOCK(self);
    gboolean known = settings_set(&self->settings, id, value);
    if (id == PROP_DEBUG_INPUT) /* each time anew */
        self->input.file = self->settings.debug_input;
    GST_OBJECT_UNLOCK(self);
    if (!known)
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);

    if (id == PROP_ROI)
        check_roi(self, g_value_get_string(value));
    if (id == PROP_OVERLAY) { /* the caps feature of overlay compositions comes or goes */
        drawing_unsettle(&self->drawing);
        gst_base_transform_reconfigure_src(GST_BASE_TRANSFORM(self));
    }
}

static void gst_mobilenet_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    GstMobilenet *self = GST_MOBILENET(object);

    GST_OBJECT_LOCK(self);
    if (id == PROP_LAST_RESULT)
        g_value_take_boxed(value, self->engine ? engine_last_result(self->engine) : NULL);
    else if (id == PROP_STATS)
        g_value_take_boxed(value, self->engine ? engine_stats(self->engine) : NULL);
    else if (id == PROP_MODEL_INFO)
        g_value_take_boxed(value, self->engine ? engine_model(self->engine) : NULL);
    else if (!settings_get(&self->settings, id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    GST_OBJECT_UNLOCK(self);
}

Settings mobilenet_settings(GstMobilenet *self)
{
    GST_OBJECT_LOCK(self);
    Settings settings = self->settings;
    GST_OBJECT_UNLOCK(self);
    return settings;
}

static void install_results(GObjectClass *object_class)
{
    const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

    g_object_class_install_property(
        object_class, PROP_LAST_RESULT,
        g_param_spec_boxed("last-result", "Last result",
                           "The last result, with the fields of the element message; NULL before "
                           "the first",
                           GST_TYPE_STRUCTURE, flags));
    g_object_class_install_property(
        object_class, PROP_STATS,
        g_param_spec_boxed(
            "stats", "Statistics",
            "Since the start: frames; of them classified, skipped (the network was busy), paced "
            "(interval, max-rate, cpu-budget) and qos-skipped; results dropped-by-age; cpu-time in "
            "nanoseconds. Of late: 50th, 95th and 99th percentile of the nanoseconds that map, "
            "tensor, picture (both), inference and draw took. NULL while stopped",
            GST_TYPE_STRUCTURE, flags));
    g_object_class_install_property(
        object_class, PROP_MODEL_INFO,
        g_param_spec_boxed(
            "model-info", "Model info",
            "The model in use: path, name, width, height, channels, classes, "
            "labels-fit, threads, load-time, inference-time; notified when a new one "
            "takes over; NULL while stopped",
            GST_TYPE_STRUCTURE, flags));
}

void mobilenet_install_properties(GObjectClass *object_class)
{
    object_class->set_property = gst_mobilenet_set_property;
    object_class->get_property = gst_mobilenet_get_property;
    settings_install(object_class);
    install_results(object_class);
}

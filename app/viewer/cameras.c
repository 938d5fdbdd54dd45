/* SPDX-License-Identifier: MIT */
/* cameras.c - the cameras of this machine through GstDeviceMonitor, and the best mode of each. */
#include <stdbool.h>

#include "cameras.h"
#include "launch.h"
#include "nn.h"

/* Modes in the order we like them: smooth and large enough to look at, but no larger than a small
 * machine can draw; raw before JPEG, which must be decoded. */
static const char *const modes[] = {
    "video/x-raw,width=1280,height=720,framerate=[24/1,60/1]",
    "image/jpeg,width=1280,height=720,framerate=[24/1,60/1]",
    "video/x-raw,width=640,height=480,framerate=[15/1,60/1]",
    "image/jpeg,width=640,height=480,framerate=[15/1,60/1]",
    "video/x-raw",
    "image/jpeg",
};

/* Nodes of a Raspberry Pi that call themselves cameras: parts of its image processor. */
static const char *const no_cameras[] = {"bcm2835-", "pispbe", "rp1-cfe", "rpi-"};

char *camera_name(GstDevice *device)
{
    return gst_device_get_display_name(device);
}

char *camera_path(GstDevice *device)
{
    static const char *const keys[] = {"device.path", "api.v4l2.path"};
    g_autoptr(GstStructure) properties = gst_device_get_properties(device);
    for (size_t i = 0; properties && i < G_N_ELEMENTS(keys); i++) {
        const char *path = gst_structure_get_string(properties, keys[i]);
        if (path)
            return g_strdup(path);
    }
    return NULL;
}

static bool is_camera(GstDevice *device)
{
    g_autofree char *name = camera_name(device);
    for (size_t i = 0; i < G_N_ELEMENTS(no_cameras); i++) {
        if (g_str_has_prefix(name, no_cameras[i]))
            return false;
    }
    return true;
}

/* Several providers may offer one camera; its device node tells. */
static bool is_known(const GPtrArray *cameras, GstDevice *device)
{
    g_autofree char *path = camera_path(device);
    for (guint i = 0; path && i < cameras->len; i++) {
        g_autofree char *other = camera_path(cameras->pdata[i]);
        if (g_strcmp0(path, other) == 0)
            return true;
    }
    return false;
}

GPtrArray *cameras_find(void)
{
    GPtrArray *cameras = g_ptr_array_new_with_free_func(gst_object_unref);
    g_autoptr(GstDeviceMonitor) monitor = gst_device_monitor_new();
    gst_device_monitor_add_filter(monitor, "Video/Source", NULL);
    if (!gst_device_monitor_start(monitor))
        return cameras;
    GList *devices = gst_device_monitor_get_devices(monitor);
    for (GList *d = devices; d; d = d->next) {
        if (is_camera(d->data) && !is_known(cameras, d->data))
            g_ptr_array_add(cameras, gst_object_ref(d->data));
    }
    g_list_free_full(devices, gst_object_unref);
    gst_device_monitor_stop(monitor);
    return cameras;
}

/* Narrows raw video down to the pixel formats of the runtime. */
static void restrict_formats(GstCaps *caps)
{
    g_auto(GValue) formats = G_VALUE_INIT;
    g_value_init(&formats, GST_TYPE_LIST);
    for (int i = 0; i < NN_PIXELS_COUNT; i++) {
        g_auto(GValue) name = G_VALUE_INIT;
        g_value_init(&name, G_TYPE_STRING);
        g_value_set_static_string(&name, nn_pixels_name((NnPixels)i));
        gst_value_list_append_value(&formats, &name);
    }
    GstStructure *structure = gst_caps_get_structure(caps, 0);
    if (gst_structure_has_name(structure, "video/x-raw"))
        gst_structure_set_value(structure, "format", &formats);
}

/* The device's caps within one of our modes, fixed; NULL if it has none. */
static GstStructure *pick_mode(GstCaps *offered, const char *ours)
{
    g_autoptr(GstCaps) wanted = gst_caps_from_string(ours);
    restrict_formats(wanted);
    g_autoptr(GstCaps) both = gst_caps_intersect_full(offered, wanted, GST_CAPS_INTERSECT_FIRST);
    if (gst_caps_is_empty(both))
        return NULL;
    GstStructure *mode = gst_structure_copy(gst_caps_get_structure(both, 0));
    gst_structure_fixate_field_nearest_int(mode, "width", 640);
    gst_structure_fixate_field_nearest_int(mode, "height", 480);
    gst_structure_fixate_field_nearest_fraction(mode, "framerate", 30, 1);
    gst_structure_fixate(mode);
    return mode;
}

static char *mode_text(const GstStructure *mode)
{
    GString *text = g_string_new(gst_structure_get_name(mode));
    const char *format = gst_structure_get_string(mode, "format");
    int width, height, rate_n, rate_d;
    if (format)
        g_string_append_printf(text, ",format=%s", format);
    if (gst_structure_get_int(mode, "width", &width) &&
        gst_structure_get_int(mode, "height", &height))
        g_string_append_printf(text, ",width=%d,height=%d", width, height);
    if (gst_structure_get_fraction(mode, "framerate", &rate_n, &rate_d) && rate_n > 0)
        g_string_append_printf(text, ",framerate=%d/%d", rate_n, rate_d);
    return g_string_free(text, FALSE);
}

/* "1280x720", or "1..4096x1..4096" where any size does. */
static void append_size(GString *text, const GstStructure *mode)
{
    int width, height;
    if (gst_structure_get_int(mode, "width", &width) &&
        gst_structure_get_int(mode, "height", &height)) {
        g_string_append_printf(text, " %dx%d", width, height);
        return;
    }
    const GValue *w = gst_structure_get_value(mode, "width");
    const GValue *h = gst_structure_get_value(mode, "height");
    if (w && h && GST_VALUE_HOLDS_INT_RANGE(w) && GST_VALUE_HOLDS_INT_RANGE(h))
        g_string_append_printf(text, " %d..%dx%d..%d", gst_value_get_int_range_min(w),
                               gst_value_get_int_range_max(w), gst_value_get_int_range_min(h),
                               gst_value_get_int_range_max(h));
}

/* The highest rate of a mode in frames a second; 0: none is said. */
static double highest_rate(const GValue *rate)
{
    double highest = 0;
    if (!rate)
        return 0;
    if (GST_VALUE_HOLDS_FRACTION(rate)) {
        int denominator = gst_value_get_fraction_denominator(rate);
        return denominator ? (double)gst_value_get_fraction_numerator(rate) / denominator : 0;
    }
    if (GST_VALUE_HOLDS_FRACTION_RANGE(rate))
        return highest_rate(gst_value_get_fraction_range_max(rate));
    if (GST_VALUE_HOLDS_LIST(rate)) {
        for (guint i = 0; i < gst_value_list_get_size(rate); i++)
            highest = MAX(highest, highest_rate(gst_value_list_get_value(rate, i)));
    }
    return highest;
}

char *camera_mode_text(const GstStructure *mode)
{
    const char *type = gst_structure_get_name(mode);
    const char *format = gst_structure_get_string(mode, "format");
    GString *text = g_string_new(format ? format : g_str_equal(type, "image/jpeg") ? "JPEG" : type);
    append_size(text, mode);
    double rate = highest_rate(gst_structure_get_value(mode, "framerate"));
    if (rate > 0)
        g_string_append_printf(text, ", %.3g frames/s", rate);
    return g_string_free(text, FALSE);
}

char **camera_modes(GstDevice *device)
{
    g_autoptr(GstCaps) caps = gst_device_get_caps(device);
    GPtrArray *texts = g_ptr_array_new();
    for (guint i = 0; caps && i < gst_caps_get_size(caps); i++) {
        char *text = camera_mode_text(gst_caps_get_structure(caps, i));
        if (g_ptr_array_find_with_equal_func(texts, text, g_str_equal, NULL))
            g_free(text); /* differs in what nobody chooses by */
        else
            g_ptr_array_add(texts, text);
    }
    g_ptr_array_add(texts, NULL);
    return (char **)g_ptr_array_free(texts, FALSE);
}

/* Takes launch, unless it is there already. */
static void add_launch(GPtrArray *launches, char *launch)
{
    if (g_ptr_array_find_with_equal_func(launches, launch, g_str_equal, NULL))
        g_free(launch);
    else
        g_ptr_array_add(launches, launch);
}

char **camera_launches(GstDevice *device)
{
    g_autoptr(GstElement) element = gst_device_create_element(device, NULL);
    if (!element)
        return NULL;
    gst_object_ref_sink(element);
    g_autofree char *source = launch_from_element(element);
    g_autoptr(GstCaps) offered = gst_device_get_caps(device);
    GPtrArray *launches = g_ptr_array_new();
    for (size_t i = 0; offered && i < G_N_ELEMENTS(modes); i++) {
        g_autoptr(GstStructure) mode = pick_mode(offered, modes[i]);
        if (!mode)
            continue;
        g_autofree char *caps = mode_text(mode);
        bool jpeg = gst_structure_has_name(mode, "image/jpeg");
        add_launch(launches, g_strconcat(source, " ! ", caps, jpeg ? " ! jpegdec" : "", NULL));
    }
    /* Whatever it sends by itself. */
    add_launch(launches, g_strconcat(source, " ! decodebin ! videoconvert", NULL));
    g_ptr_array_add(launches, NULL);
    return (char **)g_ptr_array_free(launches, FALSE);
}

char *camera_launch(GstDevice *device)
{
    g_auto(GStrv) launches = camera_launches(device);
    return launches ? g_strdup(launches[0]) : NULL;
}

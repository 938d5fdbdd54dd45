/* SPDX-License-Identifier: MIT */
/* helper.c - models, frames, buses for the tests of the elements. */
#include <string.h>

#include "helper.h"

const char *const formats[] = {"I420", "YV12",  "NV12",  "NV21", "YUY2", "UYVY", "YVYU", "RGB",
                               "BGR",  "RGBx",  "BGRx",  "xRGB", "xBGR", "RGBA", "BGRA", "ARGB",
                               "ABGR", "GRAY8", "RGB16", "Y42B", "Y444", "NV16", NULL};

/* ---- models ------------------------------------------------------------------------------- */

char *shared_file(const char *name)
{
    const char *shared = g_getenv("MOBILENET_SHARED");
    char *path = g_build_filename(shared != NULL ? shared : "../shared", name, NULL);

    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        g_clear_pointer(&path, g_free);
    return path;
}

const char *small_model(void)
{
    static char *model;

    if (model == NULL) {
        const char *tiny = g_getenv("MOBILENET_TEST_MODEL");

        if (tiny != NULL && g_file_test(tiny, G_FILE_TEST_EXISTS))
            model = g_strdup(tiny);
        else
            model = shared_file("models/vww_mobilenet_v1_0.25_96_int8.tflite");
    }
    return model;
}

gboolean helper_init(int *argc, char ***argv)
{
    gst_init(argc, argv);
    if (small_model() != NULL)
        return TRUE;
    g_print("skipped: no model: neither $MOBILENET_TEST_MODEL nor "
            "../shared/models/vww_mobilenet_v1_0.25_96_int8.tflite\n");
    return FALSE;
}

/* ---- rigs --------------------------------------------------------------------------------- */

Rig rig_new(const char *properties)
{
    char *launch = g_strdup_printf("mobilenet model-file=\"%s\" %s", small_model(), properties);
    GError *error = NULL;
    GstElement *element = gst_parse_launch(launch, &error);

    if (error != NULL)
        fail_msg("%s: %s", launch, error->message);
    g_free(launch);

    /* the bus first: starting already has things to say */
    Rig rig = {.element = gst_object_ref_sink(element), .bus = gst_bus_new()};
    gst_element_set_bus(element, rig.bus);
    rig.harness = gst_harness_new_with_element(element, "sink", "src");
    return rig;
}

void rig_set_caps(Rig *rig, const char *format, int width, int height)
{
    char *caps = g_strdup_printf("video/x-raw,format=%s,width=%d,height=%d,framerate=30/1", format,
                                 width, height);

    gst_harness_set_src_caps_str(rig->harness, caps);
    g_free(caps);
}

void rig_flush(Rig *rig)
{
    GstSegment segment;

    assert_true(gst_harness_push_event(rig->harness, gst_event_new_flush_start()));
    assert_true(gst_harness_push_event(rig->harness, gst_event_new_flush_stop(TRUE)));
    gst_segment_init(&segment, GST_FORMAT_TIME);
    assert_true(gst_harness_push_event(rig->harness, gst_event_new_segment(&segment)));
}

void rig_free(Rig *rig)
{
    gst_element_set_bus(rig->element, NULL);
    gst_object_unref(rig->element);
    gst_harness_teardown(rig->harness);
    gst_bus_set_flushing(rig->bus, TRUE);
    gst_object_unref(rig->bus);
}

/* ---- frames ------------------------------------------------------------------------------- */

static void fill(GstVideoFrame *frame, unsigned seed)
{
    for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES(frame); i++) {
        guint8 *plane = GST_VIDEO_FRAME_PLANE_DATA(frame, i);
        int stride = GST_VIDEO_FRAME_PLANE_STRIDE(frame, i);
        int rows = GST_VIDEO_FRAME_COMP_HEIGHT(frame, i);
        /* chroma of semi-planar formats: the bytes of both components */
        int used = GST_VIDEO_FRAME_COMP_WIDTH(frame, i) * GST_VIDEO_FRAME_COMP_PSTRIDE(frame, i);

        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < used; x++)
                plane[y * stride + x] = (guint8)(x * 3 + y * 5 + (int)seed * 11);
        }
    }
}

static void stamp(GstBuffer *buffer, unsigned number)
{
    GST_BUFFER_PTS(buffer) = number * (GST_SECOND / 30);
    GST_BUFFER_DURATION(buffer) = GST_SECOND / 30;
}

void frame_make_opaque(GstBuffer *frame, const GstVideoInfo *info)
{
    const char *unused = strchr(GST_VIDEO_INFO_NAME(info), 'x');
    gsize first = unused != NULL ? (gsize)(unused - GST_VIDEO_INFO_NAME(info)) : 0;
    gsize step = unused != NULL ? 4 : 0;
    GstMapInfo map;

    if (GST_VIDEO_INFO_HAS_ALPHA(info)) {
        first = GST_VIDEO_INFO_COMP_OFFSET(info, GST_VIDEO_COMP_A);
        step = (gsize)GST_VIDEO_INFO_COMP_PSTRIDE(info, GST_VIDEO_COMP_A);
    }
    gst_buffer_map(frame, &map, GST_MAP_WRITE);
    for (gsize i = first; step > 0 && i < map.size; i += step)
        map.data[i] = 255;
    gst_buffer_unmap(frame, &map);
}

GstBuffer *frame_new_padded(const char *format, int width, int height, unsigned seed, int pad)
{
    GstVideoInfo info;
    GstVideoFrame frame;
    GstBuffer *buffer;

    gst_video_info_set_format(&info, gst_video_format_from_string(format), (guint)width,
                              (guint)height);
    if (pad > 0) {
        GstVideoAlignment align;

        gst_video_alignment_reset(&align);
        align.padding_right = (guint)pad;
        align.padding_bottom = 2;
        gst_video_info_align(&info, &align);
    }
    buffer = gst_buffer_new_allocate(NULL, info.size, NULL);
    gst_buffer_memset(buffer, 0, 0x55, info.size);
    if (pad > 0)
        gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE,
                                       GST_VIDEO_INFO_FORMAT(&info), (guint)width, (guint)height,
                                       GST_VIDEO_INFO_N_PLANES(&info), info.offset, info.stride);
    assert_true(gst_video_frame_map(&frame, &info, buffer, GST_MAP_WRITE));
    fill(&frame, seed);
    gst_video_frame_unmap(&frame);
    stamp(buffer, seed);
    return buffer;
}

GstBuffer *frame_new(const char *format, int width, int height, unsigned seed)
{
    return frame_new_padded(format, width, height, seed, 0);
}

int changed_bytes(GstBuffer *a, GstBuffer *b, const char *format, int y0, int y1)
{
    GstVideoInfo info;
    GstVideoFrame fa, fb;
    int changed = 0;

    gst_video_info_set_format(&info, gst_video_format_from_string(format), PICTURE_W, PICTURE_H);
    assert_true(gst_video_frame_map(&fa, &info, a, GST_MAP_READ));
    assert_true(gst_video_frame_map(&fb, &info, b, GST_MAP_READ));
    int stride = GST_VIDEO_FRAME_PLANE_STRIDE(&fa, 0);
    for (int y = y0; y < y1; y++) {
        const guint8 *ra = (const guint8 *)GST_VIDEO_FRAME_PLANE_DATA(&fa, 0) + y * stride;
        const guint8 *rb = (const guint8 *)GST_VIDEO_FRAME_PLANE_DATA(&fb, 0) + y * stride;

        for (int x = 0; x < stride; x++)
            changed += ra[x] != rb[x];
    }
    gst_video_frame_unmap(&fa);
    gst_video_frame_unmap(&fb);
    return changed;
}

void frame_add_result(GstBuffer *frame, GstStructure *result)
{
    GstCustomMeta *meta = gst_buffer_add_custom_meta(frame, "GstMobilenetMeta");
    GstStructure *fields = gst_custom_meta_get_structure(meta);

    for (int i = 0; i < gst_structure_n_fields(result); i++) {
        const char *name = gst_structure_nth_field_name(result, (guint)i);

        gst_structure_set_value(fields, name, gst_structure_get_value(result, name));
    }
    gst_structure_free(result);
}

/* ---- reading ------------------------------------------------------------------------------ */

GstMessage *next_message(GstBus *bus, GstMessageType types, int seconds)
{
    return gst_bus_timed_pop_filtered(bus, (GstClockTime)seconds * GST_SECOND, types);
}

int count_messages(GstBus *bus, GstMessageType types)
{
    GstMessage *message;
    int n = 0;

    while ((message = gst_bus_pop_filtered(bus, types)) != NULL) {
        gst_message_unref(message);
        n++;
    }
    return n;
}

const GstStructure *result_on(GstBuffer *buffer)
{
    GstCustomMeta *meta = gst_buffer_get_custom_meta(buffer, "GstMobilenetMeta");

    return meta != NULL ? gst_custom_meta_get_structure(meta) : NULL;
}

guint64 u64_field(const GstStructure *structure, const char *name)
{
    guint64 value = 0;

    assert_non_null(structure);
    assert_true(gst_structure_get_uint64(structure, name, &value));
    return value;
}

guint64 get_stat(GstElement *element, const char *name)
{
    GstStructure *stats = NULL;
    guint64 value = 0;

    g_object_get(element, "stats", &stats, NULL);
    assert_non_null(stats);
    gst_structure_get_uint64(stats, name, &value);
    gst_structure_free(stats);
    return value;
}

gboolean wait_for_stat(GstElement *element, const char *name, guint64 value)
{
    for (int i = 0; i < 1000; i++) {
        if (get_stat(element, name) == value)
            return TRUE;
        g_usleep(10000);
    }
    return FALSE;
}

/* ---- the gate ----------------------------------------------------------------------------- */

static GstBusSyncReply pass_gate(GstBus *bus, GstMessage *message, gpointer data)
{
    Gate *gate = data;

    (void)bus;
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ELEMENT)
        return GST_BUS_PASS;
    g_mutex_lock(&gate->lock);
    gate->waiting++;
    g_cond_broadcast(&gate->changed);
    while (gate->shut)
        g_cond_wait(&gate->changed, &gate->lock);
    gate->waiting--;
    g_cond_broadcast(&gate->changed);
    g_mutex_unlock(&gate->lock);
    return GST_BUS_PASS;
}

void gate_init(Gate *gate, GstBus *bus)
{
    g_mutex_init(&gate->lock);
    g_cond_init(&gate->changed);
    gate->shut = TRUE;
    gate->waiting = 0;
    gst_bus_set_sync_handler(bus, pass_gate, gate, NULL);
}

void gate_set(Gate *gate, gboolean shut)
{
    g_mutex_lock(&gate->lock);
    gate->shut = shut;
    g_cond_broadcast(&gate->changed);
    g_mutex_unlock(&gate->lock);
}

void gate_wait_for_somebody(Gate *gate)
{
    g_mutex_lock(&gate->lock);
    while (gate->waiting == 0)
        g_cond_wait(&gate->changed, &gate->lock);
    g_mutex_unlock(&gate->lock);
}

void gate_clear(Gate *gate, GstBus *bus)
{
    gst_bus_set_sync_handler(bus, NULL, NULL, NULL);
    g_mutex_lock(&gate->lock);
    gate->shut = FALSE;
    g_cond_broadcast(&gate->changed);
    while (gate->waiting > 0) /* whoever is inside still needs the lock */
        g_cond_wait(&gate->changed, &gate->lock);
    g_mutex_unlock(&gate->lock);
    g_cond_clear(&gate->changed);
    g_mutex_clear(&gate->lock);
}

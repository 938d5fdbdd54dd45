/* SPDX-License-Identifier: MIT */
/* test_overlay.c - the label: blended into any format, attached where downstream takes it, painted
 * only when it changes; the result as metadata on its way through other elements. */
#include <stdio.h>
#include <string.h>

#include <gst/controller/controller.h>

#include "helper.h"

#define W 320
#define H 240

#define COMPOSITION GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION

/* How many bytes of luma (or of the only plane) differ in rows y0...y1. */
static int changed_bytes(GstBuffer *a, GstBuffer *b, const char *format, int y0, int y1)
{
    GstVideoInfo info;
    GstVideoFrame fa, fb;
    int changed = 0;

    gst_video_info_set_format(&info, gst_video_format_from_string(format), W, H);
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

/* How many parts of fonts and of their index are in memory. */
static int fonts_mapped(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[1024];
    int n = 0;

    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL)
        n += strstr(line, "/fonts/") != NULL || strstr(line, "/fontconfig/") != NULL;
    fclose(maps);
    return n;
}

/* To look for fonts and load one takes several frames' time, in which a camera would lose some.
 * Must be the first test: later ones find the fonts of the process loaded. */
static void fonts_are_loaded_before_the_first_frame(void **state)
{
    Rig rig = rig_new("mode=every-frame threshold=0");

    (void)state;
    int before = fonts_mapped();
    rig_set_caps(&rig, "I420", W, H);
    int loaded = fonts_mapped();
    assert_true(loaded > before);
    gst_buffer_unref(gst_harness_push_and_pull(rig.harness, frame_new("I420", W, H, 7)));
    assert_int_equal(fonts_mapped(), loaded);
    rig_free(&rig);
}

static void label_is_blended_into_every_format(void **state)
{
    (void)state;
    for (int i = 0; formats[i] != NULL; i++) {
        Rig rig = rig_new("mode=every-frame threshold=0");
        GstBuffer *plain = frame_new(formats[i], W, H, 7);

        rig_set_caps(&rig, formats[i], W, H);
        GstBuffer *out = gst_harness_push_and_pull(rig.harness, frame_new(formats[i], W, H, 7));
        assert_null(gst_buffer_get_video_overlay_composition_meta(out));
        assert_int_equal(changed_bytes(plain, out, formats[i], 0, H / 2), 0);
        if (changed_bytes(plain, out, formats[i], H / 2, H) < 1000)
            fail_msg("%s: no label", formats[i]);
        gst_buffer_unref(out);
        gst_buffer_unref(plain);
        rig_free(&rig);
    }
}

static void position_font_and_bars_count(void **state)
{
    Rig rig = rig_new("mode=every-frame threshold=0 position=top-left");
    GstBuffer *plain = frame_new("GRAY8", W, H, 7);
    GstBuffer *out;

    (void)state;
    rig_set_caps(&rig, "GRAY8", W, H);
    out = gst_harness_push_and_pull(rig.harness, frame_new("GRAY8", W, H, 7));
    int small = changed_bytes(plain, out, "GRAY8", 0, H / 2);
    assert_true(small > 1000);
    assert_int_equal(changed_bytes(plain, out, "GRAY8", H / 2, H), 0);
    gst_buffer_unref(out);

    g_object_set(rig.element, "show-bars", TRUE, NULL);
    out = gst_harness_push_and_pull(rig.harness, frame_new("GRAY8", W, H, 7));
    assert_true(changed_bytes(plain, out, "GRAY8", 0, H) > small);
    gst_buffer_unref(out);

    g_object_set(rig.element, "show-bars", FALSE, "font", "Serif 24px", NULL);
    out = gst_harness_push_and_pull(rig.harness, frame_new("GRAY8", W, H, 7));
    assert_true(changed_bytes(plain, out, "GRAY8", 0, H) > small);
    gst_buffer_unref(out);

    g_object_set(rig.element, "overlay", FALSE, NULL);
    out = gst_harness_push_and_pull(rig.harness, frame_new("GRAY8", W, H, 7));
    assert_int_equal(changed_bytes(plain, out, "GRAY8", 0, H), 0);
    gst_buffer_unref(out);
    gst_buffer_unref(plain);
    rig_free(&rig);
}

/* ---- composition -------------------------------------------------------------------------- */

static void offer_compositions(Rig *rig, gboolean allocation)
{
    gst_harness_set_sink_caps_str(rig->harness,
                                  "video/x-raw(memory:SystemMemory," COMPOSITION "); video/x-raw");
    if (allocation)
        gst_harness_add_propose_allocation_meta(rig->harness,
                                                GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
}

static gboolean caps_have_feature(Rig *rig)
{
    GstPad *pad = gst_element_get_static_pad(rig->element, "src");
    GstCaps *caps = gst_pad_get_current_caps(pad);
    gboolean have = gst_caps_features_contains(gst_caps_get_features(caps, 0), COMPOSITION);

    gst_caps_unref(caps);
    gst_object_unref(pad);
    return have;
}

/* Of all compositions on the buffer. */
static guint n_rectangles(GstBuffer *buffer)
{
    gpointer state = NULL;
    GstMeta *meta;
    guint n = 0;

    while ((meta = gst_buffer_iterate_meta_filtered(
                buffer, &state, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE)) != NULL)
        n += gst_video_overlay_composition_n_rectangles(
            ((GstVideoOverlayCompositionMeta *)meta)->overlay);
    return n;
}

static guint composition_number(GstBuffer *buffer)
{
    return gst_video_overlay_composition_get_seqnum(
        gst_buffer_get_video_overlay_composition_meta(buffer)->overlay);
}

static void label_is_attached_where_downstream_takes_it(void **state)
{
    Rig rig = rig_new("mode=every-frame threshold=0 smoothing=0");
    GstBuffer *plain = frame_new("NV12", W, H, 7);

    (void)state;
    offer_compositions(&rig, TRUE);
    rig_set_caps(&rig, "NV12", W, H);
    assert_true(caps_have_feature(&rig));
    GstBuffer *first = gst_harness_push_and_pull(rig.harness, frame_new("NV12", W, H, 7));
    GstBuffer *second = gst_harness_push_and_pull(rig.harness, frame_new("NV12", W, H, 7));
    assert_int_equal(n_rectangles(first), 1);
    assert_int_equal(changed_bytes(plain, first, "NV12", 0, H), 0);
    /* the same label is the same picture: not painted anew */
    assert_int_equal(composition_number(first), composition_number(second));

    guint width, height;
    gint x, y;
    gst_video_overlay_rectangle_get_render_rectangle(
        gst_video_overlay_composition_get_rectangle(
            gst_buffer_get_video_overlay_composition_meta(first)->overlay, 0),
        &x, &y, &width, &height);
    assert_true(x > 0 && y > H / 2 && x + (int)width < W && y + (int)height < H);
    assert_true(width > 40 && height > 15);
    gst_buffer_unref(first);
    gst_buffer_unref(second);
    gst_buffer_unref(plain);
    rig_free(&rig);
}

static void feature_without_allocation_means_blending(void **state)
{
    Rig rig = rig_new("mode=every-frame threshold=0");
    GstBuffer *plain = frame_new("NV12", W, H, 7);

    (void)state;
    offer_compositions(&rig, FALSE);
    rig_set_caps(&rig, "NV12", W, H);
    GstBuffer *out = gst_harness_push_and_pull(rig.harness, frame_new("NV12", W, H, 7));
    assert_false(caps_have_feature(&rig));
    assert_int_equal(n_rectangles(out), 0);
    assert_true(changed_bytes(plain, out, "NV12", 0, H) > 1000);
    gst_buffer_unref(out);
    gst_buffer_unref(plain);
    rig_free(&rig);
}

/* A little white square that somebody else has laid over the frame. */
static GstVideoOverlayComposition *add_composition(GstBuffer *frame)
{
    GstBuffer *pixels = gst_buffer_new_allocate(NULL, 8 * 8 * 4, NULL);

    gst_buffer_memset(pixels, 0, 0xff, 8 * 8 * 4);
    gst_buffer_add_video_meta(pixels, 0, GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, 8, 8);
    GstVideoOverlayRectangle *rectangle =
        gst_video_overlay_rectangle_new_raw(pixels, 0, 0, 8, 8, GST_VIDEO_OVERLAY_FORMAT_FLAG_NONE);
    GstVideoOverlayComposition *composition = gst_video_overlay_composition_new(rectangle);
    gst_buffer_add_video_overlay_composition_meta(frame, composition);
    gst_video_overlay_rectangle_unref(rectangle);
    gst_buffer_unref(pixels);
    return composition;
}

/* One or several: all that was there is still there, and ours with it. */
static void compositions_of_others_are_kept(void **state)
{
    (void)state;
    for (guint n = 1; n <= 3; n++) {
        Rig rig = rig_new("mode=every-frame threshold=0");
        GstBuffer *frame = frame_new("NV12", W, H, 7);
        GstVideoOverlayComposition *theirs[3];

        for (guint i = 0; i < n; i++)
            theirs[i] = add_composition(frame);
        offer_compositions(&rig, TRUE);
        gst_harness_set_src_caps_str(rig.harness,
                                     "video/x-raw(memory:SystemMemory," COMPOSITION "),format=NV12,"
                                     "width=320,height=240,framerate=30/1");
        GstBuffer *out = gst_harness_push_and_pull(rig.harness, frame);
        assert_int_equal(n_rectangles(out), n + 1);
        gst_buffer_unref(out);
        for (guint i = 0; i < n; i++) {
            assert_int_equal(gst_video_overlay_composition_n_rectangles(theirs[i]), 1);
            gst_video_overlay_composition_unref(theirs[i]);
        }
        rig_free(&rig);
    }
}

/* What textoverlay and its like have written before us or write after us: both are attached where
 * both can be, both are blended where neither can. */
static void label_goes_with_other_text(void **state)
{
    static const char *const lines[] = {"timeoverlay ! mobilenet %s", "mobilenet %s ! timeoverlay"};

    (void)state;
    for (guint i = 0; i < 2 * G_N_ELEMENTS(lines); i++) {
        gboolean takes = i % 2 == 0;
        char *ours =
            g_strdup_printf("mode=every-frame threshold=0 model-file=\"%s\"", small_model());
        char *launch = g_strdup_printf(lines[i / 2], ours);
        GstHarness *harness = gst_harness_new_parse(launch);
        GstBuffer *plain = frame_new("NV12", W, H, 7);

        gst_harness_set_sink_caps_str(
            harness, takes ? "video/x-raw(memory:SystemMemory," COMPOSITION "); video/x-raw"
                           : "video/x-raw");
        if (takes)
            gst_harness_add_propose_allocation_meta(
                harness, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
        gst_harness_set_src_caps_str(harness,
                                     "video/x-raw,format=NV12,width=320,height=240,framerate=30/1");
        GstBuffer *out = gst_harness_push_and_pull(harness, frame_new("NV12", W, H, 7));
        /* timeoverlay adds what it found to its own and leaves it there as well */
        assert_in_range(n_rectangles(out), takes ? 2 : 0, takes ? 2 + i / 2 : 0);
        assert_true((changed_bytes(plain, out, "NV12", 0, H) == 0) == takes);
        gst_buffer_unref(out);
        gst_buffer_unref(plain);
        gst_harness_teardown(harness);
        g_free(launch);
        g_free(ours);
    }
}

static void overlay_comes_and_goes_while_playing(void **state)
{
    Rig rig = rig_new("mode=every-frame threshold=0");

    (void)state;
    offer_compositions(&rig, TRUE);
    rig_set_caps(&rig, "NV12", W, H);
    for (int i = 0; i < 6; i++) {
        gboolean overlay = i % 2 == 0;

        g_object_set(rig.element, "overlay", overlay, NULL);
        GstBuffer *out = gst_harness_push_and_pull(rig.harness, frame_new("NV12", W, H, 7));
        assert_int_equal(n_rectangles(out), overlay ? 1 : 0);
        assert_int_equal(caps_have_feature(&rig), overlay);
        gst_buffer_unref(out);
    }
    rig_free(&rig);
}

/* ---- the other element, and metadata ------------------------------------------------------ */

/* The first frame that comes out of a harness made from a launch line. */
static GstBuffer *through(const char *rest, const char *format)
{
    char *launch = g_strdup_printf("mobilenet model-file=\"%s\" mode=every-frame overlay=false "
                                   "threshold=0 ! %s",
                                   small_model(), rest);
    GstHarness *harness = gst_harness_new_parse(launch);
    char *caps =
        g_strdup_printf("video/x-raw,format=%s,width=%d,height=%d,framerate=30/1", format, W, H);

    assert_non_null(harness);
    gst_harness_set_src_caps_str(harness, caps);
    gst_harness_push(harness, frame_new(format, W, H, 7));
    GstBuffer *out = gst_harness_pull(harness);
    assert_non_null(out);
    gst_harness_teardown(harness);
    g_free(caps);
    g_free(launch);
    return out;
}

static void result_survives_other_elements(void **state)
{
    static const char several[] =
        "videoconvert ! capsfilter caps=video/x-raw,format=NV12 ! queue ! videoscale "
        "! capsfilter caps=video/x-raw,width=64";
    static const char *const ways[] = {
        "queue",
        "tee ! queue",
        "videoconvert ! capsfilter caps=video/x-raw,format=RGB",
        "videoscale ! capsfilter caps=video/x-raw,width=160,height=120",
        "videoflip video-direction=horiz",
        several,
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        GstBuffer *out = through(ways[i], "I420");

        if (result_on(out) == NULL)
            fail_msg("lost after %s", ways[i]);
        assert_true(gst_structure_has_field(result_on(out), "results"));
        gst_buffer_unref(out);
    }
}

static void mobilenetoverlay_draws_what_it_finds(void **state)
{
    (void)state;
    for (int i = 0; formats[i] != NULL; i++) {
        GstBuffer *plain = frame_new(formats[i], W, H, 7);
        GstBuffer *out = through("queue ! mobilenetoverlay position=top", formats[i]);

        assert_true(changed_bytes(plain, out, formats[i], 0, H / 2) > 1000);
        assert_int_equal(changed_bytes(plain, out, formats[i], H / 2, H), 0);
        gst_buffer_unref(out);
        gst_buffer_unref(plain);
    }
}

static void mobilenetoverlay_leaves_frames_without_result_alone(void **state)
{
    GstHarness *harness = gst_harness_new("mobilenetoverlay");
    GstBuffer *frame = frame_new("I420", W, H, 7);
    GstMemory *memory = gst_buffer_peek_memory(frame, 0);

    (void)state;
    gst_harness_set_src_caps_str(harness,
                                 "video/x-raw,format=I420,width=320,height=240,framerate=30/1");
    GstBuffer *out = gst_harness_push_and_pull(harness, gst_buffer_ref(frame));
    assert_ptr_equal(gst_buffer_peek_memory(out, 0), memory);
    gst_buffer_unref(out);
    gst_buffer_unref(frame);
    gst_harness_teardown(harness);
}

/* A result by hand: any label in any script must do, in any size of picture. */
static GstBuffer *frame_with_label(int width, int height, const char *label)
{
    GstBuffer *frame = frame_new("I420", width, height, 7);
    GstCustomMeta *meta = gst_buffer_add_custom_meta(frame, "GstMobilenetMeta");

    gst_structure_set(gst_custom_meta_get_structure(meta), "label", G_TYPE_STRING, label,
                      "confidence", G_TYPE_DOUBLE, 0.5, "index", G_TYPE_INT, 3, NULL);
    return frame;
}

static void strange_labels_and_sizes_are_drawn(void **state)
{
    static const char *const labels[] = {
        "",
        "a",
        "<b>not & markup</b>",
        "\xd7\x97\xd7\xaa\xd7\x95\xd7\x9c",
        "\xe7\x8c\xab",
        "two\nlines",
        "a very long label that cannot fit into any picture of a sensible width, surely"};
    static const int sizes[][2] = {{1, 1},    {16, 16},   {40, 500},
                                   {500, 20}, {321, 241}, {1920, 1080}};
    GstHarness *harness = gst_harness_new("mobilenetoverlay");

    (void)state;
    for (size_t k = 0; k < G_N_ELEMENTS(sizes); k++) {
        char *caps = g_strdup_printf("video/x-raw,format=I420,width=%d,height=%d,framerate=30/1,"
                                     "pixel-aspect-ratio=%d/1",
                                     sizes[k][0], sizes[k][1], k % 2 == 0 ? 1 : 2);

        gst_harness_set_src_caps_str(harness, caps);
        g_free(caps);
        for (size_t i = 0; i < G_N_ELEMENTS(labels); i++) {
            GstBuffer *out = gst_harness_push_and_pull(
                harness, frame_with_label(sizes[k][0], sizes[k][1], labels[i]));

            assert_non_null(out);
            gst_buffer_unref(out);
        }
    }
    gst_harness_teardown(harness);
}

/* Boxes in place of letters are told of once, and how to mend it. */
static void letters_without_font_are_a_warning(void **state)
{
    static const char unassigned[] = "\xf3\xb0\x80\x80"; /* for private use: in no font */
    GstHarness *harness = gst_harness_new("mobilenetoverlay");
    GstBus *bus = gst_bus_new();
    GError *error = NULL;

    (void)state;
    gst_element_set_bus(harness->element, bus);
    gst_harness_set_src_caps_str(harness,
                                 "video/x-raw,format=I420,width=320,height=240,framerate=30/1");
    gst_buffer_unref(gst_harness_push_and_pull(harness, frame_with_label(W, H, "plain")));
    assert_int_equal(count_messages(bus, GST_MESSAGE_WARNING), 0);
    gst_buffer_unref(gst_harness_push_and_pull(harness, frame_with_label(W, H, unassigned)));
    GstMessage *message = next_message(bus, GST_MESSAGE_WARNING, 0);
    assert_non_null(message);
    gst_message_parse_warning(message, &error, NULL);
    assert_true(g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND));
    assert_non_null(strstr(error->message, unassigned));
    gst_buffer_unref(
        gst_harness_push_and_pull(harness, frame_with_label(W, H, "\xf3\xb0\x80\x81")));
    assert_int_equal(count_messages(bus, GST_MESSAGE_WARNING), 0);
    g_error_free(error);
    gst_message_unref(message);
    gst_element_set_bus(harness->element, NULL);
    gst_harness_teardown(harness);
    gst_object_unref(bus);
}

/* ---- style -------------------------------------------------------------------------------- */

/* The box around what was drawn on a grey frame; FALSE if nothing was. */
static gboolean drawn_box(GstBuffer *buffer, int *x0, int *y0, int *x1, int *y1)
{
    GstMapInfo map;

    *x0 = W;
    *y0 = H;
    *x1 = *y1 = -1;
    assert_true(gst_buffer_map(buffer, &map, GST_MAP_READ));
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) {
            if (map.data[y * W + x] == 128)
                continue;
            *x0 = MIN(*x0, x);
            *y0 = MIN(*y0, y);
            *x1 = MAX(*x1, x);
            *y1 = MAX(*y1, y);
        }
    }
    gst_buffer_unmap(buffer, &map);
    return *x1 >= 0;
}

/* A grey frame with a result by hand, drawn by mobilenetoverlay with these properties. */
static GstBuffer *draw(const char *properties, GstStructure *result)
{
    char *launch = g_strdup_printf("mobilenetoverlay %s", properties);
    GstHarness *harness = gst_harness_new_parse(launch);
    GstBuffer *frame = frame_new("GRAY8", W, H, 0);
    GstCustomMeta *meta = gst_buffer_add_custom_meta(frame, "GstMobilenetMeta");
    GstStructure *fields = gst_custom_meta_get_structure(meta);

    gst_buffer_memset(frame, 0, 128, W * H);
    for (int i = 0; i < gst_structure_n_fields(result); i++) {
        const char *name = gst_structure_nth_field_name(result, (guint)i);

        gst_structure_set_value(fields, name, gst_structure_get_value(result, name));
    }
    gst_structure_free(result);
    gst_harness_set_src_caps_str(harness,
                                 "video/x-raw,format=GRAY8,width=320,height=240,framerate=30/1");
    GstBuffer *out = gst_harness_push_and_pull(harness, frame);
    gst_harness_teardown(harness);
    g_free(launch);
    return out;
}

static GstStructure *label(const char *text)
{
    return gst_structure_new("mobilenet", "label", G_TYPE_STRING, text, "confidence", G_TYPE_DOUBLE,
                             0.5, "index", G_TYPE_INT, 3, "age", G_TYPE_UINT64, GST_SECOND, NULL);
}

/* Blended into GRAY8 of limited range. */
#define WHITE 235
#define BLACK 16

static void nine_positions_and_an_offset(void **state)
{
    (void)state;
    for (int position = 0; position < 9; position++) {
        char *plain = g_strdup_printf("position=%d", position);
        char *moved = g_strdup_printf("position=%d offset-x=8 offset-y=-6", position);
        GstBuffer *a = draw(plain, label("cat")), *b = draw(moved, label("cat"));
        int box[4], shifted[4];

        assert_true(drawn_box(a, &box[0], &box[1], &box[2], &box[3]));
        assert_true(drawn_box(b, &shifted[0], &shifted[1], &shifted[2], &shifted[3]));
        int x = (box[0] + box[2]) / 2, y = (box[1] + box[3]) / 2;
        assert_int_equal(3 * x / W, position % 3);
        assert_int_equal(3 * y / H, position / 3);
        assert_in_range(shifted[0] - box[0], 6, 8); /* stays in the picture, on even pixels */
        if (position / 3 > 0)
            assert_in_range(box[1] - shifted[1], 4, 6);
        gst_buffer_unref(a);
        gst_buffer_unref(b);
        g_free(plain);
        g_free(moved);
    }
}

/* How many pixels have a value, give or take two. */
static int count_pixels(GstBuffer *buffer, int value)
{
    GstMapInfo map;
    int n = 0;

    assert_true(gst_buffer_map(buffer, &map, GST_MAP_READ));
    for (int i = 0; i < W * H; i++)
        n += ABS(map.data[i] - value) <= 2;
    gst_buffer_unmap(buffer, &map);
    return n;
}

static void colors_size_and_outline_count(void **state)
{
    static const char black[] = "color=0xff000000 accent-color=0xff000000 background=0xffffffff";
    GstBuffer *a = draw(black, label("cat"));
    GstBuffer *b = draw("text-size=0.15 color=0xff000000 background=0xffffffff", label("cat"));
    GstBuffer *c = draw("color=0xff000000 accent-color=0xff000000 background=0", label("cat"));
    GstBuffer *d = draw("color=0xffffffff accent-color=0xffffffff background=0 "
                        "outline-color=0xff000000 text-size=0.2",
                        label("cat"));
    int box[4], large[4];

    (void)state;
    assert_true(count_pixels(a, WHITE) > 500); /* panel */
    assert_true(count_pixels(a, BLACK) > 50);  /* letters */
    assert_true(drawn_box(a, &box[0], &box[1], &box[2], &box[3]));
    assert_true(drawn_box(b, &large[0], &large[1], &large[2], &large[3]));
    assert_true(large[3] - large[1] > 2 * (box[3] - box[1]));
    assert_int_equal(count_pixels(c, WHITE), 0);
    assert_true(count_pixels(c, BLACK) > 50);
    assert_true(count_pixels(d, BLACK) > 50 && count_pixels(d, WHITE) > 50);
    GstBuffer *all[] = {a, b, c, d};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        gst_buffer_unref(all[i]);
}

static void statistics_are_a_line_of_their_own(void **state)
{
    GstBuffer *a = draw("", label("cat")), *b = draw("show-stats=true", label("cat"));
    GstBuffer *c = draw("show-stats=true", label("")), *d = draw("", label(""));
    int one[4], two[4], alone[4];

    (void)state;
    assert_true(drawn_box(a, &one[0], &one[1], &one[2], &one[3]));
    assert_true(drawn_box(b, &two[0], &two[1], &two[2], &two[3]));
    assert_true(drawn_box(c, &alone[0], &alone[1], &alone[2], &alone[3]));
    assert_true(two[3] - two[1] > one[3] - one[1]);
    assert_true(alone[3] - alone[1] < two[3] - two[1]);
    assert_false(drawn_box(d, &one[0], &one[1], &one[2], &one[3]));
    GstBuffer *all[] = {a, b, c, d};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        gst_buffer_unref(all[i]);
}

static void append_region(GValue *array, int x, int y, int w, int h, const char *text)
{
    GValue value = G_VALUE_INIT;

    g_value_init(&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&value, gst_structure_new("region", "x", G_TYPE_INT, x, "y", G_TYPE_INT, y,
                                                 "width", G_TYPE_INT, w, "height", G_TYPE_INT, h,
                                                 "label", G_TYPE_STRING, text, "confidence",
                                                 G_TYPE_DOUBLE, 0.9, "index", G_TYPE_INT, 1, NULL));
    gst_value_array_append_and_take_value(array, &value);
}

static void regions_have_boxes(void **state)
{
    GstStructure *result = label("cat");
    GValue regions = G_VALUE_INIT;
    int box[4];

    (void)state;
    g_value_init(&regions, GST_TYPE_ARRAY);
    append_region(&regions, 40, 60, 80, 100, "cat");
    append_region(&regions, 200, 20, 60, 60, "dog");
    gst_structure_take_value(result, "regions", &regions);
    GstBuffer *out = draw("accent-color=0xffffffff background=0xff000000", result);
    GstMapInfo map;

    assert_true(gst_buffer_map(out, &map, GST_MAP_READ));
    assert_int_equal(map.data[110 * W + 40], WHITE);  /* left side of the first */
    assert_int_equal(map.data[110 * W + 119], WHITE); /* right side */
    assert_int_equal(map.data[159 * W + 80], WHITE);  /* bottom */
    assert_int_equal(map.data[110 * W + 80], 128);    /* nothing inside */
    assert_int_equal(map.data[79 * W + 230], WHITE);  /* bottom of the second */
    gst_buffer_unmap(out, &map);
    assert_true(drawn_box(out, &box[0], &box[1], &box[2], &box[3]));
    assert_true(box[1] < 60 && box[3] == 159); /* labels above, none for the whole picture */
    gst_buffer_unref(out);
}

static void strange_regions_are_drawn(void **state)
{
    static const int boxes[][4] = {
        {-50, -50, 20, 20}, {0, 0, 0, 0},     {310, 230, 500, 500}, {5000, 0, 10, 10},
        {0, 0, 320, 240},   {319, 239, 1, 1}, {7, 9, -3, -4},       {2147483647, 1, 2, 2147483647}};
    GstStructure *result = label("cat");
    GValue regions = G_VALUE_INIT;

    (void)state;
    g_value_init(&regions, GST_TYPE_ARRAY);
    for (size_t i = 0; i < 3 * G_N_ELEMENTS(boxes); i++) {
        const int *box = boxes[i % G_N_ELEMENTS(boxes)];

        append_region(&regions, box[0], box[1], box[2], box[3], i % 2 ? "cat" : "");
    }
    gst_structure_take_value(result, "regions", &regions);
    GstBuffer *out = draw("show-bars=true show-stats=true text-size=0.02", result);
    assert_non_null(out);
    gst_buffer_unref(out);
}

static void the_element_to_draw_can_be_named(void **state)
{
    static const char *const names[] = {"first", "second"};
    GstBuffer *drawn[3];
    static const char *const properties[] = {"from=first", "from=second", ""};

    (void)state;
    for (int i = 0; i < 3; i++) {
        GstStructure *result = label("a much longer label than the other");
        char *launch = g_strdup_printf("mobilenetoverlay %s", properties[i]);
        GstHarness *harness = gst_harness_new_parse(launch);
        GstBuffer *frame = frame_new("GRAY8", W, H, 0);

        gst_buffer_memset(frame, 0, 128, W * H);
        for (int k = 0; k < 2; k++) {
            GstCustomMeta *meta = gst_buffer_add_custom_meta(frame, "GstMobilenetMeta");

            gst_structure_set(gst_custom_meta_get_structure(meta), "element", G_TYPE_STRING,
                              names[k], "label", G_TYPE_STRING,
                              k == 0 ? "cat" : gst_structure_get_string(result, "label"),
                              "confidence", G_TYPE_DOUBLE, 0.5, "index", G_TYPE_INT, k, NULL);
        }
        gst_harness_set_src_caps_str(
            harness, "video/x-raw,format=GRAY8,width=320,height=240,framerate=30/1");
        drawn[i] = gst_harness_push_and_pull(harness, frame);
        gst_harness_teardown(harness);
        gst_structure_free(result);
        g_free(launch);
    }
    assert_true(changed_bytes(drawn[0], drawn[1], "GRAY8", 0, H) > 500);
    assert_int_equal(changed_bytes(drawn[1], drawn[2], "GRAY8", 0, H), 0);
    for (int i = 0; i < 3; i++)
        gst_buffer_unref(drawn[i]);
}

/* What is said to be controllable follows a control source, frame by frame. */
static void controlled_properties_follow_their_source(void **state)
{
    static const char *const elements[] = {"mobilenet", "mobilenetoverlay"};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(elements); i++) {
        Rig rig = i == 0 ? rig_new("mode=every-frame message=none") : (Rig){.element = NULL};
        GstHarness *harness = i == 0 ? rig.harness : gst_harness_new(elements[i]);
        GstElement *element = harness->element;
        GstControlSource *source = gst_interpolation_control_source_new();
        gint at;

        g_object_set(source, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
        gst_timed_value_control_source_set(GST_TIMED_VALUE_CONTROL_SOURCE(source), 0, 0.0);
        gst_timed_value_control_source_set(GST_TIMED_VALUE_CONTROL_SOURCE(source), GST_SECOND,
                                           300.0);
        gst_object_add_control_binding(
            GST_OBJECT(element),
            gst_direct_control_binding_new_absolute(GST_OBJECT(element), "offset-x", source));
        gst_harness_set_src_caps_str(harness,
                                     "video/x-raw,format=I420,width=320,height=240,framerate=30/1");
        for (unsigned k = 0; k <= 30; k += 15) {
            gst_buffer_unref(gst_harness_push_and_pull(harness, frame_new("I420", W, H, k)));
            g_object_get(element, "offset-x", &at, NULL);
            assert_in_range(at, k * 10 - (k > 0), k * 10);
        }
        gst_object_unref(source);
        if (i == 0)
            rig_free(&rig);
        else
            gst_harness_teardown(harness);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fonts_are_loaded_before_the_first_frame),
        cmocka_unit_test(label_is_blended_into_every_format),
        cmocka_unit_test(position_font_and_bars_count),
        cmocka_unit_test(label_is_attached_where_downstream_takes_it),
        cmocka_unit_test(feature_without_allocation_means_blending),
        cmocka_unit_test(compositions_of_others_are_kept),
        cmocka_unit_test(label_goes_with_other_text),
        cmocka_unit_test(overlay_comes_and_goes_while_playing),
        cmocka_unit_test(result_survives_other_elements),
        cmocka_unit_test(mobilenetoverlay_draws_what_it_finds),
        cmocka_unit_test(mobilenetoverlay_leaves_frames_without_result_alone),
        cmocka_unit_test(strange_labels_and_sizes_are_drawn),
        cmocka_unit_test(letters_without_font_are_a_warning),
        cmocka_unit_test(controlled_properties_follow_their_source),
        cmocka_unit_test(nine_positions_and_an_offset),
        cmocka_unit_test(colors_size_and_outline_count),
        cmocka_unit_test(statistics_are_a_line_of_their_own),
        cmocka_unit_test(regions_have_boxes),
        cmocka_unit_test(strange_regions_are_drawn),
        cmocka_unit_test(the_element_to_draw_can_be_named),
    };

    if (!helper_init(&argc, &argv))
        return 77;
    return cmocka_run_group_tests_name("overlay", tests, NULL, NULL);
}

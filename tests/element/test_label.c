/* SPDX-License-Identifier: MIT */
/* test_label.c - the label that mobilenet draws: blended into any format, attached where downstream
 * takes it, painted only when it changes. */
#include <stdio.h>
#include <string.h>

#include "helper.h"

#define W PICTURE_W
#define H PICTURE_H

#define COMPOSITION GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION

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
    };

    if (!helper_init(&argc, &argv))
        return 77;
    return cmocka_run_group_tests_name("label", tests, NULL, NULL);
}

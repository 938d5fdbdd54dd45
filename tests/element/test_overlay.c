/* SPDX-License-Identifier: MIT */
/* test_overlay.c - results on their way through other elements, and mobilenetoverlay, which draws
 * them. */
#include <string.h>

#include <gst/controller/controller.h>

#include "helper.h"

#define W PICTURE_W
#define H PICTURE_H

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

    frame_add_result(frame,
                     gst_structure_new("mobilenet", "label", G_TYPE_STRING, label, "confidence",
                                       G_TYPE_DOUBLE, 0.5, "index", G_TYPE_INT, 3, NULL));
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

static void the_element_to_draw_can_be_named(void **state)
{
    static const char *const names[] = {"first", "second"};
    static const char *const properties[] = {"from=first", "from=second", ""};
    GstBuffer *drawn[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        char *launch = g_strdup_printf("mobilenetoverlay %s", properties[i]);
        GstHarness *harness = gst_harness_new_parse(launch);
        GstBuffer *frame = frame_new("GRAY8", W, H, 0);

        gst_buffer_memset(frame, 0, 128, W * H);
        for (int k = 0; k < 2; k++) {
            frame_add_result(
                frame, gst_structure_new(
                           "mobilenet", "element", G_TYPE_STRING, names[k], "label", G_TYPE_STRING,
                           k == 0 ? "cat" : "a much longer label than the other", "confidence",
                           G_TYPE_DOUBLE, 0.5, "index", G_TYPE_INT, k, NULL));
        }
        gst_harness_set_src_caps_str(
            harness, "video/x-raw,format=GRAY8,width=320,height=240,framerate=30/1");
        drawn[i] = gst_harness_push_and_pull(harness, frame);
        gst_harness_teardown(harness);
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
        cmocka_unit_test(result_survives_other_elements),
        cmocka_unit_test(mobilenetoverlay_draws_what_it_finds),
        cmocka_unit_test(mobilenetoverlay_leaves_frames_without_result_alone),
        cmocka_unit_test(strange_labels_and_sizes_are_drawn),
        cmocka_unit_test(letters_without_font_are_a_warning),
        cmocka_unit_test(the_element_to_draw_can_be_named),
        cmocka_unit_test(controlled_properties_follow_their_source),
    };

    if (!helper_init(&argc, &argv))
        return 77;
    return cmocka_run_group_tests_name("overlay", tests, NULL, NULL);
}

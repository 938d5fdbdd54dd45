/* SPDX-License-Identifier: MIT */
/* test_pads.c - results as text, the net's input as video and as a PNG file. */
#include <string.h>
#include <glib/gstdio.h>

#include "helper.h"

#define INPUT_SIDE 12 /* of the small model */

/* A rig with a second harness at a request pad. */
typedef struct {
    Rig rig;
    GstHarness *side;
} SideRig;

static SideRig side_rig_new(const char *properties, const char *pad, const char *format, int side)
{
    SideRig both = {.rig = rig_new(properties)};

    both.side = gst_harness_new_with_element(both.rig.element, NULL, pad);
    rig_set_caps(&both.rig, format, side, side);
    return both;
}

static void side_rig_free(SideRig *both)
{
    gst_harness_teardown(both->side);
    rig_free(&both->rig);
}

static void push(SideRig *both, GstBuffer *frame)
{
    GstBuffer *out = gst_harness_push_and_pull(both->rig.harness, frame);

    assert_non_null(out);
    gst_buffer_unref(out);
}

static char *text_of(GstBuffer *buffer)
{
    GstMapInfo map;

    assert_true(gst_buffer_map(buffer, &map, GST_MAP_READ));
    char *text = g_strndup((const char *)map.data, map.size);
    gst_buffer_unmap(buffer, &map);
    assert_true(g_utf8_validate(text, -1, NULL));
    return text;
}

/* ---- text --------------------------------------------------------------------------------- */

static void text_says_what_all_say(void **state)
{
    SideRig both =
        side_rig_new("mode=every-frame threshold=0 message=all overlay=false", "text", "I420", 64);

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        GstBuffer *out =
            gst_harness_push_and_pull(both.rig.harness, frame_new("I420", 64, 64, i * 20));
        GstBuffer *cue = gst_harness_try_pull(both.side);
        GstMessage *message = next_message(both.rig.bus, GST_MESSAGE_ELEMENT, 0);
        GstStructure *last = NULL;

        assert_non_null(cue);
        assert_non_null(message);
        g_object_get(both.rig.element, "last-result", &last, NULL);
        assert_int_equal(GST_BUFFER_PTS(cue), GST_BUFFER_PTS(out));
        assert_int_equal(GST_BUFFER_DURATION(cue), GST_BUFFER_DURATION(out));

        const GstStructure *told[] = {result_on(out), gst_message_get_structure(message), last,
                                      result_on(cue)};
        static const char *const fields[] = {"label", "confidence", "index",         "results",
                                             "frame", "timestamp",  "inference-time"};
        for (size_t k = 0; k < G_N_ELEMENTS(told); k++) {
            assert_non_null(told[k]);
            for (size_t f = 0; f < G_N_ELEMENTS(fields); f++)
                assert_int_equal(gst_value_compare(gst_structure_get_value(told[k], fields[f]),
                                                   gst_structure_get_value(told[0], fields[f])),
                                 GST_VALUE_EQUAL);
            assert_true(gst_structure_has_field(told[k], "age"));
        }

        double confidence = 0.0;
        char *text = text_of(cue);
        gst_structure_get_double(told[0], "confidence", &confidence);
        char *wanted = g_strdup_printf("%s %.0f %%", gst_structure_get_string(told[0], "label"),
                                       confidence * 100.0);
        assert_string_equal(text, wanted);
        g_free(text);
        g_free(wanted);
        gst_structure_free(last);
        gst_message_unref(message);
        gst_buffer_unref(cue);
        gst_buffer_unref(out);
    }
    GstPad *pad = gst_element_get_static_pad(both.rig.element, "text");
    GstCaps *caps = gst_pad_get_current_caps(pad);
    assert_true(gst_structure_has_name(gst_caps_get_structure(caps, 0), "text/x-raw"));
    gst_caps_unref(caps);
    gst_object_unref(pad);
    side_rig_free(&both);
}

static void nothing_to_say_is_a_gap(void **state)
{
    SideRig both =
        side_rig_new("mode=every-frame threshold=1 hysteresis=0 message=none", "text", "I420", 64);
    gboolean gap = FALSE;

    (void)state;
    push(&both, frame_new("I420", 64, 64, 0));
    assert_null(gst_harness_try_pull(both.side));
    for (GstEvent *event; (event = gst_harness_try_pull_event(both.side)) != NULL;
         gst_event_unref(event))
        gap |= GST_EVENT_TYPE(event) == GST_EVENT_GAP;
    assert_true(gap);
    side_rig_free(&both);
}

/* One cue a label, from its first frame to the first of the next one. */
static void subtitles_last_as_long_as_their_label(void **state)
{
    SideRig both = side_rig_new("mode=every-frame threshold=0 smoothing=0 hysteresis=0 "
                                "message=change text-cues=label overlay=false",
                                "text", "GRAY8", 32);
    GstClockTime at = 0;
    guint cues = 0;

    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        GstBuffer *frame = frame_new("GRAY8", 32, 32, i);

        gst_buffer_memset(frame, 0, i / 10 % 2 == 0 ? 0 : 255, 32 * 32);
        push(&both, frame);
    }
    assert_true(gst_harness_push_event(both.rig.harness, gst_event_new_eos()));
    guint changes = (guint)count_messages(both.rig.bus, GST_MESSAGE_ELEMENT);
    for (GstBuffer *cue; (cue = gst_harness_try_pull(both.side)) != NULL; gst_buffer_unref(cue)) {
        char *text = text_of(cue);

        assert_int_equal(GST_BUFFER_PTS(cue), at);
        at += GST_BUFFER_DURATION(cue);
        assert_string_equal(text, gst_structure_get_string(result_on(cue), "label"));
        g_free(text);
        cues++;
    }
    assert_int_equal(cues, changes);
    assert_int_equal(at, 39 * (GST_SECOND / 30) + GST_SECOND / 30);
    side_rig_free(&both);
}

/* Whoever muxes the cues must not have to wait for the end of a label, however long it lasts. */
static void long_labels_come_in_pieces(void **state)
{
    SideRig both = side_rig_new("mode=every-frame threshold=0 smoothing=0 message=none "
                                "text-cues=label overlay=false",
                                "text", "GRAY8", 32);
    GstClockTime at = 0;
    guint cues = 0;

    (void)state;
    for (unsigned i = 0; i < 60; i++) { /* two seconds of the same label */
        GstBuffer *cue;

        push(&both, frame_new("GRAY8", 32, 32, i));
        while ((cue = gst_harness_try_pull(both.side)) != NULL) {
            assert_int_equal(GST_BUFFER_PTS(cue), at);
            at += GST_BUFFER_DURATION(cue);
            cues++;
            gst_buffer_unref(cue);
        }
        /* what is known of the text is never more than half a second behind */
        assert_true((i + 1) * (GST_SECOND / 30) - at <= GST_SECOND / 2);
    }
    assert_in_range(cues, 3, 4);
    side_rig_free(&both);
}

static guint count_gaps(GstHarness *side)
{
    GstEvent *event;
    guint n = 0;

    while ((event = gst_harness_try_pull_event(side)) != NULL) {
        n += GST_EVENT_TYPE(event) == GST_EVENT_GAP;
        gst_event_unref(event);
    }
    return n;
}

static void no_label_is_a_gap_for_subtitles(void **state)
{
    SideRig both = side_rig_new("mode=every-frame threshold=1 hysteresis=0 message=none "
                                "text-cues=label",
                                "text", "I420", 64);

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        push(&both, frame_new("I420", 64, 64, i));
    assert_null(gst_harness_try_pull(both.side));
    assert_int_equal(count_gaps(both.side), 5);

    /* and so is a gap in the video */
    assert_true(gst_harness_push_event(both.rig.harness, gst_event_new_gap(GST_SECOND, 5)));
    assert_int_equal(count_gaps(both.side), 1);
    side_rig_free(&both);
}

/* Without one picture there is nothing to say, but there is an end, and it is one of a stream. */
static void the_end_of_nothing_is_the_end_of_a_stream(void **state)
{
    SideRig both = side_rig_new("message=none text-cues=label", "text", "I420", 64);
    gboolean started = FALSE, caps = FALSE, ended = FALSE;
    GstEvent *event;

    (void)state;
    assert_true(gst_harness_push_event(both.rig.harness, gst_event_new_eos()));
    while ((event = gst_harness_try_pull_event(both.side)) != NULL) {
        started |= GST_EVENT_TYPE(event) == GST_EVENT_STREAM_START;
        caps |= started && GST_EVENT_TYPE(event) == GST_EVENT_CAPS;
        ended |= started && GST_EVENT_TYPE(event) == GST_EVENT_EOS;
        gst_event_unref(event);
    }
    assert_true(started && caps && ended);
    side_rig_free(&both);
}

/* The text of a frame that is held back is held back with it. */
static void text_has_the_latency_of_the_video(void **state)
{
    SideRig both = side_rig_new("mode=matched max-delay=5 message=none", "text", "I420", 64);

    (void)state;
    assert_int_equal(gst_harness_query_latency(both.rig.harness), 5 * (GST_SECOND / 30));
    assert_int_equal(gst_harness_query_latency(both.side), 5 * (GST_SECOND / 30));
    side_rig_free(&both);
}

static void regions_have_a_line_each(void **state)
{
    SideRig both = side_rig_new("mode=every-frame threshold=0 inference-region=roi-list "
                                "message=none overlay=false",
                                "text", "I420", 64);
    GstBuffer *frame = frame_new("I420", 64, 64, 3);

    (void)state;
    gst_buffer_add_video_region_of_interest_meta(frame, "a", 0, 0, 20, 20);
    gst_buffer_add_video_region_of_interest_meta(frame, "b", 30, 30, 30, 30);
    push(&both, frame);
    GstBuffer *cue = gst_harness_try_pull(both.side);
    assert_non_null(cue);
    char *text = text_of(cue);
    char **lines = g_strsplit(text, "\n", -1);
    assert_int_equal(g_strv_length(lines), 2);
    g_strfreev(lines);
    g_free(text);
    gst_buffer_unref(cue);
    side_rig_free(&both);
}

static void pads_come_and_go_while_playing(void **state)
{
    static const char *const names[] = {"text", "preview"};
    Rig rig = rig_new("mode=every-frame threshold=0 message=none");

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    for (unsigned i = 0; i < 40; i++) {
        GstHarness *side = gst_harness_new_with_element(rig.element, NULL, names[i % 2]);

        assert_null(gst_element_request_pad_simple(rig.element, names[i % 2])); /* there is one */
        gst_buffer_unref(gst_harness_push_and_pull(rig.harness, frame_new("I420", 64, 64, i)));
        GstBuffer *buffer = gst_harness_try_pull(side);
        assert_non_null(buffer);
        gst_buffer_unref(buffer);
        gst_harness_teardown(side);
        GstPad *pad = gst_element_get_static_pad(rig.element, names[i % 2]);
        if (pad != NULL) { /* a harness may leave it */
            gst_element_release_request_pad(rig.element, pad);
            gst_object_unref(pad);
        }
        gst_buffer_unref(gst_harness_push_and_pull(rig.harness, frame_new("I420", 64, 64, i)));
    }
    rig_free(&rig);
}

/* ---- what the net saw --------------------------------------------------------------------- */

/* A picture of exactly the model's size goes in as it is, and so it must come out. */
static GstBuffer *exact_frame(unsigned seed)
{
    return frame_new("RGB", INPUT_SIDE, INPUT_SIDE, seed);
}

static void preview_is_the_very_input(void **state)
{
    SideRig both =
        side_rig_new("mode=every-frame message=none overlay=false", "preview", "RGB", INPUT_SIDE);

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        GstBuffer *frame = exact_frame(i * 9);
        GstMapInfo a, b;

        push(&both, gst_buffer_ref(frame));
        GstBuffer *seen = gst_harness_try_pull(both.side);
        assert_non_null(seen);
        assert_int_equal(GST_BUFFER_PTS(seen), GST_BUFFER_PTS(frame));
        assert_true(gst_buffer_map(frame, &a, GST_MAP_READ));
        assert_true(gst_buffer_map(seen, &b, GST_MAP_READ));
        assert_int_equal(a.size, b.size);
        assert_memory_equal(a.data, b.data, a.size);
        gst_buffer_unmap(frame, &a);
        gst_buffer_unmap(seen, &b);
        gst_buffer_unref(seen);
        gst_buffer_unref(frame);
    }
    side_rig_free(&both);
}

static void preview_shows_each_region(void **state)
{
    SideRig both = side_rig_new("mode=every-frame message=none inference-region=roi-list",
                                "preview", "RGB", 2 * INPUT_SIDE);
    GstBuffer *frame = frame_new("RGB", 2 * INPUT_SIDE, 2 * INPUT_SIDE, 1);
    GstBuffer *wanted = gst_buffer_copy_deep(frame);
    GstMapInfo a, b;

    (void)state;
    gst_buffer_add_video_region_of_interest_meta(frame, "a", 0, 0, INPUT_SIDE, INPUT_SIDE);
    gst_buffer_add_video_region_of_interest_meta(frame, "b", INPUT_SIDE, INPUT_SIDE, INPUT_SIDE,
                                                 INPUT_SIDE);
    push(&both, frame);
    assert_true(gst_buffer_map(wanted, &a, GST_MAP_READ));
    for (unsigned i = 0; i < 2; i++) {
        GstBuffer *seen = gst_harness_try_pull(both.side);

        assert_non_null(seen);
        assert_true(gst_buffer_map(seen, &b, GST_MAP_READ));
        for (unsigned y = 0; y < INPUT_SIDE; y++)
            assert_memory_equal(b.data + y * 3 * INPUT_SIDE,
                                a.data + (y + i * INPUT_SIDE) * 6 * INPUT_SIDE + i * 3 * INPUT_SIDE,
                                3 * INPUT_SIDE);
        gst_buffer_unmap(seen, &b);
        gst_buffer_unref(seen);
    }
    gst_buffer_unmap(wanted, &a);
    gst_buffer_unref(wanted);
    side_rig_free(&both);
}

/* Decodes a PNG to RGB. */
static GstBuffer *decode(const char *path)
{
    char *launch = g_strdup_printf("filesrc location=\"%s\" ! pngdec ! videoconvert ! "
                                   "capsfilter caps=video/x-raw,format=RGB",
                                   path);
    GstHarness *harness = gst_harness_new_parse(launch);

    gst_harness_play(harness);
    GstBuffer *buffer = gst_harness_pull(harness);
    gst_harness_teardown(harness);
    g_free(launch);
    return buffer;
}

static void debug_input_is_written_once_when_asked_for(void **state)
{
    char *path = g_build_filename(g_get_tmp_dir(), "mobilenet-test-input.png", NULL);
    Rig rig = rig_new("mode=every-frame message=none overlay=false");

    (void)state;
    rig_set_caps(&rig, "RGB", INPUT_SIDE, INPUT_SIDE);
    for (unsigned i = 0; i < 2; i++) {
        GstBuffer *frame = exact_frame(i);
        GstMapInfo a, b;

        g_unlink(path);
        g_object_set(rig.element, "debug-input", path, NULL);
        gst_buffer_unref(gst_harness_push_and_pull(rig.harness, gst_buffer_ref(frame)));
        gst_buffer_unref(gst_harness_push_and_pull(rig.harness, exact_frame(i + 50)));
        GstMessage *message = next_message(rig.bus, GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING, 30);
        assert_non_null(message);
        assert_true(gst_message_has_name(message, "mobilenet-debug-input"));
        assert_string_equal(gst_structure_get_string(gst_message_get_structure(message), "path"),
                            path);
        gst_message_unref(message);
        assert_int_equal(count_messages(rig.bus, GST_MESSAGE_ELEMENT), 0);

        GstBuffer *seen = decode(path);
        assert_non_null(seen);
        assert_true(gst_buffer_map(frame, &a, GST_MAP_READ));
        assert_true(gst_buffer_map(seen, &b, GST_MAP_READ));
        assert_memory_equal(a.data, b.data, a.size);
        gst_buffer_unmap(frame, &a);
        gst_buffer_unmap(seen, &b);
        gst_buffer_unref(seen);
        gst_buffer_unref(frame);
    }
    g_unlink(path);
    g_free(path);
    rig_free(&rig);
}

static void debug_input_that_cannot_be_written_is_a_warning(void **state)
{
    Rig rig = rig_new("mode=every-frame message=none debug-input=/no/such/folder/seen.png");
    GError *error;

    (void)state;
    rig_set_caps(&rig, "RGB", INPUT_SIDE, INPUT_SIDE);
    gst_buffer_unref(gst_harness_push_and_pull(rig.harness, exact_frame(0)));
    GstMessage *message = next_message(rig.bus, GST_MESSAGE_WARNING, 30);
    assert_non_null(message);
    gst_message_parse_warning(message, &error, NULL);
    assert_true(g_str_has_prefix(error->message, "debug-input: /no/such/folder/seen.png"));
    g_error_free(error);
    gst_message_unref(message);
    rig_free(&rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_says_what_all_say),
        cmocka_unit_test(nothing_to_say_is_a_gap),
        cmocka_unit_test(subtitles_last_as_long_as_their_label),
        cmocka_unit_test(long_labels_come_in_pieces),
        cmocka_unit_test(no_label_is_a_gap_for_subtitles),
        cmocka_unit_test(the_end_of_nothing_is_the_end_of_a_stream),
        cmocka_unit_test(text_has_the_latency_of_the_video),
        cmocka_unit_test(regions_have_a_line_each),
        cmocka_unit_test(pads_come_and_go_while_playing),
        cmocka_unit_test(preview_is_the_very_input),
        cmocka_unit_test(preview_shows_each_region),
        cmocka_unit_test(debug_input_is_written_once_when_asked_for),
        cmocka_unit_test(debug_input_that_cannot_be_written_is_a_warning),
    };

    if (!helper_init(&argc, &argv))
        return 77;
    return cmocka_run_group_tests_name("pads", tests, NULL, NULL);
}

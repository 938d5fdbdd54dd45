/* SPDX-License-Identifier: MIT */
/* test_flow.c - the element in a stream: the newest frame and every frame, age, end, flush, gap,
 * new caps, shared memory, a model set while playing. No test looks at how long something takes: a
 * gate in the bus makes the network as slow as needed. */
#include <string.h>

#include "helper.h"

/* ---- never in the way --------------------------------------------------------------------- */

static void newest_lets_all_frames_pass_while_the_network_is_busy(void **state)
{
    Rig rig = rig_new("mode=newest message=all overlay=false");
    Gate gate;

    (void)state;
    gate_init(&gate, rig.bus);
    rig_set_caps(&rig, "I420", 64, 64);
    gst_buffer_unref(gst_harness_push_and_pull(rig.harness, frame_new("I420", 64, 64, 0)));
    gate_wait_for_somebody(&gate); /* the network will not come back before the gate opens */
    for (unsigned i = 1; i <= 100; i++) {
        GstBuffer *out = gst_harness_push_and_pull(rig.harness, frame_new("I420", 64, 64, i));

        assert_int_equal(GST_BUFFER_PTS(out), i * (GST_SECOND / 30));
        assert_int_equal(GST_BUFFER_DURATION(out), GST_SECOND / 30);
        gst_buffer_unref(out);
    }
    assert_int_equal(get_stat(rig.element, "frames"), 101);
    assert_int_equal(get_stat(rig.element, "skipped"), 100);
    assert_int_equal(get_stat(rig.element, "classified"), 1);

    /* open: the next frame that comes is taken, not one of those that have passed */
    gate_set(&gate, FALSE);
    guint64 skipped = 100;
    unsigned i = 101;
    do {
        skipped = get_stat(rig.element, "skipped");
        gst_buffer_unref(gst_harness_push_and_pull(rig.harness, frame_new("I420", 64, 64, i++)));
    } while (get_stat(rig.element, "skipped") > skipped);
    assert_true(wait_for_stat(rig.element, "classified", 2));

    GstStructure *last = NULL;
    guint64 frame;
    g_object_get(rig.element, "last-result", &last, NULL);
    assert_true(gst_structure_get_uint64(last, "frame", &frame));
    assert_int_equal(frame, i - 1);
    gst_structure_free(last);
    gate_clear(&gate, rig.bus);
    rig_free(&rig);
}

/* Nor does a file wait: its frames come as fast as they can. */
static void newest_lets_the_frames_of_files_pass(void **state)
{
    Rig rig = rig_new("mode=newest message=all overlay=false");
    Gate gate;

    (void)state;
    gate_init(&gate, rig.bus);
    gst_harness_set_live(rig.harness, FALSE);
    rig_set_caps(&rig, "I420", 64, 64);
    assert_int_equal(gst_harness_push(rig.harness, frame_new("I420", 64, 64, 0)), GST_FLOW_OK);
    gate_wait_for_somebody(&gate);
    for (unsigned i = 1; i <= 10; i++)
        assert_int_equal(gst_harness_push(rig.harness, frame_new("I420", 64, 64, i)), GST_FLOW_OK);
    assert_int_equal(gst_harness_buffers_received(rig.harness), 11);
    assert_int_equal(get_stat(rig.element, "skipped"), 10);
    gate_clear(&gate, rig.bus);
    rig_free(&rig);
}

static void newest_adds_no_latency(void **state)
{
    static const char *const modes[] = {"mode=newest", "mode=every-frame", "mode=auto"};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        Rig rig = rig_new(modes[i]);

        gst_harness_set_upstream_latency(rig.harness, 40 * GST_MSECOND);
        assert_int_equal(gst_harness_query_latency(rig.harness), 40 * GST_MSECOND);
        rig_free(&rig);
    }
}

static void auto_never_waits_when_live(void **state)
{
    Rig rig = rig_new("message=all overlay=false"); /* a harness says that it is live */
    Gate gate;

    (void)state;
    gate_init(&gate, rig.bus);
    rig_set_caps(&rig, "I420", 64, 64);
    for (unsigned i = 0; i < 10; i++)
        gst_buffer_unref(gst_harness_push_and_pull(rig.harness, frame_new("I420", 64, 64, i)));
    gate_wait_for_somebody(&gate);
    assert_int_equal(get_stat(rig.element, "frames"), 10);
    gate_clear(&gate, rig.bus);
    rig_free(&rig);
}

static GstMessage *next_result(Rig *rig)
{
    GstMessage *message = next_message(rig->bus, GST_MESSAGE_ELEMENT, 10);

    assert_non_null(message);
    return message;
}

static void age_counts_from_the_moment_of_the_picture(void **state)
{
    Rig rig = rig_new("mode=newest message=all overlay=false");

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    gst_harness_set_time(rig.harness, 250 * GST_MSECOND);
    GstBuffer *frame = frame_new("I420", 64, 64, 0);
    GST_BUFFER_PTS(frame) = 100 * GST_MSECOND;
    gst_buffer_unref(gst_harness_push_and_pull(rig.harness, frame));

    GstMessage *message = next_result(&rig);
    assert_int_equal(u64_field(gst_message_get_structure(message), "age"), 150 * GST_MSECOND);
    gst_message_unref(message);

    /* the label grows older with the frames that carry it */
    g_object_set(rig.element, "interval", 1000, NULL);
    gst_harness_set_time(rig.harness, 900 * GST_MSECOND);
    GstBuffer *out = gst_harness_push_and_pull(rig.harness, frame_new("I420", 64, 64, 25));
    assert_int_equal(u64_field(result_on(out), "age"), 800 * GST_MSECOND);
    assert_int_equal(u64_field(result_on(out), "timestamp"), 100 * GST_MSECOND);
    gst_buffer_unref(out);
    rig_free(&rig);
}

static void modes_change_while_playing(void **state)
{
    static const char *const modes[] = {"newest", "every-frame", "auto"};
    Rig rig = rig_new("message=none");

    (void)state;
    rig_set_caps(&rig, "NV12", 64, 64);
    for (unsigned i = 0; i < 60; i++) {
        gst_util_set_object_arg(G_OBJECT(rig.element), "mode", modes[i % 3]);
        g_object_set(rig.element, "fit", i % 3, "top-k", 1 + i % 10, "overlay", i % 2 == 0, NULL);
        gst_buffer_unref(gst_harness_push_and_pull(rig.harness, frame_new("NV12", 64, 64, i)));
    }
    assert_true(get_stat(rig.element, "classified") >= 20); /* those in step at least */
    assert_int_equal(get_stat(rig.element, "frames"), 60);
    rig_free(&rig);
}

/* ---- events ------------------------------------------------------------------------------- */

static gpointer open_later(gpointer gate)
{
    g_usleep(100000);
    gate_set(gate, FALSE);
    return NULL;
}

static void end_of_stream_waits_for_the_last_result(void **state)
{
    Rig rig = rig_new("mode=newest message=all");
    Gate gate;

    (void)state;
    gate_init(&gate, rig.bus);
    rig_set_caps(&rig, "I420", 64, 64);
    gst_buffer_unref(gst_harness_push_and_pull(rig.harness, frame_new("I420", 64, 64, 0)));
    gate_wait_for_somebody(&gate);
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_ELEMENT), 0);

    GThread *opener = g_thread_new("opener", open_later, &gate);
    assert_true(gst_harness_push_event(rig.harness, gst_event_new_eos()));
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_ELEMENT), 1);
    g_thread_join(opener);
    gate_clear(&gate, rig.bus);
    rig_free(&rig);
}

static gpointer flush_later(gpointer data)
{
    Rig *rig = data;

    g_usleep(100000);
    assert_true(gst_harness_push_event(rig->harness, gst_event_new_flush_start()));
    return NULL;
}

static void flush_ends_the_wait_at_the_end(void **state)
{
    Rig rig = rig_new("mode=newest message=all");
    Gate gate;

    (void)state;
    gate_init(&gate, rig.bus);
    rig_set_caps(&rig, "I420", 64, 64);
    gst_buffer_unref(gst_harness_push_and_pull(rig.harness, frame_new("I420", 64, 64, 0)));
    gate_wait_for_somebody(&gate);

    GThread *flusher = g_thread_new("flusher", flush_later, &rig);
    gint64 start = g_get_monotonic_time();
    gst_harness_push_event(rig.harness, gst_event_new_eos());
    g_thread_join(flusher);
    assert_true(g_get_monotonic_time() - start < 8 * G_USEC_PER_SEC); /* not the whole bound */
    gate_clear(&gate, rig.bus);
    rig_free(&rig);
}

static void flush_forgets_results(void **state)
{
    Rig rig = rig_new("mode=newest message=all overlay=false");
    Gate gate;

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    gst_buffer_unref(gst_harness_push_and_pull(rig.harness, frame_new("I420", 64, 64, 0)));
    assert_true(wait_for_stat(rig.element, "classified", 1));
    gst_message_unref(next_result(&rig));

    /* while the network holds a frame from before: its result is not to be seen */
    gate_init(&gate, rig.bus);
    GstStructure *last = NULL;
    do
        gst_buffer_unref(gst_harness_push_and_pull(rig.harness, frame_new("I420", 64, 64, 1)));
    while (get_stat(rig.element, "classified") < 2);
    gate_wait_for_somebody(&gate);
    rig_flush(&rig);
    g_object_get(rig.element, "last-result", &last, NULL);
    assert_null(last);
    GstBuffer *out = gst_harness_push_and_pull(rig.harness, frame_new("I420", 64, 64, 2));
    assert_null(result_on(out));
    gst_buffer_unref(out);
    gate_clear(&gate, rig.bus);
    rig_free(&rig);
}

static void gap_takes_the_label_away(void **state)
{
    Rig rig = rig_new("mode=every-frame threshold=0");

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    gst_buffer_unref(gst_harness_push_and_pull(rig.harness, frame_new("I420", 64, 64, 0)));
    gst_message_unref(next_result(&rig));
    assert_true(gst_harness_push_event(rig.harness, gst_event_new_gap(GST_SECOND, GST_SECOND)));

    GstMessage *message = next_result(&rig);
    assert_string_equal(gst_structure_get_string(gst_message_get_structure(message), "label"), "");
    gst_message_unref(message);
    GstStructure *last = NULL;
    g_object_get(rig.element, "last-result", &last, NULL);
    assert_null(last);
    rig_free(&rig);
}

static void caps_change_in_mid_stream(void **state)
{
    static const struct {
        const char *format;
        int width, height;
    } streams[] = {{"I420", 64, 64},
                   {"YUY2", 320, 240},
                   {"RGB", 17, 33},
                   {"P010_10LE", 8, 8},
                   {"GRAY8", 640, 360}};
    Rig rig = rig_new("mode=every-frame");

    (void)state;
    for (size_t i = 0; i < 3 * G_N_ELEMENTS(streams); i++) {
        const char *format = streams[i % G_N_ELEMENTS(streams)].format;
        int width = streams[i % G_N_ELEMENTS(streams)].width;
        int height = streams[i % G_N_ELEMENTS(streams)].height;

        rig_set_caps(&rig, format, width, height);
        for (unsigned k = 0; k < 3; k++) {
            GstBuffer *out =
                gst_harness_push_and_pull(rig.harness, frame_new(format, width, height, k));

            assert_true((result_on(out) == NULL) == g_str_equal(format, "P010_10LE"));
            gst_buffer_unref(out);
        }
    }
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_ERROR), 0);
    rig_free(&rig);
}

/* ---- memory ------------------------------------------------------------------------------- */

static gpointer address_of(GstBuffer *buffer)
{
    GstMapInfo map;

    assert_true(gst_buffer_map(buffer, &map, GST_MAP_READ));
    gst_buffer_unmap(buffer, &map);
    return map.data;
}

static void no_pixel_is_copied_after_tee(void **state)
{
    static const char *const modes[] = {"mode=every-frame overlay=false",
                                        "mode=newest overlay=false"};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        for (int k = 0; formats[k] != NULL; k++) {
            Rig rig = rig_new(modes[i]);
            GstBuffer *frame = frame_new(formats[k], 64, 64, 1);
            GstMemory *memory = gst_buffer_peek_memory(frame, 0);
            gpointer address = address_of(frame);

            rig_set_caps(&rig, formats[k], 64, 64);
            /* the reference that another branch holds makes the buffer read-only, as tee does */
            GstBuffer *out = gst_harness_push_and_pull(rig.harness, gst_buffer_ref(frame));
            assert_ptr_equal(gst_buffer_peek_memory(out, 0), memory);
            assert_ptr_equal(address_of(out), address);
            gst_buffer_unref(out);
            gst_buffer_unref(frame);
            rig_free(&rig);
        }
    }
}

static void drawing_leaves_the_other_branch_alone(void **state)
{
    Rig rig = rig_new("mode=every-frame threshold=0");
    GstBuffer *frame = frame_new("RGB", 320, 240, 1);
    GstBuffer *same = frame_new("RGB", 320, 240, 1);
    GstMapInfo a, b, c;

    (void)state;
    rig_set_caps(&rig, "RGB", 320, 240);
    GstBuffer *out = gst_harness_push_and_pull(rig.harness, gst_buffer_ref(frame));
    gst_buffer_map(frame, &a, GST_MAP_READ);
    gst_buffer_map(same, &b, GST_MAP_READ);
    gst_buffer_map(out, &c, GST_MAP_READ);
    assert_memory_equal(a.data, b.data, b.size);
    assert_memory_not_equal(c.data, b.data, b.size);
    gst_buffer_unmap(out, &c);
    gst_buffer_unmap(same, &b);
    gst_buffer_unmap(frame, &a);
    gst_buffer_unref(out);
    gst_buffer_unref(same);
    gst_buffer_unref(frame);
    rig_free(&rig);
}

/* ---- the model in flight ------------------------------------------------------------------ */

static void model_is_swapped_while_playing(void **state)
{
    Rig rig = rig_new("mode=every-frame message=none");
    unsigned n = 0;

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    for (int round = 0; round < 5; round++) {
        GstMessage *warning = NULL;

        /* a bad one is refused with a warning, and the old one goes on */
        g_object_set(rig.element, "model-file", "/no/such/model.tflite", NULL);
        while (warning == NULL) {
            GstBuffer *out = gst_harness_push_and_pull(rig.harness, frame_new("I420", 64, 64, n++));
            assert_non_null(result_on(out));
            gst_buffer_unref(out);
            warning = gst_bus_timed_pop_filtered(rig.bus, GST_MSECOND, GST_MESSAGE_WARNING);
        }
        gst_message_unref(warning);
        g_object_set(rig.element, "model-file", small_model(), "threads", 1 + round % 2, NULL);
        for (int i = 0; i < 10; i++)
            gst_buffer_unref(
                gst_harness_push_and_pull(rig.harness, frame_new("I420", 64, 64, n++)));
    }
    assert_int_equal(get_stat(rig.element, "frames"), n);
    assert_int_equal(get_stat(rig.element, "classified"), n);
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_ERROR), 0);
    rig_free(&rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_lets_all_frames_pass_while_the_network_is_busy),
        cmocka_unit_test(newest_lets_the_frames_of_files_pass),
        cmocka_unit_test(newest_adds_no_latency),
        cmocka_unit_test(auto_never_waits_when_live),
        cmocka_unit_test(age_counts_from_the_moment_of_the_picture),
        cmocka_unit_test(modes_change_while_playing),
        cmocka_unit_test(end_of_stream_waits_for_the_last_result),
        cmocka_unit_test(flush_ends_the_wait_at_the_end),
        cmocka_unit_test(flush_forgets_results),
        cmocka_unit_test(gap_takes_the_label_away),
        cmocka_unit_test(caps_change_in_mid_stream),
        cmocka_unit_test(no_pixel_is_copied_after_tee),
        cmocka_unit_test(drawing_leaves_the_other_branch_alone),
        cmocka_unit_test(model_is_swapped_while_playing),
    };

    if (!helper_init(&argc, &argv))
        return 77;
    return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}

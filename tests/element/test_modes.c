/* SPDX-License-Identifier: MIT */
/* test_modes.c - the element's pace in a stream: matched pictures and labels, latency, rates, late
 * sinks, results that expire. */
#include "helper.h"

static void push(Rig *rig, unsigned number)
{
    assert_int_equal(gst_harness_push(rig->harness, frame_new("I420", 64, 64, number)),
                     GST_FLOW_OK);
}

/* The next frame that has come out; it is this one. */
static GstBuffer *pull(Rig *rig, unsigned number)
{
    GstBuffer *out = gst_harness_try_pull(rig->harness);

    assert_non_null(out);
    assert_int_equal(GST_BUFFER_PTS(out), number * (GST_SECOND / 30));
    return out;
}

static void assert_nothing_comes(Rig *rig)
{
    assert_null(gst_harness_try_pull(rig->harness));
}

/* ---- matched ------------------------------------------------------------------------------ */

static void matched_frames_carry_their_own_label(void **state)
{
    Rig rig = rig_new("mode=matched max-delay=3 message=none");
    const unsigned n = 20;

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    for (unsigned i = 0; i < n; i++) {
        push(&rig, i);
        assert_true(wait_for_stat(rig.element, "classified", i + 1));
        if (i < 3) {
            assert_nothing_comes(&rig);
            continue;
        }
        GstBuffer *out = pull(&rig, i - 3);
        assert_int_equal(u64_field(result_on(out), "timestamp"), GST_BUFFER_PTS(out));
        assert_int_equal(u64_field(result_on(out), "frame"), i - 3);
        gst_buffer_unref(out);
    }
    assert_true(gst_harness_push_event(rig.harness, gst_event_new_eos()));
    for (unsigned i = n - 3; i < n; i++) { /* the end brings the rest */
        GstBuffer *out = pull(&rig, i);
        assert_int_equal(u64_field(result_on(out), "frame"), i);
        gst_buffer_unref(out);
    }
    assert_nothing_comes(&rig);
    rig_free(&rig);
}

static void matched_never_waits_when_live(void **state)
{
    Rig rig = rig_new("mode=matched max-delay=3 message=all");
    Gate gate;

    (void)state;
    gate_init(&gate, rig.bus);
    rig_set_caps(&rig, "I420", 64, 64);
    push(&rig, 0);
    gate_wait_for_somebody(&gate); /* the network takes no other frame until the gate opens */
    for (unsigned i = 1; i < 50; i++) {
        push(&rig, i);
        if (i >= 3)
            gst_buffer_unref(pull(&rig, i - 3));
    }
    assert_int_equal(get_stat(rig.element, "classified"), 1);
    gate_clear(&gate, rig.bus);
    rig_free(&rig);
}

static void matched_waits_for_files(void **state)
{
    Rig rig = rig_new("mode=matched max-delay=4 message=none");
    guint64 labelled = 0;

    (void)state;
    gst_harness_set_live(rig.harness, FALSE);
    rig_set_caps(&rig, "I420", 64, 64);
    for (unsigned i = 0; i < 40; i++) { /* as fast as they can be made */
        push(&rig, i);
        if (i < 4)
            continue;
        GstBuffer *out = pull(&rig, i - 4);
        assert_non_null(result_on(out));
        labelled += u64_field(result_on(out), "frame") == i - 4;
        gst_buffer_unref(out);
    }
    /* each classified frame that has come out carried its own label, none that of a later one */
    assert_true(labelled >= 40 / 5 - 1);
    assert_true(labelled <= get_stat(rig.element, "classified"));
    rig_free(&rig);
}

static void matched_loses_no_frame_when_the_mode_changes(void **state)
{
    static const char *const modes[] = {"matched",     "newest",  "matched",
                                        "every-frame", "matched", "auto"};
    Rig rig = rig_new("message=none");
    unsigned in = 0, out = 0;

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    for (unsigned round = 0; round < 30; round++) {
        gst_util_set_object_arg(G_OBJECT(rig.element), "mode", modes[round % G_N_ELEMENTS(modes)]);
        g_object_set(rig.element, "max-delay", 1 + round % 7, NULL);
        for (unsigned i = 0; i < 5; i++) {
            GstBuffer *frame;

            push(&rig, in++);
            while ((frame = gst_harness_try_pull(rig.harness)) != NULL) {
                assert_int_equal(GST_BUFFER_PTS(frame), out * (GST_SECOND / 30));
                gst_buffer_unref(frame);
                out++;
            }
        }
        if (round % 2 == 1) /* nothing is held in the other modes */
            assert_int_equal(in, out);
    }
    rig_free(&rig);
}

static void matched_flush_drops_what_is_held(void **state)
{
    Rig rig = rig_new("mode=matched max-delay=3 message=none");

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    for (unsigned i = 0; i < 3; i++)
        push(&rig, i);
    rig_flush(&rig);
    for (unsigned i = 10; i < 14; i++)
        push(&rig, i);
    gst_buffer_unref(pull(&rig, 10));
    assert_nothing_comes(&rig);
    rig_free(&rig);
}

static void matched_frames_come_before_new_caps(void **state)
{
    Rig rig = rig_new("mode=matched max-delay=3 message=none");

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    for (unsigned i = 0; i < 2; i++)
        push(&rig, i);
    assert_nothing_comes(&rig);
    rig_set_caps(&rig, "RGB", 32, 32);
    for (unsigned i = 0; i < 2; i++)
        gst_buffer_unref(pull(&rig, i));
    assert_true(gst_harness_push_event(rig.harness, gst_event_new_gap(GST_SECOND, GST_SECOND)));
    rig_free(&rig);
}

/* ---- latency ------------------------------------------------------------------------------ */

static void latency_is_answered_truly(void **state)
{
    static const struct {
        const char *properties, *rate;
        GstClockTime own;
    } cases[] = {
        {"mode=newest", "30/1", 0},
        {"mode=auto", "30/1", 0},
        {"mode=matched max-delay=1", "25/1", 40 * GST_MSECOND},
        {"mode=matched max-delay=4", "50/1", 80 * GST_MSECOND},
        {"mode=matched max-delay=30", "10/1", 3000 * GST_MSECOND},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Rig rig = rig_new(cases[i].properties);
        char *caps = g_strdup_printf("video/x-raw,format=I420,width=64,height=64,framerate=%s",
                                     cases[i].rate);

        gst_harness_set_src_caps_str(rig.harness, caps);
        gst_harness_set_upstream_latency(rig.harness, 40 * GST_MSECOND);
        assert_int_equal(gst_harness_query_latency(rig.harness), 40 * GST_MSECOND + cases[i].own);
        push(&rig, 0);
        assert_int_equal(count_messages(rig.bus, GST_MESSAGE_LATENCY), cases[i].own > 0);
        push(&rig, 1);
        assert_int_equal(count_messages(rig.bus, GST_MESSAGE_LATENCY), 0);
        g_free(caps);
        rig_free(&rig);
    }
}

static void latency_follows_the_mode(void **state)
{
    Rig rig = rig_new("mode=newest message=none");

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    push(&rig, 0);
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_LATENCY), 0);
    gst_util_set_object_arg(G_OBJECT(rig.element), "mode", "matched");
    push(&rig, 1);
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_LATENCY), 1);
    assert_int_equal(gst_harness_query_latency(rig.harness), 4 * (GST_SECOND / 30));
    gst_util_set_object_arg(G_OBJECT(rig.element), "mode", "newest");
    push(&rig, 2);
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_LATENCY), 1);
    assert_int_equal(gst_harness_query_latency(rig.harness), 0);
    rig_free(&rig);
}

/* Whoever makes the frames must have some left while others are held back. */
static void frames_held_back_are_asked_for(void **state)
{
    static const char *const modes[] = {"mode=newest", "mode=matched max-delay=7"};

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(modes); i++) {
        Rig rig = rig_new(modes[i]);
        GstCaps *caps = gst_caps_from_string("video/x-raw,format=I420,width=64,height=64");
        GstQuery *query = gst_query_new_allocation(caps, TRUE);
        guint size = 0, least = 0, most = 0;

        rig_set_caps(&rig, "I420", 64, 64);
        assert_true(gst_pad_peer_query(rig.harness->srcpad, query));
        if (gst_query_get_n_allocation_pools(query) > 0) {
            gst_query_parse_nth_allocation_pool(query, 0, NULL, &size, &least, &most);
            assert_true(size >= 64 * 64 * 3 / 2);
            assert_int_equal(most, 0);
        }
        assert_true(i == 0 ? least == 0 : least >= 7);
        gst_query_unref(query);
        gst_caps_unref(caps);
        rig_free(&rig);
    }
}

/* Classifying in step takes time that a live sink must know of. */
static void latency_in_step_is_what_classifying_takes(void **state)
{
    Rig rig = rig_new("mode=every-frame message=none");

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    push(&rig, 0);
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_LATENCY), 1);
    assert_true(gst_harness_query_latency(rig.harness) > 0);

    GstStructure *stats = NULL;
    g_object_get(rig.element, "stats", &stats, NULL);
    assert_true(gst_harness_query_latency(rig.harness) >= u64_field(stats, "inference-p99"));
    gst_structure_free(stats);
    rig_free(&rig);
}

/* ---- rate, budget, QoS -------------------------------------------------------------------- */

static void rate_is_of_the_video(void **state)
{
    Rig rig = rig_new("mode=every-frame max-rate=10 message=all overlay=false");

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    for (unsigned i = 0; i < 90; i++) { /* three seconds */
        push(&rig, i);
        gst_buffer_unref(pull(&rig, i));
    }
    assert_in_range(get_stat(rig.element, "classified"), 30, 31);
    assert_int_equal(get_stat(rig.element, "classified") + get_stat(rig.element, "paced"), 90);

    g_object_set(rig.element, "max-rate", 0.0, NULL); /* at once */
    guint64 before = get_stat(rig.element, "classified");
    for (unsigned i = 90; i < 100; i++) {
        push(&rig, i);
        gst_buffer_unref(pull(&rig, i));
    }
    assert_int_equal(get_stat(rig.element, "classified"), before + 10);
    rig_free(&rig);
}

/* How many depends on how busy the machine is; sooner or later there is one. */
static void budget_leaves_frames_out(void **state)
{
    Rig rig = rig_new("mode=every-frame cpu-budget=1 message=none overlay=false");
    gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
    unsigned n = 0;

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    while (get_stat(rig.element, "paced") == 0 && g_get_monotonic_time() < end) {
        push(&rig, n);
        gst_buffer_unref(pull(&rig, n));
        n++;
    }
    assert_true(get_stat(rig.element, "paced") > 0);
    assert_true(get_stat(rig.element, "cpu-time") > 0);
    assert_int_equal(get_stat(rig.element, "classified") + get_stat(rig.element, "paced"), n);
    rig_free(&rig);
}

static void late_sinks_cost_inferences_not_frames(void **state)
{
    Rig rig = rig_new("mode=every-frame message=none");
    gboolean live;
    guint64 running_time, timestamp, processed, dropped;
    gint64 jitter;
    GstFormat format;

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    push(&rig, 0);
    gst_buffer_unref(pull(&rig, 0));
    gst_harness_push_upstream_event(
        rig.harness, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.5, 50 * GST_MSECOND, 0));
    for (unsigned i = 1; i <= 10; i++) {
        push(&rig, i);
        gst_buffer_unref(pull(&rig, i));
    }
    /* frames 1 and 2 are before 0 + 2 * 50 ms, frame 3 is at 99.99... */
    assert_int_equal(get_stat(rig.element, "qos-skipped"), 3);
    assert_int_equal(get_stat(rig.element, "classified"), 8);
    assert_int_equal(get_stat(rig.element, "frames"), 11);

    GstMessage *message = next_message(rig.bus, GST_MESSAGE_QOS, 0);
    assert_non_null(message);
    gst_message_parse_qos(message, &live, &running_time, NULL, &timestamp, NULL);
    gst_message_parse_qos_values(message, &jitter, NULL, NULL);
    gst_message_parse_qos_stats(message, &format, &processed, &dropped);
    assert_true(live);
    assert_int_equal(running_time, GST_SECOND / 30);
    assert_int_equal(timestamp, GST_SECOND / 30);
    assert_int_equal(jitter, 50 * GST_MSECOND);
    assert_int_equal(format, GST_FORMAT_BUFFERS);
    assert_int_equal(processed, 1);
    assert_int_equal(dropped, 1);
    gst_message_unref(message);
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_QOS), 2);

    /* those who do not want it say so; and no frame is ever lost */
    g_object_set(rig.element, "qos", FALSE, NULL);
    gst_harness_push_upstream_event(
        rig.harness, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.5, GST_SECOND, GST_SECOND));
    push(&rig, 11);
    gst_buffer_unref(pull(&rig, 11));
    assert_int_equal(get_stat(rig.element, "classified"), 9);
    rig_free(&rig);
}

/* ---- expiry ------------------------------------------------------------------------------- */

static void old_results_expire(void **state)
{
    Rig rig = rig_new("mode=newest expire=500000000 threshold=0 message=change overlay=false");
    GstStructure *last = NULL;

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    gst_harness_set_time(rig.harness, 100 * GST_MSECOND);
    push(&rig, 3);
    assert_true(wait_for_stat(rig.element, "classified", 1));
    gst_buffer_unref(pull(&rig, 3));
    GstMessage *message = next_message(rig.bus, GST_MESSAGE_ELEMENT, 10);
    assert_non_null(message);
    gst_message_unref(message);

    g_object_set(rig.element, "interval", 1000, NULL);
    gst_harness_set_time(rig.harness, 599 * GST_MSECOND);
    push(&rig, 18);
    GstBuffer *out = pull(&rig, 18);
    assert_int_equal(u64_field(result_on(out), "age"), 599 * GST_MSECOND - 3 * (GST_SECOND / 30));
    gst_buffer_unref(out);

    for (unsigned i = 0; i < 3; i++) {
        gst_harness_set_time(rig.harness, (601 + i) * GST_MSECOND);
        push(&rig, 19 + i);
        out = pull(&rig, 19 + i);
        assert_null(result_on(out));
        gst_buffer_unref(out);
    }
    g_object_get(rig.element, "last-result", &last, NULL);
    assert_null(last);
    message = next_message(rig.bus, GST_MESSAGE_ELEMENT, 0);
    assert_non_null(message);
    assert_string_equal(gst_structure_get_string(gst_message_get_structure(message), "label"), "");
    gst_message_unref(message);
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_ELEMENT), 0); /* told once */
    rig_free(&rig);
}

static void results_that_come_too_late_are_dropped(void **state)
{
    Rig rig = rig_new("mode=newest expire=500000000 message=all");

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    gst_harness_set_time(rig.harness, 2 * GST_SECOND);
    push(&rig, 30); /* a picture of a second ago */
    assert_true(wait_for_stat(rig.element, "dropped-by-age", 1));
    assert_int_equal(get_stat(rig.element, "classified"), 1);
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_ELEMENT), 0);
    rig_free(&rig);
}

/* ---- labels ------------------------------------------------------------------------------- */

static GstStructure *next_result_with(Rig *rig, const char *property, const char *value)
{
    static unsigned number;
    GstStructure *last = NULL;

    g_object_set(rig->element, property, value, NULL);
    push(rig, number);
    gst_buffer_unref(pull(rig, number++));
    g_object_get(rig->element, "last-result", &last, NULL);
    assert_non_null(last);
    return last;
}

static void only_labels_that_are_asked_for_are_shown(void **state)
{
    Rig rig = rig_new("mode=every-frame threshold=0 top-k=10 overlay=false");
    char *best, *hide;
    GstStructure *last;

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    last = next_result_with(&rig, "show-labels", NULL);
    best = g_strdup(gst_structure_get_string(last, "label"));
    guint all = gst_value_array_get_size(gst_structure_get_value(last, "results"));
    gst_structure_free(last);

    hide = g_strdup_printf("x*;%s", best);
    last = next_result_with(&rig, "hide-labels", hide);
    assert_string_not_equal(gst_structure_get_string(last, "label"), best);
    assert_int_equal(gst_value_array_get_size(gst_structure_get_value(last, "results")), all - 1);
    gst_structure_free(last);

    last = next_result_with(&rig, "show-labels", best); /* and yet hidden */
    assert_string_equal(gst_structure_get_string(last, "label"), "");
    gst_structure_free(last);
    last = next_result_with(&rig, "hide-labels", NULL);
    assert_string_equal(gst_structure_get_string(last, "label"), best);
    assert_int_equal(gst_value_array_get_size(gst_structure_get_value(last, "results")), 1);
    gst_structure_free(last);
    g_free(best);
    g_free(hide);
    rig_free(&rig);
}

static void what_is_not_sure_may_have_a_name(void **state)
{
    Rig rig = rig_new("mode=every-frame threshold=1 hysteresis=0 unknown-label=stranger");
    GstMessage *message;

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    push(&rig, 0);
    GstBuffer *out = pull(&rig, 0);
    message = next_message(rig.bus, GST_MESSAGE_ELEMENT, 0);
    assert_non_null(message);
    const GstStructure *told[] = {result_on(out), gst_message_get_structure(message)};
    for (size_t i = 0; i < G_N_ELEMENTS(told); i++) {
        int index = 0;

        assert_string_equal(gst_structure_get_string(told[i], "label"), "stranger");
        assert_true(gst_structure_get_int(told[i], "index", &index));
        assert_int_equal(index, -1);
    }
    gst_message_unref(message);
    gst_buffer_unref(out);
    rig_free(&rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matched_frames_carry_their_own_label),
        cmocka_unit_test(matched_never_waits_when_live),
        cmocka_unit_test(matched_waits_for_files),
        cmocka_unit_test(matched_loses_no_frame_when_the_mode_changes),
        cmocka_unit_test(matched_flush_drops_what_is_held),
        cmocka_unit_test(matched_frames_come_before_new_caps),
        cmocka_unit_test(latency_is_answered_truly),
        cmocka_unit_test(latency_follows_the_mode),
        cmocka_unit_test(frames_held_back_are_asked_for),
        cmocka_unit_test(latency_in_step_is_what_classifying_takes),
        cmocka_unit_test(rate_is_of_the_video),
        cmocka_unit_test(budget_leaves_frames_out),
        cmocka_unit_test(late_sinks_cost_inferences_not_frames),
        cmocka_unit_test(old_results_expire),
        cmocka_unit_test(results_that_come_too_late_are_dropped),
        cmocka_unit_test(only_labels_that_are_asked_for_are_shown),
        cmocka_unit_test(what_is_not_sure_may_have_a_name),
    };

    if (!helper_init(&argc, &argv))
        return 77;
    return cmocka_run_group_tests_name("modes", tests, NULL, NULL);
}

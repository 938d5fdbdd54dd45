/* SPDX-License-Identifier: MIT */
/* test_random.c - ten thousand random actions on a playing pipeline: properties, states, caps,
 * seeks, flushes, models, pads, questions. No error may come of it, nothing may hang, and the end
 * of the stream still arrives. MOBILENET_TEST_SEED and MOBILENET_TEST_ACTIONS replay a run. */
#include <stdlib.h>

#include "helper.h"

#define ACTIONS 10000

typedef struct {
    GRand *random;
    GstElement *pipeline, *element, *caps, *source;
    GstPad *pads[2];
    GstBus *bus;
    guint errors;
} World;

static const char *pick(World *world, const char *const *list, gint n)
{
    return list[g_rand_int_range(world->random, 0, n)];
}
#define PICK(world, list) pick(world, list, (gint)G_N_ELEMENTS(list))

/* ---- actions ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    const char *values[6];
} settings[] = {
    {"mode", {"auto", "newest", "every-frame", "matched", "matched", "newest"}},
    {"max-delay", {"1", "2", "4", "7", "30", "3"}},
    {"interval", {"1", "1", "2", "3", "100", "1"}},
    {"max-rate", {"0", "0", "5", "29.97", "1000", "0.1"}},
    {"cpu-budget", {"0", "0", "5", "50", "400", "0"}},
    {"qos", {"true", "false", "true", "false", "true", "true"}},
    {"top-k", {"1", "2", "3", "5", "10", "1"}},
    {"threshold", {"0", "0.3", "0.5", "1", "0", "0"}},
    {"smoothing", {"0", "0.6", "0.99", "0.1", "0", "0"}},
    {"hold", {"0", "1", "1000000000", "0", "0", "5"}},
    {"expire", {"0", "0", "1", "20000000", "1000000000", "0"}},
    {"show-labels", {"", "*", "class 1*", "none of them", "", "CLASS*"}},
    {"hide-labels", {"", "class 3", "*", "", "", ";"}},
    {"unknown-label", {"", "?", "", "", "unknown", ""}},
    {"roi", {"", "0,0,1,1", "0.2,0.2,0.5,0.5", "3,3,8,8", "", "1000,1000,5,5"}},
    {"inference-region",
     {"full-frame", "full-frame", "roi-list", "full-frame", "full-frame", "roi-list"}},
    {"video-direction", {"auto", "90r", "180", "identity", "ur-ll", "horiz"}},
    {"fit", {"crop", "stretch", "letterbox", "crop", "crop", "crop"}},
    {"overlay", {"true", "false", "true", "true", "false", "true"}},
    {"message", {"none", "change", "all", "all", "change", "none"}},
    {"attach-embedding", {"true", "false", "false", "true", "false", "false"}},
    {"text-cues", {"frame", "label", "frame", "label", "frame", "label"}},
    {"position", {"top-left", "center", "bottom-right", "top", "left", "right"}},
    {"show-bars", {"true", "false", "true", "false", "true", "false"}},
    {"show-stats", {"true", "false", "true", "false", "true", "false"}},
    {"text-size", {"0", "0.1", "1", "0.001", "0", "0.05"}},
    {"font", {"Sans", "Serif Bold 40px", "", "nonsense", "Mono 1", "Sans Bold"}},
    {"outline-color", {"0", "4278190080", "0", "4294967295", "0", "0"}},
    {"threads", {"1", "2", "1", "0", "3", "1"}},
};

static void set_property(World *world)
{
    gint i = g_rand_int_range(world->random, 0, (gint)G_N_ELEMENTS(settings));

    gst_util_set_object_arg(G_OBJECT(world->element), settings[i].name,
                            PICK(world, settings[i].values));
}

static void change_model(World *world)
{
    static const char *const names[] = {"mobilenet_v1_f32.tflite", "mobilenet_v2_f32.tflite",
                                        "mobilenet_v3_s8.tflite", "mobilenet_v2_u8.tflite"};
    char *folder = g_path_get_dirname(small_model());
    char *path = g_build_filename(folder, PICK(world, names), NULL);

    g_object_set(world->element, "model-file", path, NULL);
    g_free(path);
    g_free(folder);
}

static void change_caps(World *world)
{
    static const int sizes[][2] = {{64, 48}, {1, 1}, {33, 17}, {160, 120}, {16, 64}};
    const int *size = sizes[g_rand_int_range(world->random, 0, (gint)G_N_ELEMENTS(sizes))];
    GstCaps *caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING,
                                        formats[g_rand_int_range(world->random, 0, 22)], "width",
                                        G_TYPE_INT, size[0], "height", G_TYPE_INT, size[1],
                                        "framerate", GST_TYPE_FRACTION, 240, 1, NULL);

    /* between frames only: capsfilter itself is not made for other caps in the middle of a question
     */
    GstPad *pad = gst_element_get_static_pad(world->source, "src");
    for (int i = 0; i < 5; i++, g_usleep(1000)) {
        if (!GST_PAD_STREAM_TRYLOCK(pad))
            continue;
        g_object_set(world->caps, "caps", caps, NULL);
        GST_PAD_STREAM_UNLOCK(pad);
        break;
    }
    gst_object_unref(pad);
    gst_caps_unref(caps);
}

/* Counts errors. On the way down the source's own is none: each pad that is closed already makes an
 * event fail, which a source whose neighbour is still open takes for an error. */
static void read_bus(World *world, gboolean going_down)
{
    GstMessage *message;

    while ((message = gst_bus_pop(world->bus)) != NULL) {
        gboolean excused = going_down && GST_MESSAGE_SRC(message) == GST_OBJECT(world->source);
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR && !excused) {
            GError *error;
            char *where;

            gst_message_parse_error(message, &error, &where);
            g_printerr("error: %s\n%s\n", error->message, where);
            g_error_free(error);
            g_free(where);
            world->errors++;
        }
        gst_message_unref(message);
    }
}

static void change_state(World *world)
{
    static const GstState states[] = {GST_STATE_PLAYING, GST_STATE_PLAYING, GST_STATE_PLAYING,
                                      GST_STATE_PAUSED,  GST_STATE_READY,   GST_STATE_NULL};
    GstState state = states[g_rand_int_range(world->random, 0, (gint)G_N_ELEMENTS(states))];

    if (gst_element_set_state(world->pipeline, state) == GST_STATE_CHANGE_FAILURE)
        world->errors++;
    read_bus(world, state < GST_STATE_PAUSED);
    if (state < GST_STATE_PAUSED) /* do not dwell there */
        gst_element_set_state(world->pipeline, GST_STATE_PLAYING);
}

static void seek(World *world)
{
    /* without a flush a seek would wait for the end of a pause */
    gdouble rate = g_rand_int_range(world->random, 0, 8) == 0 ? 2.0 : 1.0;

    gst_element_seek(world->pipeline, rate, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET,
                     g_rand_int_range(world->random, 100, 200) * (gint64)GST_SECOND,
                     GST_SEEK_TYPE_NONE, -1);
}

static void flush(World *world)
{
    gst_element_send_event(world->source, gst_event_new_flush_start());
    gst_element_send_event(world->source, gst_event_new_flush_stop(g_rand_boolean(world->random)));
}

static void send_qos(World *world)
{
    GstPad *pad = gst_element_get_static_pad(world->element, "src");
    GstClockTimeDiff late = g_rand_int_range(world->random, -100, 100) * (gint64)GST_MSECOND;

    gst_pad_send_event(pad,
                       gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.2, late,
                                         g_rand_int_range(world->random, 100, 200) * GST_MSECOND));
    gst_object_unref(pad);
}

static void toggle_pad(World *world)
{
    static const char *const names[] = {"text", "preview"};
    gint i = g_rand_int_range(world->random, 0, 2);

    if (world->pads[i] == NULL) {
        world->pads[i] = gst_element_request_pad_simple(world->element, names[i]);
        return;
    }
    gst_element_release_request_pad(world->element, world->pads[i]);
    g_clear_pointer(&world->pads[i], gst_object_unref);
}

static void ask(World *world)
{
    static const char *const names[] = {"stats", "last-result", "model-info"};
    GstStructure *answer = NULL;
    GstQuery *query = gst_query_new_latency();

    g_object_get(world->element, PICK(world, names), &answer, NULL);
    if (answer != NULL)
        gst_structure_free(answer);
    gst_element_query(world->pipeline, query);
    gst_query_unref(query);
}

static void let_it_play(World *world)
{
    g_usleep((gulong)g_rand_int_range(world->random, 0, 3000));
}

/* ---- the run ------------------------------------------------------------------------------ */

static guint number_from(const char *variable, guint otherwise)
{
    const char *text = g_getenv(variable);

    return text != NULL ? (guint)strtoul(text, NULL, 10) : otherwise;
}

static void random_actions_do_no_harm(void **state)
{
    static const struct {
        const char *name;
        void (*run)(World *);
    } actions[] = {
        {"property", set_property}, {"property", set_property},
        {"property", set_property}, {"property", set_property},
        {"property", set_property}, {"property", set_property},
        {"play", let_it_play},      {"play", let_it_play},
        {"play", let_it_play},      {"model", change_model},
        {"caps", change_caps},      {"caps", change_caps},
        {"state", change_state},    {"seek", seek},
        {"flush", flush},           {"QoS", send_qos},
        {"pad", toggle_pad},        {"question", ask},
    };
    guint seed = number_from("MOBILENET_TEST_SEED", 20250);
    guint n = number_from("MOBILENET_TEST_ACTIONS", ACTIONS);
    char *launch = g_strdup_printf("videotestsrc name=source ! capsfilter name=caps ! mobilenet "
                                   "name=m model-file=\"%s\" threads=1 ! fakesink",
                                   small_model());
    World world = {.random = g_rand_new_with_seed(seed),
                   .pipeline = gst_parse_launch(launch, NULL)};

    (void)state;
    world.bus = gst_element_get_bus(world.pipeline);
    world.element = gst_bin_get_by_name(GST_BIN(world.pipeline), "m");
    world.caps = gst_bin_get_by_name(GST_BIN(world.pipeline), "caps");
    world.source = gst_bin_get_by_name(GST_BIN(world.pipeline), "source");
    change_caps(&world);
    gst_element_set_state(world.pipeline, GST_STATE_PLAYING);
    for (guint i = 0; i < n; i++) {
        gint next = g_rand_int_range(world.random, 0, (gint)G_N_ELEMENTS(actions));
        actions[next].run(&world);
        read_bus(&world, FALSE);
        if (world.errors > 0)
            fail_msg("seed %u: an error after action %u, %s", seed, i, actions[next].name);
    }

    /* and now a stream from beginning to end */
    gst_element_set_state(world.pipeline, GST_STATE_NULL);
    read_bus(&world, FALSE);
    gst_element_set_state(world.pipeline, GST_STATE_PLAYING);
    assert_int_equal(gst_element_get_state(world.pipeline, NULL, NULL, 60 * GST_SECOND),
                     GST_STATE_CHANGE_SUCCESS);
    gst_element_send_event(world.pipeline, gst_event_new_eos());
    GstMessage *end = next_message(world.bus, GST_MESSAGE_EOS | GST_MESSAGE_ERROR, 60);
    assert_non_null(end);
    assert_int_equal(GST_MESSAGE_TYPE(end), GST_MESSAGE_EOS);
    gst_message_unref(end);
    gst_element_set_state(world.pipeline, GST_STATE_NULL);
    for (int i = 0; i < 2; i++) {
        if (world.pads[i] != NULL) {
            gst_element_release_request_pad(world.element, world.pads[i]);
            gst_object_unref(world.pads[i]);
        }
    }
    gst_object_unref(world.element);
    gst_object_unref(world.caps);
    gst_object_unref(world.source);
    gst_object_unref(world.bus);
    gst_object_unref(world.pipeline);
    g_rand_free(world.random);
    g_free(launch);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_actions_do_no_harm),
    };

    if (!helper_init(&argc, &argv))
        return 77;
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}

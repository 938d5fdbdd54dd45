/* SPDX-License-Identifier: MIT */
/* test_pipeline.c - whole pipelines with published models: a photograph of a cat, from decoder to
 * label, in every format and memory layout that videoconvert makes. Needs ../shared. */
#include <string.h>

#include "helper.h"

#define MODEL "models/mobilenet_v2_1.0_224_quant.tflite"
#define SLOW  "models/mobilenet_v1_0.75_192_quant.tflite"
#define CAT   "images/cat_720p.jpg"

static char *model, *slow_model, *cat;

typedef struct {
    GPtrArray *labels; /* of the messages, in order */
    GstStructure *last;
    char *error;
} Run;

static void run_clear(Run *run)
{
    g_ptr_array_unref(run->labels);
    if (run->last != NULL)
        gst_structure_free(run->last);
    g_free(run->error);
}

static void take_message(Run *run, GstMessage *message)
{
    const GstStructure *s = gst_message_get_structure(message);

    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        GError *error = NULL;

        gst_message_parse_error(message, &error, NULL);
        run->error = g_strdup(error->message);
        g_error_free(error);
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT &&
               gst_structure_has_name(s, "mobilenet")) {
        g_ptr_array_add(run->labels, g_strdup(gst_structure_get_string(s, "label")));
        if (run->last != NULL)
            gst_structure_free(run->last);
        run->last = gst_structure_copy(s);
    }
}

/* Plays to the end; at most minutes, in case it never comes. */
static Run play(GstElement *pipeline)
{
    Run run = {.labels = g_ptr_array_new_with_free_func(g_free)};
    GstBus *bus = gst_element_get_bus(pipeline);
    gboolean over = FALSE;

    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    while (!over) {
        GstMessage *message =
            next_message(bus, GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS | GST_MESSAGE_ERROR, 240);

        assert_non_null(message);
        take_message(&run, message);
        over = GST_MESSAGE_TYPE(message) != GST_MESSAGE_ELEMENT;
        gst_message_unref(message);
    }
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(bus);
    return run;
}

static GstElement *pipeline_new(const char *format, ...) G_GNUC_PRINTF(1, 2);
static GstElement *pipeline_new(const char *format, ...)
{
    GError *error = NULL;
    va_list arguments;

    va_start(arguments, format);
    char *launch = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    GstElement *pipeline = gst_parse_launch(launch, &error);
    if (error != NULL)
        fail_msg("%s: %s", launch, error->message);
    g_free(launch);
    return pipeline;
}

static void photograph_is_an_egyptian_cat(void **state)
{
    GstElement *pipeline =
        pipeline_new("filesrc location=\"%s\" ! jpegdec ! imagefreeze num-buffers=5 ! mobilenet "
                     "model-file=\"%s\" ! videoconvert ! fakesink",
                     cat, model);

    (void)state;
    for (int round = 0; round < 2; round++) { /* the second time from NULL again */
        Run run = play(pipeline);

        assert_null(run.error);
        assert_int_equal(run.labels->len, 1);
        assert_string_equal(g_ptr_array_index(run.labels, 0), "Egyptian cat");
        run_clear(&run);
    }
    gst_object_unref(pipeline);
}

static gboolean is_a_cat(const char *label)
{
    return strstr(label, "cat") != NULL || strstr(label, "tabby") != NULL ||
           strstr(label, "lynx") != NULL;
}

static const char *best_label(const Run *run)
{
    const GValue *results = gst_structure_get_value(run->last, "results");

    return gst_structure_get_string(gst_value_get_structure(gst_value_array_get_value(results, 0)),
                                    "label");
}

static void cat_is_a_cat_in_every_format(void **state)
{
    (void)state;
    for (int i = 0; formats[i] != NULL; i++) {
        GstElement *pipeline = pipeline_new(
            "filesrc location=\"%s\" ! jpegdec ! imagefreeze num-buffers=1 ! videoconvert ! "
            "video/x-raw,format=%s ! mobilenet model-file=\"%s\" ! videoconvert ! fakesink",
            cat, formats[i], model);
        Run run = play(pipeline);

        assert_null(run.error);
        assert_non_null(run.last);
        if (g_str_equal(formats[i], "GRAY8") ? !is_a_cat(best_label(&run))
                                             : !g_str_equal(best_label(&run), "Egyptian cat"))
            fail_msg("%s: %s", formats[i], best_label(&run));
        run_clear(&run);
        gst_object_unref(pipeline);
    }
}

typedef struct {
    guint n;
    GstClockTime next; /* timestamp that must come */
    gboolean gaps;
} Counter;

static GstPadProbeReturn count_frame(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    Counter *counter = data;
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);

    (void)pad;
    /* 30 fps rounds: a frame lasts 33333333 or 33333334 ns */
    if (counter->n > 0 && GST_CLOCK_DIFF(counter->next, GST_BUFFER_PTS(buffer)) > 2)
        counter->gaps = TRUE;
    counter->next = GST_BUFFER_PTS(buffer) + GST_BUFFER_DURATION(buffer);
    counter->n++;
    return GST_PAD_PROBE_OK;
}

/* A model much too slow for the frame rate: 250 frames a second, one thread. */
static void live_source_loses_no_frame(void **state)
{
    GstElement *pipeline = pipeline_new(
        "videotestsrc is-live=true num-buffers=250 ! video/x-raw,width=320,height=240,"
        "framerate=250/1 ! mobilenet name=m model-file=\"%s\" threads=1 message=all ! fakesink "
        "name=sink sync=true",
        slow_model);
    GstElement *sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    GstPad *pad = gst_element_get_static_pad(sink, "sink");
    Counter counter = {.n = 0};

    (void)state;
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count_frame, &counter, NULL);
    Run run = play(pipeline);
    assert_null(run.error);
    assert_int_equal(counter.n, 250);
    assert_false(counter.gaps);
    assert_true(run.labels->len >= 1); /* the last one at least, waited for at the end */

    guint64 age, inference_time;
    assert_true(gst_structure_get_uint64(run.last, "age", &age));
    assert_true(gst_structure_get_uint64(run.last, "inference-time", &inference_time));
    assert_true(inference_time > 0 && age >= inference_time);
    run_clear(&run);
    gst_object_unref(pad);
    gst_object_unref(sink);
    gst_object_unref(pipeline);
}

static void seeking_starts_anew(void **state)
{
    GstElement *pipeline = pipeline_new(
        "filesrc location=\"%s\" ! jpegdec ! imagefreeze ! video/x-raw,framerate=25/1 ! mobilenet "
        "model-file=\"%s\" message=all ! fakesink sync=false",
        cat, model);
    GstBus *bus = gst_element_get_bus(pipeline);

    (void)state;
    gst_element_set_state(pipeline, GST_STATE_PAUSED);
    assert_int_equal(gst_element_get_state(pipeline, NULL, NULL, 60 * GST_SECOND),
                     GST_STATE_CHANGE_SUCCESS);
    for (int i = 1; i <= 5; i++) {
        GstMessage *message;
        guint64 stream_time = 0;

        assert_true(gst_element_seek_simple(pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                                            (gint64)i * 7 * GST_SECOND));
        assert_int_equal(gst_element_get_state(pipeline, NULL, NULL, 60 * GST_SECOND),
                         GST_STATE_CHANGE_SUCCESS);
        while (stream_time != (guint64)i * 7 * GST_SECOND) {
            message = next_message(bus, GST_MESSAGE_ELEMENT, 60);
            assert_non_null(message);
            gst_structure_get_uint64(gst_message_get_structure(message), "stream-time",
                                     &stream_time);
            gst_message_unref(message);
        }
    }
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(bus);
    gst_object_unref(pipeline);
}

static void one_camera_feeds_two_models(void **state)
{
    GstElement *pipeline = pipeline_new(
        "filesrc location=\"%s\" ! jpegdec ! imagefreeze num-buffers=3 ! tee name=t  t. ! queue ! "
        "mobilenet model-file=\"%s\" ! videoconvert ! fakesink  t. ! queue ! mobilenet "
        "model-file=\"%s\" ! videoconvert ! fakesink",
        cat, model, slow_model);
    Run run = play(pipeline);

    (void)state;
    assert_null(run.error);
    assert_int_equal(run.labels->len, 2);
    run_clear(&run);
    gst_object_unref(pipeline);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(photograph_is_an_egyptian_cat),
        cmocka_unit_test(cat_is_a_cat_in_every_format),
        cmocka_unit_test(live_source_loses_no_frame),
        cmocka_unit_test(seeking_starts_anew),
        cmocka_unit_test(one_camera_feeds_two_models),
    };

    gst_init(&argc, &argv);
    model = shared_file(MODEL);
    slow_model = shared_file(SLOW);
    cat = shared_file(CAT);
    if (model == NULL || slow_model == NULL || cat == NULL) {
        g_print("skipped: ../shared is not there: %s, %s, %s\n", MODEL, SLOW, CAT);
        return 77;
    }
    int failed = cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
    g_free(model);
    g_free(slow_model);
    g_free(cat);
    return failed;
}

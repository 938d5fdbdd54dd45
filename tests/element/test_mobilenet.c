/* SPDX-License-Identifier: MIT */
/* test_mobilenet.c - the element by itself: properties, formats, sizes, strides, errors, messages,
 * states. */
#include <string.h>
#include <glib/gstdio.h>

#include "helper.h"

static void properties_keep_what_was_set(void **state)
{
    GstElement *element = gst_element_factory_make("mobilenet", NULL);
    char *model = NULL, *labels = NULL, *font = NULL;
    int mode, threads, fit, message, position;
    guint top_k, interval;
    float threshold, smoothing, hysteresis;
    guint64 hold;
    gboolean overlay, bars;
    GstStructure *result = NULL;

    (void)state;
    g_object_get(element, "mode", &mode, "threads", &threads, "top-k", &top_k, "threshold",
                 &threshold, "interval", &interval, "fit", &fit, "overlay", &overlay, "message",
                 &message, "last-result", &result, NULL);
    assert_int_equal(mode, 0);
    assert_int_equal(threads, 0);
    assert_int_equal(top_k, 3);
    assert_true(threshold > 0.29f && threshold < 0.31f);
    assert_int_equal(interval, 1);
    assert_int_equal(fit, 0);
    assert_true(overlay);
    assert_int_equal(message, 1);
    assert_null(result);

    for (int i = 0; i < 2; i++) {
        g_object_set(element, "model-file", "no/such.tflite", "labels-file", "no/such.txt", NULL);
        gst_util_set_object_arg(G_OBJECT(element), "mode", "newest");
        gst_util_set_object_arg(G_OBJECT(element), "fit", "letterbox");
        gst_util_set_object_arg(G_OBJECT(element), "message", "all");
        gst_util_set_object_arg(G_OBJECT(element), "position", "top-right");
        g_object_set(element, "threads", 2, "top-k", 5, "threshold", 0.5, "interval", 7, "overlay",
                     FALSE, "smoothing", 0.25, "hysteresis", 0.5, "hold", (guint64)42, "font",
                     "Serif 10", "show-bars", TRUE, NULL);
    }
    g_object_get(element, "model-file", &model, "labels-file", &labels, "mode", &mode, "threads",
                 &threads, "top-k", &top_k, "interval", &interval, "fit", &fit, "overlay", &overlay,
                 "message", &message, "position", &position, "smoothing", &smoothing, "hysteresis",
                 &hysteresis, "hold", &hold, "font", &font, "show-bars", &bars, NULL);
    assert_string_equal(model, "no/such.tflite");
    assert_string_equal(labels, "no/such.txt");
    assert_int_equal(mode, 2);
    assert_int_equal(threads, 2);
    assert_int_equal(top_k, 5);
    assert_int_equal(interval, 7);
    assert_int_equal(fit, 2);
    assert_false(overlay);
    assert_int_equal(message, 2);
    assert_int_equal(position, 2);
    assert_true(smoothing == 0.25f && hysteresis == 0.5f && hold == 42);
    assert_string_equal(font, "Serif 10");
    assert_true(bars);
    g_free(model);
    g_free(labels);
    g_free(font);
    gst_object_unref(element);
}

/* One frame through in step; asserts that it comes out with a result. */
static void classify_one(Rig *rig, GstBuffer *frame)
{
    GstBuffer *out = gst_harness_push_and_pull(rig->harness, frame);

    assert_non_null(out);
    assert_non_null(result_on(out));
    gst_buffer_unref(out);
}

static void every_format_is_classified(void **state)
{
    (void)state;
    for (int i = 0; formats[i] != NULL; i++) {
        Rig rig = rig_new("mode=every-frame");

        rig_set_caps(&rig, formats[i], 64, 48);
        classify_one(&rig, frame_new(formats[i], 64, 48, 1));
        assert_int_equal(count_messages(rig.bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR), 0);
        assert_int_equal(get_stat(rig.element, "classified"), 1);
        rig_free(&rig);
    }
}

static void odd_sizes_are_classified(void **state)
{
    static const int sizes[][2] = {{1, 1}, {3, 5}, {1, 33}, {333, 1}, {17, 19}, {641, 361}};
    Rig rig = rig_new("mode=every-frame");
    guint64 n = 0;

    (void)state;
    for (int i = 0; formats[i] != NULL; i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(sizes); k++) {
            rig_set_caps(&rig, formats[i], sizes[k][0], sizes[k][1]);
            classify_one(&rig, frame_new(formats[i], sizes[k][0], sizes[k][1], 1));
            n++;
        }
    }
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR), 0);
    assert_int_equal(get_stat(rig.element, "classified"), n);
    rig_free(&rig);
}

static char *results_of(GstBuffer *buffer)
{
    const GstStructure *result = result_on(buffer);

    assert_non_null(result);
    return gst_value_serialize(gst_structure_get_value(result, "results"));
}

static void strides_of_the_meta_are_honoured(void **state)
{
    (void)state;
    for (int i = 0; formats[i] != NULL; i++) {
        Rig rig = rig_new("mode=every-frame overlay=false smoothing=0");

        rig_set_caps(&rig, formats[i], 50, 36);
        GstBuffer *packed =
            gst_harness_push_and_pull(rig.harness, frame_new(formats[i], 50, 36, 3));
        GstBuffer *padded =
            gst_harness_push_and_pull(rig.harness, frame_new_padded(formats[i], 50, 36, 3, 24));
        char *a = results_of(packed), *b = results_of(padded);

        assert_string_equal(a, b);
        g_free(a);
        g_free(b);
        gst_buffer_unref(packed);
        gst_buffer_unref(padded);
        rig_free(&rig);
    }
}

/* What the crop meta leaves is all that the network sees: the same as of a picture that is nothing
 * but that part, in the same memory. */
static void crop_of_the_meta_is_honoured(void **state)
{
    static const char *const packed[] = {"RGB", "BGRx", "GRAY8", NULL};
    const guint x = 20, y = 8, w = 30, h = 50;

    (void)state;
    for (int i = 0; packed[i] != NULL; i++) {
        GstVideoInfo whole, part;

        gst_video_info_set_format(&whole, gst_video_format_from_string(packed[i]), 64, 64);
        gst_video_info_set_format(&part, GST_VIDEO_INFO_FORMAT(&whole), w, h);
        part.stride[0] = GST_VIDEO_INFO_PLANE_STRIDE(&whole, 0);
        part.offset[0] =
            y * (gsize)part.stride[0] + x * (gsize)GST_VIDEO_INFO_COMP_PSTRIDE(&whole, 0);

        GstBuffer *cropped = frame_new(packed[i], 64, 64, 3);
        GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta(cropped);
        crop->x = x;
        crop->y = y;
        crop->width = w;
        crop->height = h;
        GstBuffer *small = frame_new(packed[i], 64, 64, 3);
        gst_buffer_add_video_meta_full(small, GST_VIDEO_FRAME_FLAG_NONE,
                                       GST_VIDEO_INFO_FORMAT(&part), w, h, 1, part.offset,
                                       part.stride);

        Rig rig = rig_new("mode=every-frame overlay=false smoothing=0 top-k=10");
        rig_set_caps(&rig, packed[i], 64, 64);
        cropped = gst_harness_push_and_pull(rig.harness, cropped);
        rig_set_caps(&rig, packed[i], (int)w, (int)h);
        small = gst_harness_push_and_pull(rig.harness, small);
        char *a = results_of(cropped), *b = results_of(small);

        assert_string_equal(a, b);
        g_free(a);
        g_free(b);
        gst_buffer_unref(cropped);
        gst_buffer_unref(small);
        rig_free(&rig);
    }
}

/* Memory of any kind will do if the CPU can read it. */
static void other_memory_features_are_taken(void **state)
{
    Rig rig = rig_new("mode=every-frame");

    (void)state;
    gst_harness_set_src_caps_str(rig.harness, "video/x-raw(memory:DMABuf),format=NV12,width=64,"
                                              "height=48,framerate=30/1");
    classify_one(&rig, frame_new("NV12", 64, 48, 1));
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR), 0);
    rig_free(&rig);
}

static void messages_have_all_fields(void **state)
{
    Rig rig = rig_new("mode=every-frame threshold=0 top-k=2");

    (void)state;
    rig_set_caps(&rig, "RGB", 32, 32);
    classify_one(&rig, frame_new("RGB", 32, 32, 4));

    GstMessage *message = next_message(rig.bus, GST_MESSAGE_ELEMENT, 0);
    assert_non_null(message);
    const GstStructure *s = gst_message_get_structure(message);
    guint64 value;
    gboolean changed;
    int index;
    double confidence;

    assert_true(gst_structure_has_name(s, "mobilenet"));
    assert_true(gst_structure_get_uint64(s, "timestamp", &value));
    assert_int_equal(value, 4 * (GST_SECOND / 30));
    assert_true(gst_structure_get_uint64(s, "stream-time", &value));
    assert_int_equal(value, 4 * (GST_SECOND / 30));
    assert_true(gst_structure_get_uint64(s, "running-time", &value));
    assert_int_equal(value, 4 * (GST_SECOND / 30));
    assert_true(gst_structure_get_uint64(s, "duration", &value));
    assert_int_equal(value, GST_SECOND / 30);
    assert_true(gst_structure_get_uint64(s, "inference-time", &value));
    assert_true(gst_structure_get_uint64(s, "age", &value));
    assert_true(gst_structure_get_uint64(s, "frame", &value));
    assert_int_equal(value, 0);
    assert_true(gst_structure_get_boolean(s, "changed", &changed));
    assert_true(changed);
    assert_true(gst_structure_get_int(s, "index", &index));
    assert_true(index >= 0);
    assert_true(gst_structure_get_double(s, "confidence", &confidence));
    assert_true(confidence >= 0.0 && confidence <= 1.0);
    assert_non_null(gst_structure_get_string(s, "label"));
    const GValue *results = gst_structure_get_value(s, "results");
    assert_true(GST_VALUE_HOLDS_ARRAY(results));
    assert_int_equal(gst_value_array_get_size(results), 2);
    const GstStructure *best = gst_value_get_structure(gst_value_array_get_value(results, 0));
    assert_string_equal(gst_structure_get_string(best, "label"),
                        gst_structure_get_string(s, "label"));
    gst_message_unref(message);

    GstStructure *last = NULL;
    g_object_get(rig.element, "last-result", &last, NULL);
    assert_non_null(last);
    assert_true(gst_structure_has_field(last, "results"));
    gst_structure_free(last);
    rig_free(&rig);
}

static void messages_come_as_often_as_asked(void **state)
{
    static const struct {
        const char *properties;
        int expected; /* of 10 equal frames */
    } cases[] = {
        {"message=none", 0},
        {"message=change", 1},
        {"message=all", 10},
        {"message=all interval=3", 4},
        {"message=change threshold=1 hysteresis=0", 1}, /* nothing is sure, but the first tells */
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *properties = g_strconcat("mode=every-frame ", cases[i].properties, NULL);
        Rig rig = rig_new(properties);

        rig_set_caps(&rig, "NV12", 32, 32);
        for (unsigned k = 0; k < 10; k++)
            gst_buffer_unref(gst_harness_push_and_pull(rig.harness, frame_new("NV12", 32, 32, 5)));
        assert_int_equal(count_messages(rig.bus, GST_MESSAGE_ELEMENT), cases[i].expected);
        assert_int_equal(get_stat(rig.element, "frames"), 10);
        rig_free(&rig);
        g_free(properties);
    }
}

/* ---- faults ------------------------------------------------------------------------------- */

static void assert_message(GstMessage *message, GQuark domain, int code, const char *text)
{
    GError *error = NULL;
    char *debug = NULL;

    assert_non_null(message);
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
        gst_message_parse_error(message, &error, &debug);
    else
        gst_message_parse_warning(message, &error, &debug);
    if (error->domain != domain || error->code != code || strstr(error->message, text) == NULL)
        fail_msg("%s: %d: \"%s\" (expected code %d and \"%s\")", g_quark_to_string(error->domain),
                 error->code, error->message, code, text);
    g_error_free(error);
    g_free(debug);
    gst_message_unref(message);
}

static char *write_file(const char *name, const void *data, gssize size)
{
    char *path = g_build_filename(g_get_tmp_dir(), name, NULL);

    assert_true(g_file_set_contents(path, data, size, NULL));
    return path;
}

/* Tries to play with this model; returns the error. */
static GstMessage *fail_to_play(GstElement *element, GstBus *bus, const char *model)
{
    g_object_set(element, "model-file", model, NULL);
    assert_int_equal(gst_element_set_state(element, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
    GstMessage *message = next_message(bus, GST_MESSAGE_ERROR, 0);
    gst_element_set_state(element, GST_STATE_NULL);
    return message;
}

static void faulty_models_are_named_on_the_bus(void **state)
{
    char *garbage = write_file("mobilenet-test-garbage.tflite", "not a model at all, really", -1);
    char *empty = write_file("mobilenet-test-empty.tflite", "", 0);
    const char *folder = g_get_tmp_dir();
    char *cut_data;
    gsize size;

    (void)state;
    assert_true(g_file_get_contents(small_model(), &cut_data, &size, NULL));
    char *cut = write_file("mobilenet-test-cut.tflite", cut_data, (gssize)size / 3);
    g_free(cut_data);

    const struct {
        const char *model;
        GQuark domain;
        int code, other_code;
    } cases[] = {
        {"/no/such/model.tflite", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND, 0},
        {folder, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ, 0},
        {garbage, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, 0},
        {empty, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, 0},
        {cut, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, 0},
    };
    GstElement *element = gst_element_factory_make("mobilenet", NULL);
    GstBus *bus = gst_bus_new();

    gst_element_set_bus(element, bus);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
            assert_message(fail_to_play(element, bus, cases[i].model), cases[i].domain,
                           cases[i].code, cases[i].model);
    }

    /* and after all that it plays */
    g_object_set(element, "model-file", small_model(), NULL);
    assert_int_equal(gst_element_set_state(element, GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
    gst_element_set_state(element, GST_STATE_NULL);
    gst_element_set_bus(element, NULL);
    gst_object_unref(element);
    gst_object_unref(bus);
    char *files[] = {garbage, empty, cut};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_unlink(files[i]);
        g_free(files[i]);
    }
}

/* Sound models, and yet: one that does not take pictures, one with an operator of somebody's own.
 */
static void models_that_cannot_run_are_named_on_the_bus(void **state)
{
    char *folder = g_path_get_dirname(small_model());
    char *files[] = {g_build_filename(folder, "softmax_f32.tflite", NULL),
                     shared_file("malformed/op_custom.tflite")};
    GstElement *element = gst_element_factory_make("mobilenet", NULL);
    GstBus *bus = gst_bus_new();

    (void)state;
    gst_element_set_bus(element, bus);
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        if (files[i] != NULL && g_file_test(files[i], G_FILE_TEST_EXISTS))
            assert_message(fail_to_play(element, bus, files[i]), GST_STREAM_ERROR,
                           GST_STREAM_ERROR_FORMAT, files[i]);
        g_free(files[i]);
    }
    gst_element_set_bus(element, NULL);
    gst_object_unref(element);
    gst_object_unref(bus);
    g_free(folder);
}

static void missing_labels_are_a_warning(void **state)
{
    Rig rig = rig_new("mode=every-frame threshold=0 labels-file=/no/such/labels.txt");

    (void)state;
    assert_message(next_message(rig.bus, GST_MESSAGE_WARNING, 0), GST_RESOURCE_ERROR,
                   GST_RESOURCE_ERROR_NOT_FOUND, "/no/such/labels.txt");
    rig_set_caps(&rig, "GRAY8", 16, 16);
    classify_one(&rig, frame_new("GRAY8", 16, 16, 1));
    GstMessage *message = next_message(rig.bus, GST_MESSAGE_ELEMENT, 0);
    assert_non_null(message);
    assert_non_null(
        strstr(gst_structure_get_string(gst_message_get_structure(message), "label"), "class "));
    gst_message_unref(message);
    rig_free(&rig);
}

static void labels_that_do_not_fit_are_a_warning(void **state)
{
    char *many = g_strnfill(20000, '\n');

    (void)state;
    for (int i = 0; i < 20000; i += 2)
        many[i] = 'x';
    char *path = write_file("mobilenet-test-labels.txt", many, 20000);
    char *properties = g_strdup_printf("labels-file=%s", path);
    Rig rig = rig_new(properties);

    assert_message(next_message(rig.bus, GST_MESSAGE_WARNING, 0), GST_RESOURCE_ERROR,
                   GST_RESOURCE_ERROR_SETTINGS, "label");
    rig_free(&rig);
    g_unlink(path);
    g_free(properties);
    g_free(path);
    g_free(many);
}

static void unknown_formats_pass_with_one_warning(void **state)
{
    Rig rig = rig_new("mode=every-frame");

    (void)state;
    rig_set_caps(&rig, "P010_10LE", 32, 32);
    for (unsigned i = 0; i < 5; i++) {
        GstBuffer *out =
            gst_harness_push_and_pull(rig.harness, gst_buffer_new_allocate(NULL, 3072, NULL));
        assert_null(result_on(out));
        gst_buffer_unref(out);
    }
    assert_message(next_message(rig.bus, GST_MESSAGE_WARNING, 0), GST_STREAM_ERROR,
                   GST_STREAM_ERROR_FORMAT, "P010_10LE");
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR), 0);
    rig_free(&rig);
}

static void short_frames_pass_with_one_warning(void **state)
{
    Rig rig = rig_new("mode=every-frame");

    (void)state;
    rig_set_caps(&rig, "RGB", 32, 32);
    for (unsigned i = 0; i < 5; i++)
        gst_buffer_unref(
            gst_harness_push_and_pull(rig.harness, gst_buffer_new_allocate(NULL, 100, NULL)));
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_WARNING), 1);
    classify_one(&rig, frame_new("RGB", 32, 32, 1));
    rig_free(&rig);
}

/* ---- states ------------------------------------------------------------------------------- */

static void states_cycle(void **state)
{
    Rig rig = rig_new("mode=newest");

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        gst_element_set_state(rig.element, GST_STATE_PLAYING);
        rig_set_caps(&rig, i % 2 ? "RGB" : "I420", 64, 64);
        for (unsigned k = 0; k < 3; k++) {
            GstBuffer *frame = frame_new(i % 2 ? "RGB" : "I420", 64, 64, k);

            assert_int_equal(gst_harness_push(rig.harness, frame), GST_FLOW_OK);
            gst_buffer_unref(gst_harness_pull(rig.harness));
        }
        gst_element_set_state(rig.element, GST_STATE_NULL);
    }
    rig_free(&rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(properties_keep_what_was_set),
        cmocka_unit_test(every_format_is_classified),
        cmocka_unit_test(odd_sizes_are_classified),
        cmocka_unit_test(strides_of_the_meta_are_honoured),
        cmocka_unit_test(crop_of_the_meta_is_honoured),
        cmocka_unit_test(other_memory_features_are_taken),
        cmocka_unit_test(messages_have_all_fields),
        cmocka_unit_test(messages_come_as_often_as_asked),
        cmocka_unit_test(faulty_models_are_named_on_the_bus),
        cmocka_unit_test(models_that_cannot_run_are_named_on_the_bus),
        cmocka_unit_test(missing_labels_are_a_warning),
        cmocka_unit_test(labels_that_do_not_fit_are_a_warning),
        cmocka_unit_test(unknown_formats_pass_with_one_warning),
        cmocka_unit_test(short_frames_pass_with_one_warning),
        cmocka_unit_test(states_cycle),
    };

    if (!helper_init(&argc, &argv))
        return 77;
    return cmocka_run_group_tests_name("mobilenet", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* test_models.c - models in flight: a thousand swaps without a missed frame, bad files refused,
 * names and resources, one NnModel for all who use a file. */
#include <math.h>
#include <string.h>
#include <glib/gstdio.h>

#include "helper.h"
#include "modelcache.h"

#define SWAPS    1000
#define RESOURCE "resource:///test/mobilenet_v2_f32.tflite"

/* Another model beside the small one. */
static char *other_model(void)
{
    char *folder = g_path_get_dirname(small_model());
    char *path = g_build_filename(folder, "mobilenet_v1_f32.tflite", NULL);

    g_free(folder);
    return path;
}

static char *model_in_use(Rig *rig)
{
    GstStructure *info = NULL;

    g_object_get(rig->element, "model-info", &info, NULL);
    assert_non_null(info);
    char *path = g_strdup(gst_structure_get_string(info, "path"));
    gst_structure_free(info);
    return path;
}

/* Frames go by, each classified, until the model is in use. Returns how many. */
static unsigned play_until(Rig *rig, const char *model, unsigned number)
{
    gboolean there = FALSE;
    unsigned n = 0;

    while (!there) {
        GstBuffer *out =
            gst_harness_push_and_pull(rig->harness, frame_new("I420", 32, 32, number + n));
        const GstStructure *result = result_on(out);
        guint64 frame;

        assert_non_null(result);
        assert_true(gst_structure_get_uint64(result, "frame", &frame));
        assert_int_equal(frame, number + n);
        gst_buffer_unref(out);
        n++;
        char *path = model_in_use(rig);
        there = g_str_equal(path, model);
        g_free(path);
        if (!there)
            g_thread_yield();
    }
    return n;
}

static void a_thousand_swaps_miss_no_frame(void **state)
{
    char *models[] = {other_model(), g_strdup(small_model())};
    Rig rig = rig_new("mode=every-frame message=none overlay=false threads=2");
    unsigned n = 0;

    (void)state;
    rig_set_caps(&rig, "I420", 32, 32);
    for (unsigned i = 0; i < SWAPS; i++) {
        g_object_set(rig.element, "model-file", models[i % 2], NULL);
        n += play_until(&rig, models[i % 2], n);
    }
    assert_int_equal(get_stat(rig.element, "frames"), n);
    assert_int_equal(get_stat(rig.element, "classified"), n);
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR), 0);
    rig_free(&rig);
    g_free(models[0]);
    g_free(models[1]);
}

static void swaps_never_stop_live_video(void **state)
{
    char *models[] = {other_model(), g_strdup(small_model())};
    Rig rig = rig_new("mode=newest message=all");

    (void)state;
    rig_set_caps(&rig, "I420", 64, 64);
    for (unsigned i = 0; i < 500; i++) {
        if (i % 5 == 0)
            g_object_set(rig.element, "model-file", models[i / 5 % 2], "threads", 1 + i % 3, NULL);
        GstBuffer *out = gst_harness_push_and_pull(rig.harness, frame_new("I420", 64, 64, i));
        assert_int_equal(GST_BUFFER_PTS(out), i * (GST_SECOND / 30));
        gst_buffer_unref(out);
    }
    rig_free(&rig);
    g_free(models[0]);
    g_free(models[1]);
}

static double confidence_of(Rig *rig)
{
    GstBuffer *out = gst_harness_push_and_pull(rig->harness, frame_new("I420", 32, 32, 5));
    double confidence = 0.0;

    assert_true(gst_structure_get_double(result_on(out), "confidence", &confidence));
    gst_buffer_unref(out);
    return confidence;
}

static double confidence_with(const char *precision)
{
    char *properties = g_strdup_printf("%s mode=every-frame smoothing=0 threshold=0", precision);
    Rig rig = rig_new(properties);

    rig_set_caps(&rig, "I420", 32, 32);
    double confidence = confidence_of(&rig);
    rig_free(&rig);
    g_free(properties);
    return confidence;
}

/* The test's model is float32: half precision is another confidence, by a little. */
static void precision_is_chosen_and_changed_while_playing(void **state)
{
    double fp32 = confidence_with("precision=fp32"), fp16 = confidence_with("precision=fp16");
    Rig rig = rig_new("precision=fp32 mode=every-frame smoothing=0 threshold=0");
    double now = -1.0;

    (void)state;
    assert_true(fp32 != fp16 && fabs(fp32 - fp16) < 0.02);
    g_setenv("NN_PRECISION", "fp16", TRUE);
    assert_true(confidence_with("") == fp16);
    assert_true(confidence_with("precision=fp32") == fp32);
    g_unsetenv("NN_PRECISION");

    rig_set_caps(&rig, "I420", 32, 32);
    assert_true(confidence_of(&rig) == fp32);
    g_object_set(rig.element, "precision", 2, NULL);
    for (int i = 0; i < 1000 && now != fp16; i++) {
        now = confidence_of(&rig);
        assert_true(now == fp32 || now == fp16);
        g_usleep(1000);
    }
    assert_true(now == fp16);
    rig_free(&rig);
}

static void a_bad_file_keeps_the_old_model(void **state)
{
    char *garbage = g_build_filename(g_get_tmp_dir(), "mobilenet-test-swap.tflite", NULL);
    Rig rig = rig_new("mode=every-frame message=none");
    const char *bad[] = {"/no/such/model.tflite", "no_such_name", garbage,
                         "resource:///no/such/model"};
    unsigned n = 0;

    (void)state;
    assert_true(g_file_set_contents(garbage, "not a model at all", -1, NULL));
    rig_set_caps(&rig, "I420", 32, 32);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        GstMessage *message = NULL;
        GError *error;

        g_object_set(rig.element, "model-file", bad[i], NULL);
        while (message == NULL) {
            n += play_until(&rig, small_model(), n);
            message = gst_bus_timed_pop_filtered(rig.bus, GST_MSECOND, GST_MESSAGE_WARNING);
        }
        gst_message_parse_warning(message, &error, NULL);
        if (!g_str_has_prefix(error->message, bad[i]) ||
            !g_str_has_suffix(error->message, "; the model in use stays"))
            fail_msg("%s: %s", bad[i], error->message);
        g_error_free(error);
        gst_message_unref(message);
    }
    assert_int_equal(get_stat(rig.element, "classified"), n);
    rig_free(&rig);
    g_unlink(garbage);
    g_free(garbage);
}

static void a_model_may_be_a_name_or_a_resource(void **state)
{
    char *folder = g_path_get_dirname(small_model()), *other = other_model();
    Rig rig = rig_new("mode=every-frame message=none");
    unsigned n = 0;

    (void)state;
    g_setenv("MOBILENET_MODELS", folder, TRUE);
    rig_set_caps(&rig, "I420", 32, 32);
    g_object_set(rig.element, "model-file", "mobilenet_v1_f32", NULL);
    n += play_until(&rig, other, n);
    g_object_set(rig.element, "model-file", RESOURCE, NULL);
    n += play_until(&rig, RESOURCE, n);
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR), 0);
    rig_free(&rig);

    /* from the start, too */
    GstElement *element = gst_element_factory_make("mobilenet", NULL);
    g_object_set(element, "model-file", RESOURCE, NULL);
    assert_int_equal(gst_element_set_state(element, GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
    gst_element_set_state(element, GST_STATE_NULL);
    gst_object_unref(element);
    g_unsetenv("MOBILENET_MODELS");
    g_free(folder);
    g_free(other);
}

static NnModel *get_model(const char *name)
{
    GError *error = NULL;
    char *place;
    NnModel *model = model_cache_get(name, &place, &error);

    if (model == NULL)
        fail_msg("%s", error->message);
    g_free(place);
    return model;
}

static void users_of_a_file_share_the_model(void **state)
{
    char *copy = g_build_filename(g_get_tmp_dir(), "mobilenet-test-shared.tflite", NULL);
    char *data;
    gsize size;

    (void)state;
    assert_true(g_file_get_contents(small_model(), &data, &size, NULL));
    assert_true(g_file_set_contents(copy, data, (gssize)size, NULL));
    NnModel *a = get_model(copy), *b = get_model(copy), *c = get_model(RESOURCE);
    NnModel *d = get_model(RESOURCE);

    assert_ptr_equal(a, b);
    assert_ptr_equal(c, d);
    assert_ptr_not_equal(a, c);

    /* a file that was written anew is another model, also while the old one is in use */
    assert_true(g_file_set_contents(copy, data, (gssize)size, NULL));
    NnModel *e = get_model(copy);
    assert_ptr_not_equal(a, e);
    NnModel *models[] = {a, b, c, d, e};
    for (size_t i = 0; i < G_N_ELEMENTS(models); i++)
        model_cache_release(models[i]);
    model_cache_release(NULL);
    g_unlink(copy);
    g_free(copy);
    g_free(data);
}

static gpointer use_model(gpointer data)
{
    (void)data;
    for (int i = 0; i < 50; i++) {
        NnModel *a = get_model(small_model()), *b = get_model(RESOURCE);

        assert_ptr_equal(get_model(small_model()), a);
        model_cache_release(a);
        model_cache_release(a);
        model_cache_release(b);
    }
    return NULL;
}

static void many_threads_may_share_models(void **state)
{
    GThread *threads[4];

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("user", use_model, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_swaps_miss_no_frame),
        cmocka_unit_test(swaps_never_stop_live_video),
        cmocka_unit_test(precision_is_chosen_and_changed_while_playing),
        cmocka_unit_test(a_bad_file_keeps_the_old_model),
        cmocka_unit_test(a_model_may_be_a_name_or_a_resource),
        cmocka_unit_test(users_of_a_file_share_the_model),
        cmocka_unit_test(many_threads_may_share_models),
    };

    if (!helper_init(&argc, &argv))
        return 77;
    return cmocka_run_group_tests_name("models", tests, NULL, NULL);
}

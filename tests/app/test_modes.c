/* SPDX-License-Identifier: MIT */
/* test_modes.c - the modes of a camera: in which order they are tried, and that the next one is
 * when one does not start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "viewer/cameras.h"
#include "viewer/feed.h"

/* ---- a camera ----------------------------------------------------------------------------- */

GType test_camera_get_type(void);
typedef GstDevice TestCamera;
typedef GstDeviceClass TestCameraClass;
G_DEFINE_TYPE(TestCamera, test_camera, GST_TYPE_DEVICE)

static GstElement *create_element(GstDevice *device, const char *name)
{
    (void)device;
    return gst_element_factory_make("videotestsrc", name);
}

static void test_camera_class_init(TestCameraClass *class)
{
    class->create_element = create_element;
}

static void test_camera_init(TestCamera *camera)
{
    (void)camera;
}

static char **launches_of(const char *caps_text)
{
    g_autoptr(GstCaps) caps = gst_caps_from_string(caps_text);
    g_autoptr(GstDevice) device = g_object_new(test_camera_get_type(), "display-name", "Test",
                                               "caps", caps, "device-class", "Video/Source", NULL);
    return camera_launches(device);
}

static void the_best_mode_comes_first_and_each_once(void **state)
{
    (void)state;
    g_auto(GStrv) launches =
        launches_of("video/x-raw,format=YUY2,width=640,height=480,framerate=30/1;"
                    "image/jpeg,width=1280,height=720,framerate=30/1");
    assert_int_equal(g_strv_length(launches), 3);
    assert_string_equal(launches[0],
                        "videotestsrc ! image/jpeg,width=1280,height=720,framerate=30/1 ! jpegdec");
    assert_string_equal(
        launches[1], "videotestsrc ! video/x-raw,format=YUY2,width=640,height=480,framerate=30/1");
    assert_string_equal(launches[2], "videotestsrc ! decodebin ! videoconvert");
}

static void a_camera_of_unknown_modes_is_read_as_it_is(void **state)
{
    (void)state;
    g_auto(GStrv) launches = launches_of("video/x-bayer");
    assert_int_equal(g_strv_length(launches), 1);
    assert_string_equal(launches[0], "videotestsrc ! decodebin ! videoconvert");
}

/* ---- a feed ------------------------------------------------------------------------------- */

typedef struct {
    GMainLoop *loop;
    int status;
    bool result;
} Run;

static void on_result(const GstStructure *result, gpointer data)
{
    (void)result;
    Run *run = data;
    run->result = true;
    g_main_loop_quit(run->loop);
}

static void on_ended(int status, gpointer data)
{
    Run *run = data;
    run->status = status;
    g_main_loop_quit(run->loop);
}

static Source *camera(const char *launch, char **others)
{
    Source *source = g_new0(Source, 1);
    source->kind = SOURCE_CAMERA;
    source->what = g_strdup("camera 1 of 1, Test");
    source->launch = g_strdup(launch);
    source->others = g_strdupv(others);
    return source;
}

/* Runs until a result or the end; the fragment that was used last. */
static char *feed(Run *run, Source *source)
{
    FeedHooks hooks = {.result = on_result, .ended = on_ended};
    FeedOptions options = {.threshold = -1};
    *run = (Run){.loop = g_main_loop_new(NULL, FALSE), .status = -1};
    Feed *feed = feed_new(&options, NULL, &hooks, run);
    if (feed_start(feed, source))
        g_main_loop_run(run->loop);
    char *launch = g_strdup(feed_source(feed)->launch);
    feed_free(feed);
    g_main_loop_unref(run->loop);
    return launch;
}

#define BROKEN  "videotestsrc ! identity error-after=1"
#define WORKING "videotestsrc ! video/x-raw,width=64,height=64"

static void a_mode_that_does_not_start_gives_way_to_the_next(void **state)
{
    (void)state;
    char *others[] = {(char *)BROKEN " name=second", (char *)WORKING, NULL};
    Run run;
    g_autofree char *launch = feed(&run, camera(BROKEN, others));
    assert_true(run.result);
    assert_string_equal(launch, WORKING);
}

static void without_another_mode_it_ends(void **state)
{
    (void)state;
    Run run;
    g_free(feed(&run, camera(BROKEN, NULL)));
    assert_false(run.result);
    assert_int_equal(run.status, 1);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_mode_comes_first_and_each_once),
        cmocka_unit_test(a_camera_of_unknown_modes_is_read_as_it_is),
        cmocka_unit_test(a_mode_that_does_not_start_gives_way_to_the_next),
        cmocka_unit_test(without_another_mode_it_ends),
    };
    return cmocka_run_group_tests_name("modes", tests, NULL, NULL);
}

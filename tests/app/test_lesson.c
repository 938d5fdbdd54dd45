/* SPDX-License-Identifier: MIT */
/* test_lesson.c - a session of teaching: pictures are added, undone, classes renamed and forgotten;
 * the model answers; nothing is lost on disk. */
#include "teach/lesson.h"

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 24 };

/* A picture of one colour with noise; each is another one. */
static GstSample *picture(int r, int g, int b)
{
    static guint32 seed = 1;
    guint8 *pixels = g_malloc(SIDE * SIDE * 3);
    for (int i = 0; i < SIDE * SIDE * 3; i++) {
        seed = seed * 1664525u + 1013904223u;
        int colour = i % 3 == 0 ? r : i % 3 == 1 ? g : b;
        pixels[i] = (guint8)CLAMP(colour + (int)(seed >> 24) % 60 - 30, 0, 255);
    }
    g_autoptr(GstBuffer) buffer = gst_buffer_new_wrapped(pixels, SIDE * SIDE * 3);
    g_autoptr(GstCaps) caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "RGB",
                                                  "width", G_TYPE_INT, SIDE, "height", G_TYPE_INT,
                                                  SIDE, "framerate", GST_TYPE_FRACTION, 0, 1, NULL);
    return gst_sample_new(buffer, caps, NULL, NULL);
}

typedef struct {
    char *dir;
    NnModel *model;
    Lesson *lesson;
} Session;

static int begin(void **state)
{
    Session *s = g_new0(Session, 1);
    s->dir = g_dir_make_tmp("lesson-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(TINY_DIR, "mobilenet_v2_u8.tflite", NULL);
    s->model = nn_model_new_from_file(path, NULL);
    ViewSettings settings = VIEW_SETTINGS_INIT;
    settings.options.threads = 1;
    s->lesson = lesson_new(s->dir, true, s->model, &settings, NULL);
    *state = s;
    return s->lesson ? 0 : -1;
}

static void remove_all(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        remove_all(inner);
    }
    g_remove(path);
}

static int end(void **state)
{
    Session *s = *state;
    lesson_free(s->lesson);
    nn_model_unref(s->model);
    remove_all(s->dir);
    g_free(s->dir);
    g_free(s);
    return 0;
}

static void add(Session *s, const char *label, int r, int g, int b)
{
    g_autoptr(GstSample) sample = picture(r, g, b);
    g_autoptr(GError) error = NULL;
    if (!lesson_add(s->lesson, label, sample, &error))
        fail_msg("%s", error->message);
}

static void add_both(Session *s, int n)
{
    for (int i = 0; i < n; i++) {
        add(s, "red", 220, 30, 40);
        add(s, "blue", 30, 40, 220);
    }
}

/* What the answer calls a picture. */
static char *told(Session *s, int r, int g, int b)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = lesson_answer(s->lesson, NULL, &error);
    if (!bytes)
        fail_msg("%s", error->message);
    NnModel *model = nn_model_new_from_bytes(bytes, NULL);
    NnLabels *labels = nn_labels_new(model, NULL, NULL);
    NnNet *net = nn_net_new(model, NULL, NULL);
    g_autoptr(GstSample) sample = picture(r, g, b);
    Picture p;
    NnClass best;
    assert_true(picture_from_sample(&p, sample));
    assert_true(picture_show(&p, net, NN_FIT_CROP, NULL));
    picture_close(&p);
    nn_net_run(net);
    nn_net_topk(net, &best, 1);
    char *label = g_strdup(nn_labels_get(labels, best.index));
    nn_net_free(net);
    nn_labels_free(labels);
    nn_model_unref(model);
    return label;
}

static void assert_told(Session *s, int r, int g, int b, const char *label)
{
    g_autofree char *is = told(s, r, g, b);
    assert_string_equal(is, label);
}

static void two_pictures_are_enough_to_answer(void **state)
{
    Session *s = *state;
    add(s, "red", 220, 30, 40);
    g_autoptr(GError) error = NULL;
    assert_null(lesson_answer(s->lesson, NULL, &error));
    assert_non_null(strstr(error->message, "two classes"));
    add(s, "blue", 30, 40, 220);
    assert_told(s, 225, 35, 40, "red");
    assert_told(s, 35, 40, 225, "blue");
}

static void more_pictures_and_classes_are_learnt(void **state)
{
    Session *s = *state;
    add_both(s, 6);
    add(s, "green", 30, 220, 40);
    add(s, "green", 40, 210, 50);
    assert_int_equal(lesson_n_labels(s->lesson), 3);
    assert_string_equal(lesson_labels(s->lesson)[1], "green"); /* by name */
    assert_int_equal(lesson_count(s->lesson, 1), 2);
    assert_told(s, 35, 215, 45, "green");
    assert_told(s, 225, 35, 40, "red");
}

static void undo_takes_back_and_keeps_the_file(void **state)
{
    Session *s = *state;
    add_both(s, 2);
    add(s, "mistake", 120, 120, 120);
    assert_int_equal(lesson_n_labels(s->lesson), 3);
    assert_true(lesson_undo(s->lesson, NULL));
    assert_int_equal(lesson_n_labels(s->lesson), 2);
    assert_int_equal(lesson_n_files(s->lesson), 4);
    g_autofree char *kept = g_build_filename(s->dir, ".forgotten", "mistake", NULL);
    g_autoptr(GDir) dir = g_dir_open(kept, 0, NULL);
    assert_non_null(dir);
    assert_non_null(g_dir_read_name(dir));
    for (int i = 0; i < 4; i++)
        assert_true(lesson_undo(s->lesson, NULL));
    assert_false(lesson_undo(s->lesson, NULL));
    assert_int_equal(lesson_n_files(s->lesson), 0);
}

static void steps_that_are_joined_go_back_together(void **state)
{
    Session *s = *state;
    assert_false(lesson_can_undo(s->lesson));
    lesson_join(s->lesson); /* of nothing */
    add(s, "red", 220, 30, 40);
    add(s, "blue", 30, 40, 220);
    add(s, "blue", 40, 30, 210);
    lesson_join(s->lesson);
    assert_true(lesson_undo(s->lesson, NULL));
    assert_int_equal(lesson_n_files(s->lesson), 1);
    assert_true(lesson_can_undo(s->lesson));
    assert_true(lesson_undo(s->lesson, NULL));
    assert_int_equal(lesson_n_files(s->lesson), 0);
}

static void classes_are_renamed_joined_and_forgotten(void **state)
{
    Session *s = *state;
    g_autoptr(GError) error = NULL;
    add_both(s, 3);
    assert_true(lesson_rename(s->lesson, "red", "crimson", NULL));
    assert_string_equal(lesson_labels(s->lesson)[1], "crimson");
    assert_told(s, 225, 35, 40, "crimson");
    add(s, "rot", 220, 30, 40);
    assert_true(lesson_rename(s->lesson, "rot", "crimson", NULL));
    assert_int_equal(lesson_n_labels(s->lesson), 2);
    assert_int_equal(lesson_count(s->lesson, 1), 4);
    assert_true(lesson_forget(s->lesson, "blue", NULL));
    assert_int_equal(lesson_n_labels(s->lesson), 1);
    assert_true(lesson_undo(s->lesson, NULL)); /* blue is back */
    assert_true(lesson_undo(s->lesson, NULL)); /* rot is its own again */
    assert_int_equal(lesson_n_labels(s->lesson), 3);
    assert_string_equal(lesson_labels(s->lesson)[2], "rot");
    assert_false(lesson_forget(s->lesson, "green", &error));
    assert_non_null(strstr(error->message, "no such class"));
}

static void names_that_are_no_folders_are_refused(void **state)
{
    Session *s = *state;
    static const char *const bad[] = {"", "a/b", "..", ".hidden", "two\nlines", "a\tb", "\xff"};
    g_autoptr(GstSample) sample = picture(1, 2, 3);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        assert_false(lesson_add(s->lesson, bad[i], sample, &error));
        assert_non_null(error);
    }
    assert_int_equal(lesson_n_files(s->lesson), 0);
}

static void the_same_picture_twice_is_refused(void **state)
{
    Session *s = *state;
    g_autoptr(GstSample) sample = picture(10, 200, 30);
    g_autoptr(GError) error = NULL;
    assert_true(lesson_add(s->lesson, "a", sample, NULL));
    assert_false(lesson_add(s->lesson, "b", sample, &error));
    assert_non_null(strstr(error->message, "there already"));
    assert_int_equal(lesson_n_labels(s->lesson), 1);
}

/* Another session finds what the first has left. */
static void the_folder_is_all_there_is(void **state)
{
    Session *s = *state;
    add_both(s, 3);
    lesson_free(s->lesson);
    ViewSettings settings = VIEW_SETTINGS_INIT;
    s->lesson = lesson_new(s->dir, false, s->model, &settings, NULL);
    assert_true(lesson_read(s->lesson, NULL, NULL));
    assert_int_equal(lesson_n_files(s->lesson), 6);
    assert_told(s, 225, 35, 40, "red");
}

int main(void)
{
    g_autofree char *cache = g_dir_make_tmp("lesson-cache-XXXXXX", NULL);
    g_setenv("XDG_CACHE_HOME", cache, TRUE);
    if (!picture_init(NULL))
        return 1;
    g_autoptr(GstElementFactory) png = gst_element_factory_find("pngenc");
    if (!png) {
        print_message("no pngenc (gstreamer1.0-plugins-good): not tested\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_pictures_are_enough_to_answer, begin, end),
        cmocka_unit_test_setup_teardown(more_pictures_and_classes_are_learnt, begin, end),
        cmocka_unit_test_setup_teardown(undo_takes_back_and_keeps_the_file, begin, end),
        cmocka_unit_test_setup_teardown(steps_that_are_joined_go_back_together, begin, end),
        cmocka_unit_test_setup_teardown(classes_are_renamed_joined_and_forgotten, begin, end),
        cmocka_unit_test_setup_teardown(names_that_are_no_folders_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(the_same_picture_twice_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(the_folder_is_all_there_is, begin, end),
    };
    int failed = cmocka_run_group_tests_name("lesson", tests, NULL, NULL);
    remove_all(cache);
    return failed;
}

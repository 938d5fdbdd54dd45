/* SPDX-License-Identifier: MIT */
/* test_regions.c - what part of a frame is looked at, and how it is turned: roi, regions of
 * interest, direction, pixel aspect ratio, fields. */
#include <string.h>

#include "helper.h"

#define SIDE   64
#define IN_ROW (3 * SIDE)

/* A picture with no symmetry at all. */
static GstBuffer *picture(unsigned seed)
{
    GstBuffer *buffer = frame_new("RGB", SIDE, SIDE, seed);
    GstMapInfo map;

    assert_true(gst_buffer_map(buffer, &map, GST_MAP_WRITE));
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            guint8 *pixel = map.data + y * IN_ROW + 3 * x;

            pixel[0] = (guint8)(x * 4);
            pixel[1] = (guint8)(y * y / 16 + (int)seed * 3);
            pixel[2] = x < SIDE / 3 && y < SIDE / 4 ? 255 : (guint8)(seed * 5);
        }
    }
    gst_buffer_unmap(buffer, &map);
    return buffer;
}

/* The frame's result: the best class and its confidence. */
typedef struct {
    int index;
    double confidence;
} Best;

static Best best_of(const GstStructure *structure)
{
    const GValue *results;
    Best best;

    assert_non_null(structure);
    results = gst_structure_get_value(structure, "results");
    const GstStructure *class = gst_value_get_structure(gst_value_array_get_value(results, 0));
    assert_true(gst_structure_get_int(class, "index", &best.index));
    assert_true(gst_structure_get_double(class, "confidence", &best.confidence));
    return best;
}

static void assert_same(Best a, Best b)
{
    assert_int_equal(a.index, b.index);
    assert_float_equal(a.confidence, b.confidence, 1e-3);
}

static void assert_different(Best a, Best b)
{
    assert_true(a.index != b.index || ABS(a.confidence - b.confidence) > 1e-3);
}

static Rig rgb_rig(const char *properties, const char *more_caps)
{
    char *all = g_strdup_printf("mode=every-frame overlay=false smoothing=0 %s", properties);
    char *caps = g_strdup_printf("video/x-raw,format=RGB,width=%d,height=%d,framerate=30/1%s", SIDE,
                                 SIDE, more_caps);
    Rig rig = rig_new(all);

    gst_harness_set_src_caps_str(rig.harness, caps);
    g_free(all);
    g_free(caps);
    return rig;
}

/* What a picture is taken for, with these properties. */
static Best look(const char *properties, const char *more_caps, GstBuffer *frame)
{
    Rig rig = rgb_rig(properties, more_caps);
    GstBuffer *out = gst_harness_push_and_pull(rig.harness, frame);
    Best best = best_of(result_on(out));

    gst_buffer_unref(out);
    rig_free(&rig);
    return best;
}

/* ---- roi ---------------------------------------------------------------------------------- */

/* Picture 1, of which 32x48 pixels from 16, 8 on are to be shown. */
static GstBuffer *cropped_picture(void)
{
    GstBuffer *buffer = picture(1);
    GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta(buffer);

    crop->x = 16;
    crop->y = 8;
    crop->width = 32;
    crop->height = 48;
    return buffer;
}

static void roi_is_what_is_looked_at(void **state)
{
    Best wanted = look("fit=stretch", "", cropped_picture());

    (void)state;
    assert_same(look("fit=stretch roi=16,8,32,48", "", picture(1)), wanted);
    assert_same(look("fit=stretch roi=\" 0.25, 0.125, 0.5, 0.75 \"", "", picture(1)), wanted);
    assert_different(look("fit=stretch", "", picture(1)), wanted);
    assert_same(look("fit=stretch roi=0,0,1,1", "", picture(1)),
                look("fit=stretch", "", picture(1)));
    /* what is outside is cut off, and something is always left */
    assert_same(look("fit=stretch roi=16,8,3200,48", "", picture(1)),
                look("fit=stretch roi=16,8,48,48", "", picture(1)));
    look("roi=9999,9999,1,2", "", picture(1));
}

static void roi_counts_inside_the_crop(void **state)
{
    (void)state;
    assert_same(look("fit=stretch roi=0.5,0.5,0.5,0.5", "", cropped_picture()),
                look("fit=stretch roi=32,32,16,24", "", picture(1)));
}

static void roi_that_is_none_is_a_warning(void **state)
{
    static const char *const bad[] = {"1,2,3",    "1,2,3,4,5", "a,b,c,d", "0,0,0,0",
                                      "-1,0,5,5", "1,2,nan,4", "1 2 3 4"};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        Rig rig = rgb_rig("", "");
        GError *error;
        char *text;

        g_object_set(rig.element, "roi", bad[i], NULL);
        GstMessage *message = next_message(rig.bus, GST_MESSAGE_WARNING, 0);
        assert_non_null(message);
        gst_message_parse_warning(message, &error, NULL);
        assert_true(g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS));
        assert_true(g_str_has_prefix(error->message, "roi: "));
        assert_non_null(strstr(error->message, bad[i]));
        g_error_free(error);
        gst_message_unref(message);
        g_object_get(rig.element, "roi", &text, NULL);
        assert_string_equal(text, bad[i]);
        g_free(text);
        gst_buffer_unref(gst_harness_push_and_pull(rig.harness, picture(1)));
        g_object_set(rig.element, "roi", NULL, NULL);
        assert_int_equal(count_messages(rig.bus, GST_MESSAGE_WARNING), 0);
        rig_free(&rig);
    }
}

/* ---- direction, aspect, fields ------------------------------------------------------------ */

/* The picture as a camera sees it that must be turned so. */
static GstBuffer *turned(GstVideoOrientationMethod method)
{
    GstBuffer *upright = picture(3), *buffer = picture(3);
    GstMapInfo from, to;

    assert_true(gst_buffer_map(upright, &from, GST_MAP_READ));
    assert_true(gst_buffer_map(buffer, &to, GST_MAP_WRITE));
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            const int last = SIDE - 1;
            int tx = x, ty = y; /* where the upright pixel lies in the camera's picture */

            switch (method) {
            case GST_VIDEO_ORIENTATION_90R:
                tx = y, ty = last - x;
                break;
            case GST_VIDEO_ORIENTATION_180:
                tx = last - x, ty = last - y;
                break;
            case GST_VIDEO_ORIENTATION_90L:
                tx = last - y, ty = x;
                break;
            case GST_VIDEO_ORIENTATION_HORIZ:
                tx = last - x;
                break;
            case GST_VIDEO_ORIENTATION_VERT:
                ty = last - y;
                break;
            case GST_VIDEO_ORIENTATION_UL_LR:
                tx = y, ty = x;
                break;
            case GST_VIDEO_ORIENTATION_UR_LL:
                tx = last - y, ty = last - x;
                break;
            default:
                break;
            }
            memcpy(to.data + ty * IN_ROW + 3 * tx, from.data + y * IN_ROW + 3 * x, 3);
        }
    }
    gst_buffer_unmap(upright, &from);
    gst_buffer_unmap(buffer, &to);
    gst_buffer_unref(upright);
    return buffer;
}

static void direction_turns_what_is_looked_at(void **state)
{
    static const char *const names[] = {"identity", "90r",  "180",   "90l",
                                        "horiz",    "vert", "ul-lr", "ur-ll"};
    Best upright = look("", "", picture(3));

    (void)state;
    for (int i = 0; i <= GST_VIDEO_ORIENTATION_UR_LL; i++) {
        char *property = g_strdup_printf("video-direction=%s", names[i]);

        assert_same(look(property, "", turned((GstVideoOrientationMethod)i)), upright);
        if (i != GST_VIDEO_ORIENTATION_IDENTITY)
            assert_different(look("", "", turned((GstVideoOrientationMethod)i)), upright);
        g_free(property);
    }
}

static void tag_turns_what_is_looked_at(void **state)
{
    Best upright = look("", "", picture(3));
    Rig rig = rgb_rig("", "");
    GstTagList *tags = gst_tag_list_new(GST_TAG_IMAGE_ORIENTATION, "rotate-90", NULL);

    (void)state;
    assert_true(gst_harness_push_event(rig.harness, gst_event_new_tag(tags)));
    GstBuffer *out = gst_harness_push_and_pull(rig.harness, turned(GST_VIDEO_ORIENTATION_90R));
    assert_same(best_of(result_on(out)), upright);
    gst_buffer_unref(out);

    /* who knows better says so */
    gst_util_set_object_arg(G_OBJECT(rig.element), "video-direction", "identity");
    out = gst_harness_push_and_pull(rig.harness, picture(3));
    assert_same(best_of(result_on(out)), upright);
    gst_buffer_unref(out);
    rig_free(&rig);
}

static void pixels_need_not_be_square(void **state)
{
    (void)state;
    /* shown, the picture is twice as wide as high: its middle half is the square */
    assert_same(look("fit=crop", ",pixel-aspect-ratio=2/1", picture(1)),
                look("fit=stretch roi=16,0,32,64", "", picture(1)));
    assert_same(look("fit=crop", ",pixel-aspect-ratio=1/2", picture(1)),
                look("fit=stretch roi=0,16,64,32", "", picture(1)));
}

static void one_field_of_interlaced_video_is_seen(void **state)
{
    static const char interlaced[] =
        ",interlace-mode=interleaved,field-order=(string)top-field-first";
    GstBuffer *frame = picture(1), *torn = picture(1);
    GstMapInfo map;

    (void)state;
    assert_true(gst_buffer_map(torn, &map, GST_MAP_WRITE));
    for (int y = 1; y < SIDE; y += 2) /* the other field has moved on */
        memset(map.data + y * IN_ROW, 200, IN_ROW);
    gst_buffer_unmap(torn, &map);
    assert_same(look("", interlaced, torn), look("", interlaced, frame));
}

/* ---- regions of interest ------------------------------------------------------------------ */

static const int boxes[2][4] = {{0, 0, 24, 20}, {20, 24, 40, 36}};

static void add_region(GstBuffer *frame, const char *type, const int box[4])
{
    gst_buffer_add_video_region_of_interest_meta(frame, type, (guint)box[0], (guint)box[1],
                                                 (guint)box[2], (guint)box[3]);
}

/* Region n of a result. */
static const GstStructure *region(const GstStructure *result, guint n)
{
    const GValue *regions;

    assert_non_null(result);
    regions = gst_structure_get_value(result, "regions");
    assert_non_null(regions);
    assert_true(n < gst_value_array_get_size(regions));
    return gst_value_get_structure(gst_value_array_get_value(regions, n));
}

static int number(const GstStructure *structure, const char *field)
{
    int value = -1;

    assert_true(gst_structure_get_int(structure, field, &value));
    return value;
}

static Best best_in_box(unsigned seed, const int box[4])
{
    char *property = g_strdup_printf("roi=%d,%d,%d,%d", box[0], box[1], box[2], box[3]);
    Best best = look(property, "", picture(seed));

    g_free(property);
    return best;
}

static void each_region_is_classified(void **state)
{
    Rig rig = rgb_rig("inference-region=roi-list message=all", "");
    GstBuffer *frame = picture(5);

    (void)state;
    add_region(frame, "face", boxes[0]);
    add_region(frame, "car", boxes[1]);
    GstBuffer *out = gst_harness_push_and_pull(rig.harness, frame);
    GstMessage *message = next_message(rig.bus, GST_MESSAGE_ELEMENT, 0);
    GstStructure *last = NULL;

    assert_non_null(message);
    g_object_get(rig.element, "last-result", &last, NULL);
    const GstStructure *told[] = {result_on(out), gst_message_get_structure(message), last};
    for (size_t k = 0; k < G_N_ELEMENTS(told); k++) {
        for (guint i = 0; i < 2; i++) {
            const GstStructure *one = region(told[k], i);

            assert_same(best_of(one), best_in_box(5, boxes[i]));
            assert_int_equal(number(one, "x"), boxes[i][0]);
            assert_int_equal(number(one, "y"), boxes[i][1]);
            assert_int_equal(number(one, "width"), boxes[i][2]);
            assert_int_equal(number(one, "height"), boxes[i][3]);
            assert_string_equal(gst_structure_get_string(one, "type"), i == 0 ? "face" : "car");
        }
    }

    /* and each mark on the buffer has its own */
    gpointer at = NULL;
    GstMeta *meta;
    guint n = 0;
    while ((meta = gst_buffer_iterate_meta_filtered(
                out, &at, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) != NULL) {
        GstStructure *param = gst_video_region_of_interest_meta_get_param(
            (GstVideoRegionOfInterestMeta *)meta, "mobilenet");

        assert_same(best_of(param), best_in_box(5, boxes[n]));
        n++;
    }
    assert_int_equal(n, 2);
    gst_structure_free(last);
    gst_message_unref(message);
    gst_buffer_unref(out);
    rig_free(&rig);
}

static void frames_without_regions_pass(void **state)
{
    Rig rig = rgb_rig("inference-region=roi-list message=all", "");

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        GstBuffer *out = gst_harness_push_and_pull(rig.harness, picture(i));

        assert_null(result_on(out));
        gst_buffer_unref(out);
    }
    assert_int_equal(get_stat(rig.element, "classified"), 0);
    rig_free(&rig);
}

/* Averaged over time, each by itself, in whatever order they come. */
static void regions_are_steadied_each_by_itself(void **state)
{
    Rig both = rgb_rig("inference-region=roi-list smoothing=0.6 message=none", "");
    Rig alone = rgb_rig("roi=0,0,24,20 smoothing=0.6 message=none", "");

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        GstBuffer *frame = picture(i * 7);
        guint at = i % 2;

        add_region(frame, "face", boxes[at]);
        add_region(frame, "face", boxes[1 - at]);
        GstBuffer *out = gst_harness_push_and_pull(both.harness, frame);
        GstBuffer *wanted = gst_harness_push_and_pull(alone.harness, picture(i * 7));
        assert_same(best_of(region(result_on(out), at)), best_of(result_on(wanted)));
        gst_buffer_unref(out);
        gst_buffer_unref(wanted);
    }
    rig_free(&both);
    rig_free(&alone);
}

static void results_go_with_their_region(void **state)
{
    Rig rig = rgb_rig("inference-region=roi-list interval=3 message=none", "");
    GstBuffer *frame = picture(5);

    (void)state;
    add_region(frame, "face", boxes[0]);
    add_region(frame, "car", boxes[1]);
    gst_buffer_unref(gst_harness_push_and_pull(rig.harness, frame));

    /* the car is gone, the face has moved, a dog has come */
    const int moved[4] = {3, 2, 24, 20}, dog[4] = {40, 0, 10, 10};
    frame = picture(6);
    add_region(frame, "dog", dog);
    add_region(frame, "face", moved);
    GstBuffer *out = gst_harness_push_and_pull(rig.harness, frame);
    const GValue *regions = gst_structure_get_value(result_on(out), "regions");
    assert_int_equal(gst_value_array_get_size(regions), 1);
    assert_string_equal(gst_structure_get_string(region(result_on(out), 0), "type"), "face");
    assert_int_equal(number(region(result_on(out), 0), "x"), 3);
    assert_same(best_of(region(result_on(out), 0)), best_in_box(5, boxes[0]));
    gst_buffer_unref(out);

    out = gst_harness_push_and_pull(rig.harness, picture(7)); /* nobody there */
    assert_null(result_on(out));
    gst_buffer_unref(out);
    rig_free(&rig);
}

static void strange_regions_do_no_harm(void **state)
{
    static const int strange[][4] = {{0, 0, 0, 0},
                                     {63, 63, 1, 1},
                                     {64, 64, 5, 5},
                                     {0, 0, 100000, 1},
                                     {10, 10, 1, 500},
                                     {1000, 0, 10, 10},
                                     {-1, -1, 2147483647, 2147483647}};
    Rig rig = rgb_rig("inference-region=roi-list message=none", "");

    (void)state;
    for (unsigned round = 0; round < 5; round++) {
        GstBuffer *frame = picture(round);

        for (unsigned i = 0; i < 40; i++) /* more than there is room for */
            add_region(frame, i % 3 == 0 ? "a" : "b", strange[i % G_N_ELEMENTS(strange)]);
        GstBuffer *out = gst_harness_push_and_pull(rig.harness, frame);
        const GValue *regions = gst_structure_get_value(result_on(out), "regions");
        assert_in_range(gst_value_array_get_size(regions), 1, 16);
        gst_buffer_unref(out);
    }
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR), 0);
    rig_free(&rig);
}

/* ---- two in series, features -------------------------------------------------------------- */

static void two_in_series_each_leave_a_result(void **state)
{
    char *launch = g_strdup_printf(
        "mobilenet name=first model-file=\"%s\" mode=every-frame overlay=false roi=0,0,24,20 "
        "! mobilenet name=second model-file=\"%s\" mode=every-frame overlay=false",
        small_model(), small_model());
    GstHarness *harness = gst_harness_new_parse(launch);
    gpointer at = NULL;
    GstMeta *meta;
    guint n = 0;

    (void)state;
    gst_harness_set_src_caps_str(harness, "video/x-raw,format=RGB,width=64,height=64");
    GstBuffer *out = gst_harness_push_and_pull(harness, picture(5));
    while ((meta = gst_buffer_iterate_meta(out, &at)) != NULL) {
        if (!gst_meta_info_is_custom(meta->info))
            continue;
        assert_string_equal(gst_structure_get_string(
                                gst_custom_meta_get_structure((GstCustomMeta *)meta), "element"),
                            n == 0 ? "first" : "second");
        n++;
    }
    assert_int_equal(n, 2);
    gst_buffer_unref(out);
    gst_harness_teardown(harness);
    g_free(launch);
}

static void features_come_when_asked_for(void **state)
{
    Rig rig = rgb_rig("message=none", "");
    GstBuffer *out = gst_harness_push_and_pull(rig.harness, picture(5));

    (void)state;
    assert_false(gst_structure_has_field(result_on(out), "embedding"));
    gst_buffer_unref(out);
    g_object_set(rig.element, "attach-embedding", TRUE, NULL);
    GBytes *features[2];
    for (unsigned i = 0; i < 2; i++) {
        out = gst_harness_push_and_pull(rig.harness, picture(i * 20));
        const GValue *value = gst_structure_get_value(result_on(out), "embedding");
        assert_non_null(value);
        features[i] = g_value_dup_boxed(value);
        assert_true(g_bytes_get_size(features[i]) >= sizeof(float));
        gst_buffer_unref(out);
    }
    assert_int_equal(g_bytes_get_size(features[0]), g_bytes_get_size(features[1]));
    assert_false(g_bytes_equal(features[0], features[1]));
    g_bytes_unref(features[0]);
    g_bytes_unref(features[1]);
    rig_free(&rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roi_is_what_is_looked_at),
        cmocka_unit_test(roi_counts_inside_the_crop),
        cmocka_unit_test(roi_that_is_none_is_a_warning),
        cmocka_unit_test(direction_turns_what_is_looked_at),
        cmocka_unit_test(tag_turns_what_is_looked_at),
        cmocka_unit_test(pixels_need_not_be_square),
        cmocka_unit_test(one_field_of_interlaced_video_is_seen),
        cmocka_unit_test(each_region_is_classified),
        cmocka_unit_test(frames_without_regions_pass),
        cmocka_unit_test(regions_are_steadied_each_by_itself),
        cmocka_unit_test(results_go_with_their_region),
        cmocka_unit_test(strange_regions_do_no_harm),
        cmocka_unit_test(two_in_series_each_leave_a_result),
        cmocka_unit_test(features_come_when_asked_for),
    };

    if (!helper_init(&argc, &argv))
        return 77;
    return cmocka_run_group_tests_name("regions", tests, NULL, NULL);
}

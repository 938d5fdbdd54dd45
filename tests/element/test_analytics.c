/* SPDX-License-Identifier: MIT */
/* test_analytics.c - the result as one multi-class GstAnalyticsClsMtd, as other elements read it;
 * what they have found, as mobilenetoverlay draws it. */
#include <gst/analytics/analytics.h>

#include "helper.h"

#define W 320
#define H 240

/* The first frame out of `mobilenet ! rest`. */
static GstBuffer *through(const char *properties, const char *rest)
{
    char *launch = g_strdup_printf("mobilenet model-file=\"%s\" mode=every-frame threshold=0 %s"
                                   " ! %s",
                                   small_model(), properties, rest);
    GstHarness *harness = gst_harness_new_parse(launch);

    assert_non_null(harness);
    gst_harness_set_src_caps_str(harness,
                                 "video/x-raw,format=I420,width=320,height=240,framerate=30/1");
    gst_harness_push(harness, frame_new("I420", W, H, 7));
    GstBuffer *out = gst_harness_pull(harness);
    assert_non_null(out);
    gst_harness_teardown(harness);
    g_free(launch);
    return out;
}

/* How many classifications a frame carries; the last one. */
static int classifications(GstBuffer *buffer, GstAnalyticsClsMtd *last)
{
    GstAnalyticsRelationMeta *relations = gst_buffer_get_analytics_relation_meta(buffer);
    GstAnalyticsMtd found;
    gpointer state = NULL;
    int n = 0;

    while (relations != NULL &&
           gst_analytics_relation_meta_iterate(relations, &state,
                                               gst_analytics_cls_mtd_get_mtd_type(), &found)) {
        *last = found;
        n++;
    }
    return n;
}

/* The frame's only classification says what the custom meta says: same classes, same order. */
static void assert_same_as_custom_meta(GstBuffer *buffer, guint classes, const char *way)
{
    const GstStructure *result = result_on(buffer);
    GstAnalyticsClsMtd mtd;

    if (result == NULL || classifications(buffer, &mtd) != 1)
        fail_msg("not one classification and one result after %s", way);
    const GValue *list = gst_structure_get_value(result, "results");
    assert_int_equal(gst_value_array_get_size(list), classes);
    assert_int_equal(gst_analytics_cls_mtd_get_length(&mtd), classes);
    for (guint i = 0; i < classes; i++) {
        const GstStructure *class = gst_value_get_structure(gst_value_array_get_value(list, i));
        gdouble confidence;

        assert_true(gst_structure_get_double(class, "confidence", &confidence));
        assert_float_equal(gst_analytics_cls_mtd_get_level(&mtd, i), confidence, 1e-6);
        assert_string_equal(g_quark_to_string(gst_analytics_cls_mtd_get_quark(&mtd, i)),
                            gst_structure_get_string(class, "label"));
        if (i > 0)
            assert_true(gst_analytics_cls_mtd_get_level(&mtd, i - 1) >= confidence);
    }
}

static void top_k_is_one_multi_class_classification(void **state)
{
    (void)state;
    for (guint k = 1; k <= 3; k++) {
        char *properties = g_strdup_printf("top-k=%u", k);
        GstBuffer *out = through(properties, "identity");

        assert_same_as_custom_meta(out, k, properties);
        gst_buffer_unref(out);
        g_free(properties);
    }
}

static void classification_survives_other_elements(void **state)
{
    static const char *const ways[] = {
        "queue",
        "tee ! queue",
        "videoconvert ! capsfilter caps=video/x-raw,format=RGB",
        "videoscale ! capsfilter caps=video/x-raw,width=160,height=120",
        "capsfilter caps=video/x-raw",
        "queue ! videoconvert ! capsfilter caps=video/x-raw,format=NV12 ! tee ! videoscale "
        "! capsfilter caps=video/x-raw,width=64",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        GstBuffer *out = through("top-k=3", ways[i]);

        assert_same_as_custom_meta(out, 3, ways[i]);
        gst_buffer_unref(out);
    }
}

/* What another element of the family put there is not ours to remove. */
static void detections_of_others_are_kept(void **state)
{
    Rig rig = rig_new("mode=every-frame threshold=0 top-k=2");
    GstBuffer *frame = frame_new("I420", W, H, 7);
    GstAnalyticsRelationMeta *relations = gst_buffer_add_analytics_relation_meta(frame);
    GstAnalyticsODMtd detection;
    GstAnalyticsMtd found;
    gpointer at = NULL;

    (void)state;
    assert_true(gst_analytics_relation_meta_add_od_mtd(
        relations, g_quark_from_static_string("face"), 1, 2, 30, 40, 0.75f, &detection));
    rig_set_caps(&rig, "I420", W, H);
    GstBuffer *out = gst_harness_push_and_pull(rig.harness, frame);
    assert_same_as_custom_meta(out, 2, "a detection");
    relations = gst_buffer_get_analytics_relation_meta(out);
    assert_true(gst_analytics_relation_meta_iterate(relations, &at,
                                                    gst_analytics_od_mtd_get_mtd_type(), &found));
    gst_buffer_unref(out);
    rig_free(&rig);
}

/* ---- detections as regions ---------------------------------------------------------------- */

static const int boxes[2][4] = {{0, 0, 100, 80}, {120, 60, 160, 150}};
static const char *const types[2] = {"face", "car"};

static GstBuffer *classified(const char *properties, GstBuffer *frame)
{
    Rig rig = rig_new(properties);

    rig_set_caps(&rig, "I420", W, H);
    GstBuffer *out = gst_harness_push_and_pull(rig.harness, frame);
    assert_non_null(out);
    rig_free(&rig);
    return out;
}

static GstBuffer *frame_with_detections(void)
{
    GstBuffer *frame = frame_new("I420", W, H, 7);
    GstAnalyticsRelationMeta *relations = gst_buffer_add_analytics_relation_meta(frame);
    GstAnalyticsODMtd detection;

    for (int i = 0; i < 2; i++)
        assert_true(gst_analytics_relation_meta_add_od_mtd(relations, g_quark_from_string(types[i]),
                                                           boxes[i][0], boxes[i][1], boxes[i][2],
                                                           boxes[i][3], 0.75f, &detection));
    return frame;
}

/* The only classification that is related to a detection. */
static void related_to(GstAnalyticsMtd *detection, GstAnalyticsClsMtd *classification)
{
    GstAnalyticsMtd another;
    gpointer at = NULL;

    assert_true(gst_analytics_relation_meta_get_direct_related(
        detection->meta, detection->id, GST_ANALYTICS_REL_TYPE_RELATE_TO,
        gst_analytics_cls_mtd_get_mtd_type(), &at, classification));
    assert_false(gst_analytics_relation_meta_get_direct_related(
        detection->meta, detection->id, GST_ANALYTICS_REL_TYPE_RELATE_TO,
        gst_analytics_cls_mtd_get_mtd_type(), &at, &another));
}

/* Each detection gets a classification, the one that its place gets as `roi`. */
static void detections_are_classified(void **state)
{
    GstBuffer *out = classified("mode=every-frame threshold=0 top-k=2 inference-region=roi-list",
                                frame_with_detections());
    const GValue *regions = gst_structure_get_value(result_on(out), "regions");
    GstAnalyticsMtd detection;
    gfloat levels[2];
    gpointer at = NULL;
    guint n = 0;

    (void)state;
    assert_non_null(regions);
    assert_int_equal(gst_value_array_get_size(regions), 2);
    while (gst_analytics_relation_meta_iterate(gst_buffer_get_analytics_relation_meta(out), &at,
                                               gst_analytics_od_mtd_get_mtd_type(), &detection)) {
        const GstStructure *region = gst_value_get_structure(gst_value_array_get_value(regions, n));
        GstAnalyticsClsMtd found, alone;

        assert_true(n < 2);
        related_to(&detection, &found);
        char *properties = g_strdup_printf("mode=every-frame threshold=0 top-k=2 roi=%d,%d,%d,%d",
                                           boxes[n][0], boxes[n][1], boxes[n][2], boxes[n][3]);
        GstBuffer *one = classified(properties, frame_new("I420", W, H, 7));
        assert_int_equal(classifications(one, &alone), 1);
        assert_int_equal(gst_analytics_cls_mtd_get_length(&found), 2);
        for (gsize i = 0; i < 2; i++) {
            assert_int_equal(gst_analytics_cls_mtd_get_quark(&found, i),
                             gst_analytics_cls_mtd_get_quark(&alone, i));
            assert_float_equal(gst_analytics_cls_mtd_get_level(&found, i),
                               gst_analytics_cls_mtd_get_level(&alone, i), 1e-6);
        }
        assert_string_equal(gst_structure_get_string(region, "type"), types[n]);
        levels[n++] = gst_analytics_cls_mtd_get_level(&found, 0);
        gst_buffer_unref(one);
        g_free(properties);
    }
    assert_int_equal(n, 2);
    assert_true(levels[0] != levels[1]); /* else this would not show one taken for the other */
    gst_buffer_unref(out);
}

/* A place that is marked both ways is one region. */
static void mark_of_a_detection_is_no_other_region(void **state)
{
    GstBuffer *frame = frame_with_detections();

    (void)state;
    gst_buffer_add_video_region_of_interest_meta(frame, "face", 0, 0, 100, 80);
    GstBuffer *out = classified("mode=every-frame threshold=0 inference-region=roi-list", frame);
    assert_int_equal(gst_value_array_get_size(gst_structure_get_value(result_on(out), "regions")),
                     2);
    gst_buffer_unref(out);
}

/* ---- drawing what other elements have found ------------------------------------------------ */

static const char white_on_black[] = "color=0xffffffff accent-color=0xffffffff "
                                     "background=0xff000000";
#define WHITE 235 /* in GRAY8 of limited range */

static GstBuffer *grey_frame(void)
{
    GstBuffer *frame = frame_new("GRAY8", W, H, 0);

    gst_buffer_memset(frame, 0, 128, W * H);
    return frame;
}

static void add_classification(GstBuffer *frame, const char *label, gfloat level,
                               GstAnalyticsClsMtd *classification)
{
    GQuark quark = g_quark_from_string(label);

    assert_true(gst_analytics_relation_meta_add_one_cls_mtd(
        gst_buffer_add_analytics_relation_meta(frame), level, quark, classification));
}

static void add_detection(GstBuffer *frame, const char *type, const int *box, gfloat confidence,
                          GstAnalyticsODMtd *detection)
{
    assert_true(gst_analytics_relation_meta_add_od_mtd(
        gst_buffer_add_analytics_relation_meta(frame), g_quark_from_string(type), box[0], box[1],
        box[2], box[3], confidence, detection));
}

static GstBuffer *drawn(GstBuffer *frame)
{
    char *launch = g_strdup_printf("mobilenetoverlay %s", white_on_black);
    GstHarness *harness = gst_harness_new_parse(launch);

    gst_harness_set_src_caps_str(harness,
                                 "video/x-raw,format=GRAY8,width=320,height=240,framerate=30/1");
    GstBuffer *out = gst_harness_push_and_pull(harness, frame);
    gst_harness_teardown(harness);
    g_free(launch);
    return out;
}

static void assert_white(GstBuffer *frame, int x, int y, gboolean white)
{
    guint8 value;

    gst_buffer_extract(frame, (gsize)(y * W + x), &value, 1);
    if ((value == WHITE) != white)
        fail_msg("%d,%d is %d", x, y, value);
}

/* The same picture as of a result of ours with that label. */
static void classifications_of_others_are_drawn(void **state)
{
    GstBuffer *theirs = grey_frame(), *ours = grey_frame();
    GstAnalyticsClsMtd classification;

    (void)state;
    add_classification(theirs, "cat", 0.5f, &classification);
    frame_add_result(ours,
                     gst_structure_new("mobilenet", "label", G_TYPE_STRING, "cat", "confidence",
                                       G_TYPE_DOUBLE, 0.5, "index", G_TYPE_INT, 0, NULL));
    theirs = drawn(theirs);
    ours = drawn(ours);
    assert_int_equal(changed_bytes(theirs, ours, "GRAY8", 0, H), 0);
    GstBuffer *plain = grey_frame();
    assert_true(changed_bytes(theirs, plain, "GRAY8", H / 2, H) > 500);
    assert_int_equal(changed_bytes(theirs, plain, "GRAY8", 0, H / 2), 0);
    gst_buffer_unref(theirs);
    gst_buffer_unref(ours);
    gst_buffer_unref(plain);
}

static void detections_of_others_get_boxes(void **state)
{
    static const int box[4] = {40, 60, 80, 100};
    GstBuffer *frame = grey_frame(), *plain = grey_frame();
    GstAnalyticsODMtd detection;

    (void)state;
    add_detection(frame, "cat", box, 0.75f, &detection);
    GstBuffer *out = drawn(frame);
    assert_white(out, 40, 110, TRUE);
    assert_white(out, 119, 110, TRUE);
    assert_white(out, 80, 159, TRUE);
    assert_white(out, 80, 110, FALSE);
    assert_true(changed_bytes(out, plain, "GRAY8", 0, 60) > 100);    /* the label, above */
    assert_int_equal(changed_bytes(out, plain, "GRAY8", 160, H), 0); /* none for the whole */
    gst_buffer_unref(out);
    gst_buffer_unref(plain);
}

/* A detector finds things, a classifier behind it says what they are; another one names the scene.
 */
static void what_is_related_to_a_detection_is_its_label(void **state)
{
    static const int box[4] = {40, 60, 80, 100};
    GstBuffer *one = grey_frame(), *both = grey_frame(), *scene = grey_frame();
    GstAnalyticsODMtd detection;
    GstAnalyticsClsMtd classification;

    (void)state;
    add_detection(one, "cat", box, 0.5f, &detection);
    add_detection(both, "thing", box, 0.9f, &detection);
    add_classification(both, "cat", 0.5f, &classification);
    assert_true(gst_analytics_relation_meta_set_relation(
        classification.meta, GST_ANALYTICS_REL_TYPE_RELATE_TO, classification.id, detection.id));
    assert_true(gst_analytics_relation_meta_set_relation(
        classification.meta, GST_ANALYTICS_REL_TYPE_RELATE_TO, detection.id, classification.id));
    add_detection(scene, "cat", box, 0.5f, &detection);
    add_classification(scene, "garden", 0.5f, &classification);

    GstBuffer *out[] = {drawn(one), drawn(both), drawn(scene)};
    assert_int_equal(changed_bytes(out[0], out[1], "GRAY8", 0, H), 0);
    assert_int_equal(changed_bytes(out[0], out[2], "GRAY8", 0, 160), 0);
    assert_true(changed_bytes(out[0], out[2], "GRAY8", 160, H) > 500); /* the garden */
    for (size_t i = 0; i < G_N_ELEMENTS(out); i++)
        gst_buffer_unref(out[i]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(top_k_is_one_multi_class_classification),
        cmocka_unit_test(classification_survives_other_elements),
        cmocka_unit_test(detections_of_others_are_kept),
        cmocka_unit_test(detections_are_classified),
        cmocka_unit_test(mark_of_a_detection_is_no_other_region),
        cmocka_unit_test(classifications_of_others_are_drawn),
        cmocka_unit_test(detections_of_others_get_boxes),
        cmocka_unit_test(what_is_related_to_a_detection_is_its_label),
    };

    if (!helper_init(&argc, &argv))
        return 77;
    return cmocka_run_group_tests_name("analytics", tests, NULL, NULL);
}

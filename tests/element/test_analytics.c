/* SPDX-License-Identifier: MIT */
/* test_analytics.c - the result as one multi-class GstAnalyticsClsMtd, as other elements read it.
 */
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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(top_k_is_one_multi_class_classification),
        cmocka_unit_test(classification_survives_other_elements),
        cmocka_unit_test(detections_of_others_are_kept),
        cmocka_unit_test(detections_are_classified),
        cmocka_unit_test(mark_of_a_detection_is_no_other_region),
    };

    if (!helper_init(&argc, &argv))
        return 77;
    return cmocka_run_group_tests_name("analytics", tests, NULL, NULL);
}

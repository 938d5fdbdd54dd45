/* SPDX-License-Identifier: MIT */
/* test_style.c - where and how labels, statistics and boxes are drawn, on grey. */

#include "helper.h"

#define W PICTURE_W
#define H PICTURE_H

/* The box around what was drawn on a grey frame; FALSE if nothing was. */
static gboolean drawn_box(GstBuffer *buffer, int *x0, int *y0, int *x1, int *y1)
{
    GstMapInfo map;

    *x0 = W;
    *y0 = H;
    *x1 = *y1 = -1;
    assert_true(gst_buffer_map(buffer, &map, GST_MAP_READ));
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) {
            if (map.data[y * W + x] == 128)
                continue;
            *x0 = MIN(*x0, x);
            *y0 = MIN(*y0, y);
            *x1 = MAX(*x1, x);
            *y1 = MAX(*y1, y);
        }
    }
    gst_buffer_unmap(buffer, &map);
    return *x1 >= 0;
}

/* A grey frame with a result by hand, drawn by mobilenetoverlay with these properties. */
static GstBuffer *draw(const char *properties, GstStructure *result)
{
    char *launch = g_strdup_printf("mobilenetoverlay %s", properties);
    GstHarness *harness = gst_harness_new_parse(launch);
    GstBuffer *frame = frame_new("GRAY8", W, H, 0);

    gst_buffer_memset(frame, 0, 128, W * H);
    frame_add_result(frame, result);
    gst_harness_set_src_caps_str(harness,
                                 "video/x-raw,format=GRAY8,width=320,height=240,framerate=30/1");
    GstBuffer *out = gst_harness_push_and_pull(harness, frame);
    gst_harness_teardown(harness);
    g_free(launch);
    return out;
}

static GstStructure *label(const char *text)
{
    return gst_structure_new("mobilenet", "label", G_TYPE_STRING, text, "confidence", G_TYPE_DOUBLE,
                             0.5, "index", G_TYPE_INT, 3, "age", G_TYPE_UINT64, GST_SECOND, NULL);
}

/* Blended into GRAY8 of limited range. */
#define WHITE 235
#define BLACK 16

static void nine_positions_and_an_offset(void **state)
{
    (void)state;
    for (int position = 0; position < 9; position++) {
        char *plain = g_strdup_printf("position=%d", position);
        char *moved = g_strdup_printf("position=%d offset-x=8 offset-y=-6", position);
        GstBuffer *a = draw(plain, label("cat")), *b = draw(moved, label("cat"));
        int box[4], shifted[4];

        assert_true(drawn_box(a, &box[0], &box[1], &box[2], &box[3]));
        assert_true(drawn_box(b, &shifted[0], &shifted[1], &shifted[2], &shifted[3]));
        int x = (box[0] + box[2]) / 2, y = (box[1] + box[3]) / 2;
        assert_int_equal(3 * x / W, position % 3);
        assert_int_equal(3 * y / H, position / 3);
        assert_in_range(shifted[0] - box[0], 6, 8); /* stays in the picture, on even pixels */
        if (position / 3 > 0)
            assert_in_range(box[1] - shifted[1], 4, 6);
        gst_buffer_unref(a);
        gst_buffer_unref(b);
        g_free(plain);
        g_free(moved);
    }
}

/* How many pixels have a value, give or take two. */
static int count_pixels(GstBuffer *buffer, int value)
{
    GstMapInfo map;
    int n = 0;

    assert_true(gst_buffer_map(buffer, &map, GST_MAP_READ));
    for (int i = 0; i < W * H; i++)
        n += ABS(map.data[i] - value) <= 2;
    gst_buffer_unmap(buffer, &map);
    return n;
}

static void colors_size_and_outline_count(void **state)
{
    static const char black[] = "color=0xff000000 accent-color=0xff000000 background=0xffffffff";
    GstBuffer *a = draw(black, label("cat"));
    GstBuffer *b = draw("text-size=0.15 color=0xff000000 background=0xffffffff", label("cat"));
    GstBuffer *c = draw("color=0xff000000 accent-color=0xff000000 background=0", label("cat"));
    GstBuffer *d = draw("color=0xffffffff accent-color=0xffffffff background=0 "
                        "outline-color=0xff000000 text-size=0.2",
                        label("cat"));
    int box[4], large[4];

    (void)state;
    assert_true(count_pixels(a, WHITE) > 500); /* panel */
    assert_true(count_pixels(a, BLACK) > 50);  /* letters */
    assert_true(drawn_box(a, &box[0], &box[1], &box[2], &box[3]));
    assert_true(drawn_box(b, &large[0], &large[1], &large[2], &large[3]));
    assert_true(large[3] - large[1] > 2 * (box[3] - box[1]));
    assert_int_equal(count_pixels(c, WHITE), 0);
    assert_true(count_pixels(c, BLACK) > 50);
    assert_true(count_pixels(d, BLACK) > 50 && count_pixels(d, WHITE) > 50);
    GstBuffer *all[] = {a, b, c, d};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        gst_buffer_unref(all[i]);
}

static void statistics_are_a_line_of_their_own(void **state)
{
    GstBuffer *a = draw("", label("cat")), *b = draw("show-stats=true", label("cat"));
    GstBuffer *c = draw("show-stats=true", label("")), *d = draw("", label(""));
    int one[4], two[4], alone[4];

    (void)state;
    assert_true(drawn_box(a, &one[0], &one[1], &one[2], &one[3]));
    assert_true(drawn_box(b, &two[0], &two[1], &two[2], &two[3]));
    assert_true(drawn_box(c, &alone[0], &alone[1], &alone[2], &alone[3]));
    assert_true(two[3] - two[1] > one[3] - one[1]);
    assert_true(alone[3] - alone[1] < two[3] - two[1]);
    assert_false(drawn_box(d, &one[0], &one[1], &one[2], &one[3]));
    GstBuffer *all[] = {a, b, c, d};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        gst_buffer_unref(all[i]);
}

static void append_region(GValue *array, int x, int y, int w, int h, const char *text)
{
    GValue value = G_VALUE_INIT;

    g_value_init(&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&value, gst_structure_new("region", "x", G_TYPE_INT, x, "y", G_TYPE_INT, y,
                                                 "width", G_TYPE_INT, w, "height", G_TYPE_INT, h,
                                                 "label", G_TYPE_STRING, text, "confidence",
                                                 G_TYPE_DOUBLE, 0.9, "index", G_TYPE_INT, 1, NULL));
    gst_value_array_append_and_take_value(array, &value);
}

static void regions_have_boxes(void **state)
{
    GstStructure *result = label("cat");
    GValue regions = G_VALUE_INIT;
    int box[4];

    (void)state;
    g_value_init(&regions, GST_TYPE_ARRAY);
    append_region(&regions, 40, 60, 80, 100, "cat");
    append_region(&regions, 200, 20, 60, 60, "dog");
    gst_structure_take_value(result, "regions", &regions);
    GstBuffer *out = draw("accent-color=0xffffffff background=0xff000000", result);
    GstMapInfo map;

    assert_true(gst_buffer_map(out, &map, GST_MAP_READ));
    assert_int_equal(map.data[110 * W + 40], WHITE);  /* left side of the first */
    assert_int_equal(map.data[110 * W + 119], WHITE); /* right side */
    assert_int_equal(map.data[159 * W + 80], WHITE);  /* bottom */
    assert_int_equal(map.data[110 * W + 80], 128);    /* nothing inside */
    assert_int_equal(map.data[79 * W + 230], WHITE);  /* bottom of the second */
    gst_buffer_unmap(out, &map);
    assert_true(drawn_box(out, &box[0], &box[1], &box[2], &box[3]));
    assert_true(box[1] < 60 && box[3] == 159); /* labels above, none for the whole picture */
    gst_buffer_unref(out);
}

static void strange_regions_are_drawn(void **state)
{
    static const int boxes[][4] = {
        {-50, -50, 20, 20}, {0, 0, 0, 0},     {310, 230, 500, 500}, {5000, 0, 10, 10},
        {0, 0, 320, 240},   {319, 239, 1, 1}, {7, 9, -3, -4},       {2147483647, 1, 2, 2147483647}};
    GstStructure *result = label("cat");
    GValue regions = G_VALUE_INIT;

    (void)state;
    g_value_init(&regions, GST_TYPE_ARRAY);
    for (size_t i = 0; i < 3 * G_N_ELEMENTS(boxes); i++) {
        const int *box = boxes[i % G_N_ELEMENTS(boxes)];

        append_region(&regions, box[0], box[1], box[2], box[3], i % 2 ? "cat" : "");
    }
    gst_structure_take_value(result, "regions", &regions);
    GstBuffer *out = draw("show-bars=true show-stats=true text-size=0.02", result);
    assert_non_null(out);
    gst_buffer_unref(out);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nine_positions_and_an_offset),
        cmocka_unit_test(colors_size_and_outline_count),
        cmocka_unit_test(statistics_are_a_line_of_their_own),
        cmocka_unit_test(regions_have_boxes),
        cmocka_unit_test(strange_regions_are_drawn),
    };

    if (!helper_init(&argc, &argv))
        return 77;
    return cmocka_run_group_tests_name("style", tests, NULL, NULL);
}

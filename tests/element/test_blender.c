/* SPDX-License-Identifier: MIT */
/* test_blender.c - laying a label over frames as quickly as that goes gives the picture that the
 * library gives, in every format, at the edges, for one rectangle or several. */
#include <string.h>

#include "blender.h"
#include "blendrow.h"
#include "helper.h"

#define W 70
#define H 50

static GstVideoOverlayRectangle *rectangle_new(GRand *random, int x, int y, int w, int h)
{
    GstBuffer *pixels = gst_buffer_new_allocate(NULL, (gsize)(w * h * 4), NULL);
    GstMapInfo map;

    gst_buffer_map(pixels, &map, GST_MAP_WRITE);
    for (int i = 0; i < w * h; i++) {
        static const guint alphas[] = {0, 255, 80, 200};
        guint alpha = alphas[i / 5 % 4];
        guint32 pixel = alpha << 24;

        for (int shift = 0; shift < 24; shift += 8) /* premultiplied */
            pixel |= (guint32)g_rand_int_range(random, 0, (gint32)alpha + 1) << shift;
        memcpy(map.data + 4 * i, &pixel, 4);
    }
    gst_buffer_unmap(pixels, &map);
    gst_buffer_add_video_meta(pixels, 0, GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, (guint)w,
                              (guint)h);
    GstVideoOverlayRectangle *rectangle = gst_video_overlay_rectangle_new_raw(
        pixels, x, y, (guint)w, (guint)h, GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
    gst_buffer_unref(pixels);
    return rectangle;
}

typedef enum { OPAQUE, PATTERN, ALMOST_OPAQUE } Alpha; /* ALMOST: but for one pixel */

/* Unused bytes are 255 always: the library takes them for alpha. */
static GstBuffer *frame_with_alpha(const GstVideoInfo *info, unsigned seed, Alpha alpha)
{
    GstBuffer *buffer = frame_new(GST_VIDEO_INFO_NAME(info), W, H, seed);

    if (!GST_VIDEO_INFO_HAS_ALPHA(info) || alpha != PATTERN)
        frame_make_opaque(buffer, info);
    if (GST_VIDEO_INFO_HAS_ALPHA(info) && alpha == ALMOST_OPAQUE) {
        guint8 value = 3;
        gsize below = GST_VIDEO_INFO_COMP_OFFSET(info, GST_VIDEO_COMP_A) +
                      (gsize)GST_VIDEO_INFO_COMP_PSTRIDE(info, GST_VIDEO_COMP_A) * (14 * W + 12);
        gst_buffer_fill(buffer, below, &value, 1); /* below the second rectangle */
    }
    return buffer;
}

static void assert_alike(GstBuffer *a, GstBuffer *b, const char *what)
{
    GstMapInfo ma, mb;

    gst_buffer_map(a, &ma, GST_MAP_READ);
    gst_buffer_map(b, &mb, GST_MAP_READ);
    for (gsize i = 0; i < ma.size; i++) {
        if (ABS(ma.data[i] - mb.data[i]) > 2)
            fail_msg("%s: byte %zu is %d, not %d", what, i, mb.data[i], ma.data[i]);
    }
    gst_buffer_unmap(a, &ma);
    gst_buffer_unmap(b, &mb);
}

static void assert_blended_alike(GstVideoOverlayComposition *composition, const GstVideoInfo *info)
{
    static const Alpha alphas[] = {OPAQUE, OPAQUE, OPAQUE, ALMOST_OPAQUE, PATTERN};
    Blender blender;

    blender_init(&blender);
    for (unsigned i = 0; i < G_N_ELEMENTS(alphas); i++) {
        GstBuffer *wanted = frame_with_alpha(info, i, alphas[i]);
        GstBuffer *got = frame_with_alpha(info, i, alphas[i]);
        GstVideoFrame frame;

        assert_true(gst_video_frame_map(&frame, info, wanted, GST_MAP_READWRITE));
        gst_video_overlay_composition_blend(composition, &frame);
        gst_video_frame_unmap(&frame);
        assert_true(gst_video_frame_map(&frame, info, got, GST_MAP_READWRITE));
        blender_blend(&blender, composition, &frame);
        gst_video_frame_unmap(&frame);
        assert_alike(wanted, got, GST_VIDEO_INFO_NAME(info));
        gst_buffer_unref(wanted);
        gst_buffer_unref(got);
    }
    blender_clear(&blender);
}

static void pictures_are_those_of_the_library(void **state)
{
    static const int places[][4] = {{0, 0, 20, 10},   {6, 4, 31, 21}, {-5, -4, 30, 20},
                                    {60, 44, 30, 20}, {0, 0, 70, 50}, {100, 0, 10, 10},
                                    {68, 48, 2, 2},   {2, 2, 64, 2}};
    static const char *const with_alpha[] = {"AYUV", "A420"}; /* more of them */
    size_t n = g_strv_length((char **)formats);
    GRand *random = g_rand_new_with_seed(1);

    (void)state;
    for (size_t f = 0; f < n + G_N_ELEMENTS(with_alpha); f++) {
        const char *format = f < n ? formats[f] : with_alpha[f - n];
        GstVideoInfo info;

        gst_video_info_set_format(&info, gst_video_format_from_string(format), W, H);
        for (size_t p = 0; p < G_N_ELEMENTS(places); p++) {
            const int *place = places[p];
            GstVideoOverlayRectangle *a =
                rectangle_new(random, place[0], place[1], place[2], place[3]);
            GstVideoOverlayRectangle *b = rectangle_new(random, 10, 12, 16, 14);
            GstVideoOverlayComposition *composition = gst_video_overlay_composition_new(a);

            gst_video_overlay_composition_add_rectangle(composition, b);
            assert_blended_alike(composition, &info);
            gst_video_overlay_composition_unref(composition);
            gst_video_overlay_rectangle_unref(a);
            gst_video_overlay_rectangle_unref(b);
        }
    }
    g_rand_free(random);
}

static void rows_are_the_same_in_each_set(void **state)
{
    const BlendRow *best = blend_row_best();
    guint8 add[100], keep[100], mask[100], row[100], plain[100];
    GRand *random = g_rand_new_with_seed(2);

    (void)state;
    for (int n = 0; n <= 100; n++) {
        for (int i = 0; i < n; i++) {
            keep[i] = (guint8)g_rand_int_range(random, 0, 256);
            add[i] = (guint8)g_rand_int_range(random, 0, 256 - keep[i]);
            plain[i] = row[i] = (guint8)g_rand_int_range(random, 0, 256);
        }
        blend_row_plain.apply(plain, add, keep, n);
        best->apply(row, add, keep, n);
        assert_memory_equal(row, plain, (size_t)n);

        for (int i = 0; i < n; i++) { /* one in three is looked at */
            mask[i] = i % 3 == 0 ? 0 : 255;
            row[i] = i % 3 == 0 ? 255 : 7;
        }
        assert_true(blend_row_plain.opaque(row, mask, n));
        assert_true(best->opaque(row, mask, n));
        for (int i = 0; i < n; i += 3) {
            row[i] = 254;
            assert_false(blend_row_plain.opaque(row, mask, n));
            assert_false(best->opaque(row, mask, n));
            row[i] = 255;
        }
    }
    g_rand_free(random);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_are_those_of_the_library),
        cmocka_unit_test(rows_are_the_same_in_each_set),
    };

    gst_init(&argc, &argv);
    return cmocka_run_group_tests_name("blender", tests, NULL, NULL);
}

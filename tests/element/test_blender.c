/* SPDX-License-Identifier: MIT */
/* test_blender.c - laying a label over frames as quickly as that goes gives the picture that the
 * library gives, in every format, at the edges, for one rectangle or several. */
#include <string.h>

#include "blender.h"
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

/* A frame whose unused bytes, if it has any, say opaque: the library takes them for alpha. */
static GstBuffer *opaque_frame(const char *format, unsigned seed)
{
    GstBuffer *buffer = frame_new(format, W, H, seed);
    const char *unused = strchr(format, 'x');
    GstMapInfo map;

    gst_buffer_map(buffer, &map, GST_MAP_WRITE);
    for (gsize i = unused != NULL ? (gsize)(unused - format) : map.size; i < map.size; i += 4)
        map.data[i] = 255;
    gst_buffer_unmap(buffer, &map);
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

static void pictures_are_those_of_the_library(void **state)
{
    static const int places[][4] = {{0, 0, 20, 10},   {6, 4, 31, 21}, {-5, -4, 30, 20},
                                    {60, 44, 30, 20}, {0, 0, 70, 50}, {100, 0, 10, 10},
                                    {68, 48, 2, 2},   {2, 2, 64, 2}};
    GRand *random = g_rand_new_with_seed(1);

    (void)state;
    for (int f = 0; formats[f] != NULL; f++) {
        GstVideoInfo info;

        gst_video_info_set_format(&info, gst_video_format_from_string(formats[f]), W, H);
        for (size_t p = 0; p < G_N_ELEMENTS(places); p++) {
            const int *place = places[p];
            GstVideoOverlayRectangle *a =
                rectangle_new(random, place[0], place[1], place[2], place[3]);
            GstVideoOverlayRectangle *b = rectangle_new(random, 10, 12, 16, 14);
            GstVideoOverlayComposition *composition = gst_video_overlay_composition_new(a);
            Blender blender;

            gst_video_overlay_composition_add_rectangle(composition, b);
            blender_init(&blender);
            for (unsigned i = 0; i < 3; i++) {
                GstBuffer *wanted = opaque_frame(formats[f], i);
                GstBuffer *got = opaque_frame(formats[f], i);
                GstVideoFrame frame;

                assert_true(gst_video_frame_map(&frame, &info, wanted, GST_MAP_READWRITE));
                gst_video_overlay_composition_blend(composition, &frame);
                gst_video_frame_unmap(&frame);
                assert_true(gst_video_frame_map(&frame, &info, got, GST_MAP_READWRITE));
                blender_blend(&blender, composition, &frame);
                gst_video_frame_unmap(&frame);
                assert_alike(wanted, got, formats[f]);
                gst_buffer_unref(wanted);
                gst_buffer_unref(got);
            }
            blender_clear(&blender);
            gst_video_overlay_composition_unref(composition);
            gst_video_overlay_rectangle_unref(a);
            gst_video_overlay_rectangle_unref(b);
        }
    }
    g_rand_free(random);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_are_those_of_the_library),
    };

    gst_init(&argc, &argv);
    return cmocka_run_group_tests_name("blender", tests, NULL, NULL);
}

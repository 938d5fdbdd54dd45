/* SPDX-License-Identifier: MIT */
/* bench_overlay.c - what an unchanged label costs per frame of 1080p: blended by mobilenetoverlay
 * and by textoverlay, and what passing the frame on costs by itself. CPU time of the streaming
 * thread. With FORMAT, ELEMENT and FRAMES only that is done, for tools that count instructions:
 * tests/bench/overlay. */
#include <stdlib.h>
#include <time.h>

#include "helper.h"

#define W       1920
#define H       1080
#define FRAMES  400
#define WARM_UP 20

typedef struct {
    const char *name, *launch, *sink;
} Contender;

static const Contender contenders[] = {
    {"identity", "identity", "sink"},
    {"mobilenetoverlay", "mobilenetoverlay", "sink"},
    {"textoverlay",
     "textoverlay text=\"dining table 11 %\" shaded-background=true valignment=bottom "
     "halignment=left font-desc=\"Sans Bold 24\"",
     "video_sink"},
};

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static GstBuffer *labelled_frame(const char *format)
{
    GstBuffer *frame = frame_new(format, W, H, 0);
    GstVideoInfo info;

    gst_video_info_set_format(&info, gst_video_format_from_string(format), W, H);
    frame_make_opaque(frame, &info); /* as cameras, decoders and converters give it */
    frame_add_result(frame,
                     gst_structure_new("mobilenet", "label", G_TYPE_STRING, "dining table",
                                       "confidence", G_TYPE_DOUBLE, 0.11, "index", G_TYPE_INT, 3,
                                       "timestamp", G_TYPE_UINT64, GST_CLOCK_TIME_NONE, NULL));
    return frame;
}

/* Milliseconds per frame; the same frame goes round. Negative: there is no such element. */
static double measure(const Contender *contender, const char *format, int n_frames)
{
    GstElement *element = gst_parse_launch(contender->launch, NULL);

    if (element == NULL)
        return -1.0;
    GstHarness *harness = gst_harness_new_with_element(element, contender->sink, "src");
    char *caps =
        g_strdup_printf("video/x-raw,format=%s,width=%d,height=%d,framerate=30/1", format, W, H);
    GstBuffer *frame = labelled_frame(format);
    double start = 0.0;

    gst_harness_set_src_caps_str(harness, caps);
    for (int i = -WARM_UP; i < n_frames; i++) {
        if (i == 0)
            start = now_ms();
        GST_BUFFER_PTS(frame) = (GstClockTime)(i + WARM_UP) * (GST_SECOND / 30);
        frame = gst_harness_push_and_pull(harness, frame);
    }
    double took = (now_ms() - start) / n_frames;
    gst_buffer_unref(frame);
    gst_harness_teardown(harness);
    gst_object_unref(element);
    g_free(caps);
    return took;
}

static void compare(const char *format)
{
    double none = measure(&contenders[0], format, FRAMES);
    double ours = measure(&contenders[1], format, FRAMES) - none;
    double theirs = measure(&contenders[2], format, FRAMES) - none;

    g_print("%s: label %.3f ms, textoverlay %.3f ms, that is %.1f %%\n", format, ours, theirs,
            100.0 * ours / theirs);
}

int main(int argc, char **argv)
{
    static const char *const layouts[] = {"I420", "NV12", "YUY2", "RGB", "BGRx", "RGBA", "GRAY8"};

    if (!helper_init(&argc, &argv))
        return 77;
    /* registers the meta */
    gst_object_unref(gst_object_ref_sink(gst_element_factory_make("mobilenetoverlay", NULL)));

    if (argc == 4) {
        for (size_t i = 0; i < G_N_ELEMENTS(contenders); i++) {
            if (g_str_equal(contenders[i].name, argv[2]))
                return measure(&contenders[i], argv[1], atoi(argv[3])) < 0.0;
        }
        return 2;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(layouts); i++)
        compare(layouts[i]);
    return 0;
}

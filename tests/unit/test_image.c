/* SPDX-License-Identifier: MIT */
/* test_image.c - nn/image against its double-precision model: every format, size, fit, turn,
 * range, matrix and type; C and NEON bit for bit; nothing read outside the frame's rows. */
#include "cpu.h"
#include "image_reference.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#define PLAIN_TARGET(w, h, c, t)                                                                   \
    {                                                                                              \
        .width = (w), .height = (h), .channels = (c), .type = (t), .mul = { 1, 1, 1 }              \
    }

static unsigned cpu_flags(void)
{
    const char *mask = getenv("NN_CPU");
    return cpu_detect() & (mask ? cpu_parse(mask) : NN_CPU_ALL);
}

static uint32_t seed;

static uint32_t draw(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

/* lo...hi */
static int between(int lo, int hi)
{
    return lo + (int)(draw() % (uint32_t)(hi - lo + 1));
}

/* ---- frames in memory --------------------------------------------------------------------- */

/* Planes that end with the last row's last byte; noise everywhere, also between the rows. */
static void frame_alloc(Frame *frame, int slack)
{
    for (int p = 0; p < frame->n_planes; p++) {
        FramePlane *plane = &frame->planes[p];
        plane->stride += slack ? between(0, slack) : 0;
        size_t size = (size_t)(plane->height - 1) * plane->stride + plane->width * plane->bytes;
        plane->data = malloc(size);
        assert_non_null(plane->data);
        for (size_t i = 0; i < size; i++)
            plane->data[i] = (uint8_t)draw();
    }
}

static void frame_free(Frame *frame)
{
    for (int p = 0; p < frame->n_planes; p++)
        free(frame->planes[p].data);
}

static size_t element_bytes(NnType type)
{
    return type == NN_F32 ? sizeof(float) : 1;
}

static size_t target_elements(const ImageTarget *target)
{
    return (size_t)target->width * target->height * target->channels;
}

static void *run(const Frame *frame, const ImageTarget *target, unsigned cpu)
{
    const char *why = NULL;
    ImagePlan *plan = image_plan_new(&frame->format, target, &why);
    if (!plan)
        fail_msg("%s: %s", nn_pixels_name(frame->format.pixels), why);
    void *out = malloc(target_elements(target) * element_bytes(target->type));
    const void *planes[3];
    int strides[3];
    for (int p = 0; p < 3; p++) {
        planes[p] = frame->planes[p].data;
        strides[p] = frame->planes[p].stride;
    }
    image_plan_run(plan, planes, strides, out, cpu);
    image_plan_free(plan);
    return out;
}

static double element(const void *data, NnType type, size_t i)
{
    return type == NN_F32  ? ((const float *)data)[i]
           : type == NN_U8 ? ((const uint8_t *)data)[i]
                           : ((const int8_t *)data)[i];
}

static double rounded(double x, NnType type)
{
    double lo = type == NN_S8 ? -128 : 0, hi = type == NN_S8 ? 127 : 255;
    return type == NN_F32 ? x : x < lo ? lo : x > hi ? hi : round(x);
}

static void print_case(const Frame *frame, const ImageTarget *target)
{
    const NnImageFormat *f = &frame->format;
    print_error("%s %dx%d matrix %d range %d par %d/%d roi %d,%d %dx%d fit %d turn %d -> %dx%dx%d "
                "type %d\n",
                nn_pixels_name(f->pixels), f->width, f->height, f->matrix, f->range, f->par_n,
                f->par_d, f->roi_x, f->roi_y, f->roi_w, f->roi_h, f->fit, f->turn, target->width,
                target->height, target->channels, target->type);
}

/* Both implementations against the model: within one step of the byte, and against each other. */
static void check(const Frame *frame, const ImageTarget *target)
{
    size_t n = target_elements(target);
    double *want = malloc(n * sizeof *want);
    image_reference(frame, target, want);
    void *got = run(frame, target, 0), *fast = run(frame, target, cpu_flags());
    for (size_t i = 0; i < n; i++) {
        double step = target->type == NN_F32 ? fabs(target->mul[i % target->channels]) : 1;
        double error = element(got, target->type, i) - rounded(want[i], target->type);
        if (fabs(error) > step * (target->type == NN_F32 ? 0.25 : 1)) {
            print_case(frame, target);
            fail_msg("element %zu is %g, should be %g", i, element(got, target->type, i), want[i]);
        }
    }
    if (memcmp(got, fast, n * element_bytes(target->type))) {
        print_case(frame, target);
        fail_msg("the vector rows differ from the reference");
    }
    free(want);
    free(got);
    free(fast);
}

/* ---- against the model -------------------------------------------------------------------- */

static void draw_format(NnImageFormat *f, NnPixels pixels, int max)
{
    *f = (NnImageFormat){.pixels = pixels, .width = between(1, max), .height = between(1, max)};
    f->matrix = (NnMatrix)between(NN_MATRIX_UNKNOWN, NN_MATRIX_BT2020);
    f->range = (NnRange)between(NN_RANGE_UNKNOWN, NN_RANGE_LIMITED);
    f->fit = (NnFit)between(NN_FIT_CROP, NN_FIT_LETTERBOX);
    f->turn = (NnTurn)between(0, NN_TURN_COUNT - 1);
    if (between(0, 3) == 0) {
        f->par_n = between(1, 12);
        f->par_d = between(1, 12);
    }
    if (between(0, 3) == 0) {
        f->roi_x = between(0, f->width - 1);
        f->roi_y = between(0, f->height - 1);
        f->roi_w = between(1, f->width - f->roi_x);
        f->roi_h = between(1, f->height - f->roi_y);
    }
}

static void draw_target(ImageTarget *t, int max)
{
    static const NnType types[] = {NN_F32, NN_U8, NN_S8};
    *t = (ImageTarget)PLAIN_TARGET(between(1, max), between(1, max), between(0, 3) ? 3 : 1,
                                   types[between(0, 2)]);
    for (int k = 0; k < 3; k++) {
        t->add[k] = t->type == NN_S8 ? -128 : 0;
        if (between(0, 3) == 0) {
            t->mul[k] = (float)between(-150, 150) / 100;
            t->add[k] = (float)between(-200, 200);
        }
        if (t->type == NN_F32) {
            t->mul[k] /= 127.5f;
            t->add[k] -= 1;
        }
    }
}

static void noise_matches_the_model(void **state)
{
    (void)state;
    for (int pixels = 0; pixels < NN_PIXELS_COUNT; pixels++)
        for (int i = 0; i < 150; i++) {
            seed = (uint32_t)(pixels * 1000 + i);
            NnImageFormat format;
            ImageTarget target;
            Frame frame;
            draw_format(&format, (NnPixels)pixels, i % 3 ? 60 : 200);
            draw_target(&target, i % 5 ? 40 : 90);
            frame_init(&frame, &format);
            frame_alloc(&frame, 40);
            check(&frame, &target);
            frame_free(&frame);
        }
}

static void giants_and_slivers_match_the_model(void **state)
{
    (void)state;
    static const struct {
        int w, h, out_w, out_h;
    } sizes[] = {{32768, 1, 7, 3}, {1, 32768, 3, 7},   {2, 32768, 1, 1},  {32768, 2, 1, 1},
                 {1, 1, 40, 40},   {257, 514, 1, 2},   {510, 511, 2, 2},  {3, 1000, 40, 3},
                 {1000, 3, 3, 40}, {1920, 32, 224, 9}, {32, 1080, 9, 224}};
    static const NnPixels pixels[] = {NN_PIXELS_GRAY8, NN_PIXELS_NV12, NN_PIXELS_YUY2,
                                      NN_PIXELS_BGRX, NN_PIXELS_RGB16};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t k = 0; k < sizeof pixels / sizeof *pixels; k++) {
            seed = (uint32_t)i;
            NnImageFormat format = {.pixels = pixels[k],
                                    .width = sizes[i].w,
                                    .height = sizes[i].h,
                                    .fit = NN_FIT_STRETCH};
            ImageTarget target = PLAIN_TARGET(sizes[i].out_w, sizes[i].out_h, 3, NN_U8);
            Frame frame;
            frame_init(&frame, &format);
            frame_alloc(&frame, 0);
            check(&frame, &target);
            frame_free(&frame);
        }
}

/* Extremes beside each other: the worst case for rounded weights and 16-bit sums. */
static void stripes_match_the_model(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        seed = (uint32_t)i;
        NnImageFormat format;
        ImageTarget target = PLAIN_TARGET(between(1, 30), between(1, 30), 3, NN_U8);
        Frame frame;
        draw_format(&format, (NnPixels)between(0, NN_PIXELS_COUNT - 1), 120);
        frame_init(&frame, &format);
        frame_alloc(&frame, 0);
        for (int p = 0; p < frame.n_planes; p++) {
            FramePlane *plane = &frame.planes[p];
            int every = between(1, 4), bytes = plane->stride * plane->height;
            for (int b = 0; b < bytes; b++)
                plane->data[b] = b / plane->stride / every % 2 ^ b / every % 2 ? 255 : 0;
        }
        check(&frame, &target);
        frame_free(&frame);
    }
}

/* ---- exact cases -------------------------------------------------------------------------- */

static void same_size_is_a_copy(void **state)
{
    (void)state;
    NnImageFormat format = {.pixels = NN_PIXELS_RGB, .width = 37, .height = 23};
    ImageTarget target = PLAIN_TARGET(37, 23, 3, NN_U8);
    Frame frame;
    frame_init(&frame, &format);
    frame_alloc(&frame, 0);
    void *out = run(&frame, &target, cpu_flags());
    assert_memory_equal(out, frame.planes[0].data, 37 * 23 * 3);
    free(out);
    frame_free(&frame);
}

static void flat_pictures_stay_flat(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i++) {
        seed = (uint32_t)i;
        NnImageFormat format = {.pixels = NN_PIXELS_RGB,
                                .width = between(1, 99),
                                .height = between(1, 99),
                                .fit = NN_FIT_STRETCH};
        ImageTarget target = PLAIN_TARGET(between(1, 50), between(1, 50), 3, NN_U8);
        Frame frame;
        frame_init(&frame, &format);
        frame_alloc(&frame, 0);
        memset(frame.planes[0].data, i, (size_t)frame.planes[0].stride * format.height);
        uint8_t *out = run(&frame, &target, cpu_flags());
        for (size_t k = 0; k < target_elements(&target); k++)
            assert_int_equal(out[k], i);
        free(out);
        frame_free(&frame);
    }
}

/* Limited black, white and a primary; what lies outside the range saturates. */
static void range_is_expanded(void **state)
{
    (void)state;
    static const struct {
        NnPixels pixels;
        NnRange range;
        uint8_t yuv[3], rgb[3];
    } cases[] = {
        {NN_PIXELS_I420, NN_RANGE_UNKNOWN, {16, 128, 128}, {0, 0, 0}},
        {NN_PIXELS_I420, NN_RANGE_UNKNOWN, {235, 128, 128}, {255, 255, 255}},
        {NN_PIXELS_I420, NN_RANGE_UNKNOWN, {255, 128, 128}, {255, 255, 255}},
        {NN_PIXELS_I420, NN_RANGE_UNKNOWN, {1, 128, 128}, {0, 0, 0}},
        {NN_PIXELS_I420, NN_RANGE_UNKNOWN, {81, 90, 240}, {254, 0, 0}}, /* BT.601 red */
        {NN_PIXELS_I420, NN_RANGE_FULL, {255, 128, 128}, {255, 255, 255}},
        {NN_PIXELS_I420, NN_RANGE_FULL, {76, 85, 255}, {254, 0, 0}},
        {NN_PIXELS_GRAY8, NN_RANGE_UNKNOWN, {16}, {16, 16, 16}},
        {NN_PIXELS_GRAY8, NN_RANGE_LIMITED, {235}, {255, 255, 255}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        NnImageFormat format = {
            .pixels = cases[i].pixels, .width = 4, .height = 4, .range = cases[i].range};
        ImageTarget target = PLAIN_TARGET(2, 2, 3, NN_U8);
        Frame frame;
        frame_init(&frame, &format);
        frame_alloc(&frame, 0);
        for (int p = 0; p < frame.n_planes; p++)
            memset(frame.planes[p].data, cases[i].yuv[p],
                   (size_t)frame.planes[p].stride * frame.planes[p].height);
        uint8_t *out = run(&frame, &target, 0);
        for (int k = 0; k < 3; k++)
            assert_int_equal(out[k], cases[i].rgb[k]);
        free(out);
        frame_free(&frame);
    }
}

/* Above 719 lines an unnamed matrix is BT.709, below BT.601. */
static void unknown_matrix_goes_by_height(void **state)
{
    (void)state;
    for (int height = 719; height <= 720; height++) {
        NnImageFormat format = {.pixels = NN_PIXELS_Y444, .width = 8, .height = height};
        NnImageFormat named = format;
        named.matrix = height < 720 ? NN_MATRIX_BT601 : NN_MATRIX_BT709;
        ImageTarget target = PLAIN_TARGET(5, 5, 3, NN_F32);
        Frame frame;
        frame_init(&frame, &format);
        frame_alloc(&frame, 0);
        void *out = run(&frame, &target, 0);
        frame.format = named;
        void *again = run(&frame, &target, 0);
        assert_memory_equal(out, again, 5 * 5 * 3 * sizeof(float));
        free(out);
        free(again);
        frame_free(&frame);
    }
}

/* ---- one picture, many encodings ---------------------------------------------------------- */

/* Gradients with two soft blobs, no colour at full saturation. */
static double *scene(int w, int h)
{
    double *pixels = malloc((size_t)w * h * 3 * sizeof *pixels), *rgb = pixels;
    for (int v = 0; v < h; v++)
        for (int u = 0; u < w; u++, rgb += 3) {
            double x = (u + 0.5) / w, y = (v + 0.5) / h;
            double warm = 1 / (1 + 20 * ((x - 0.3) * (x - 0.3) + (y - 0.4) * (y - 0.4)));
            double cold = 1 / (1 + 30 * ((x - 0.7) * (x - 0.7) + (y - 0.6) * (y - 0.6)));
            rgb[0] = 0.15 + 0.3 * x + 0.5 * warm;
            rgb[1] = 0.2 + 0.3 * y + 0.2 * warm + 0.1 * cold;
            rgb[2] = 0.7 - 0.4 * x + 0.2 * y - 0.2 * warm + 0.2 * cold;
        }
    return pixels;
}

static void encodings_agree(void **state)
{
    (void)state;
    static const struct {
        int w, h, out;
    } sizes[] = {{480, 360, 224}, {240, 720, 96}, {321, 243, 96}, {200, 150, 224}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ImageTarget target = PLAIN_TARGET(sizes[i].out, sizes[i].out, 3, NN_U8);
        size_t n = target_elements(&target);
        uint8_t *first = NULL;
        double *rgb = scene(sizes[i].w, sizes[i].h);
        NnPixels order[NN_PIXELS_COUNT] = {NN_PIXELS_RGB};
        for (int p = 0, k = 1; p < NN_PIXELS_COUNT; p++)
            if (p != NN_PIXELS_RGB && p != NN_PIXELS_RGB16 && p != NN_PIXELS_GRAY8)
                order[k++] = (NnPixels)p;
        for (int p = 0; p < NN_PIXELS_COUNT - 2; p++) {
            NnImageFormat format = {.pixels = order[p], .width = sizes[i].w, .height = sizes[i].h};
            Frame frame;
            frame_init(&frame, &format);
            frame_alloc(&frame, 20);
            frame_paint(&frame, rgb);
            uint8_t *out = run(&frame, &target, cpu_flags());
            frame_free(&frame);
            if (!first) {
                first = out;
                continue;
            }
            for (size_t k = 0; k < n; k++)
                if (abs(out[k] - first[k]) > 2)
                    fail_msg("%s %dx%d: element %zu is %d, from RGB %d", nn_pixels_name(order[p]),
                             sizes[i].w, sizes[i].h, k, out[k], first[k]);
            free(out);
        }
        free(first);
        free(rgb);
    }
}

/* ---- memory ------------------------------------------------------------------------------- */

/* Every row of every plane on a page of its own, forbidden pages around it: the row's last byte is
 * the page's last (at_end), or its first byte is the page's first. */
static void guard_rows(Frame *frame, bool at_end)
{
    int page = (int)sysconf(_SC_PAGESIZE);
    for (int p = 0; p < frame->n_planes; p++) {
        FramePlane *plane = &frame->planes[p];
        int bytes = plane->width * plane->bytes;
        size_t size = (size_t)(2 * plane->height + 1) * page;
        uint8_t *pages = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(pages, MAP_FAILED);
        plane->data = pages + page + (at_end ? page - bytes : 0);
        plane->stride = 2 * page;
        for (int y = 0; y < plane->height; y++)
            assert_int_equal(
                mprotect(pages + (size_t)(2 * y + 1) * page, page, PROT_READ | PROT_WRITE), 0);
    }
}

static void unguard_rows(Frame *frame, bool at_end)
{
    int page = (int)sysconf(_SC_PAGESIZE);
    for (int p = 0; p < frame->n_planes; p++) {
        FramePlane *plane = &frame->planes[p];
        uint8_t *pages = plane->data - page - (at_end ? page - plane->width * plane->bytes : 0);
        munmap(pages, (size_t)(2 * plane->height + 1) * page);
    }
}

static void nothing_outside_the_rows_is_read(void **state)
{
    (void)state;
    for (int pixels = 0; pixels < NN_PIXELS_COUNT; pixels++)
        for (int i = 0; i < 40; i++) {
            seed = (uint32_t)(pixels * 100 + i);
            NnImageFormat format;
            ImageTarget target;
            Frame frame;
            draw_format(&format, (NnPixels)pixels, 130);
            draw_target(&target, 60);
            frame_init(&frame, &format);
            guard_rows(&frame, i % 2);
            free(run(&frame, &target, 0));
            free(run(&frame, &target, cpu_flags()));
            unguard_rows(&frame, i % 2);
        }
}

/* ---- refusals and names ------------------------------------------------------------------- */

static void impossible_formats_are_refused(void **state)
{
    (void)state;
    static const NnImageFormat bad[] = {
        {.pixels = NN_PIXELS_COUNT, .width = 4, .height = 4},
        {.width = 0, .height = 4},
        {.width = 4, .height = -1},
        {.width = 32769, .height = 4},
        {.width = 4, .height = 4, .par_n = 1},
        {.width = 4, .height = 4, .par_n = -1, .par_d = 1},
        {.width = 4, .height = 4, .roi_w = 5, .roi_h = 1},
        {.width = 4, .height = 4, .roi_x = 4, .roi_w = 1, .roi_h = 1},
        {.width = 4, .height = 4, .roi_x = -1, .roi_w = 1, .roi_h = 1},
        {.width = 4, .height = 4, .roi_x = 1, .roi_w = 2147483647, .roi_h = 1},
        {.width = 4, .height = 4, .roi_w = 4, .roi_h = 0},
        {.width = 4, .height = 4, .fit = (NnFit)3},
        {.width = 4, .height = 4, .turn = NN_TURN_COUNT},
    };
    ImageTarget target = PLAIN_TARGET(4, 4, 3, NN_U8);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *why = NULL;
        assert_null(image_plan_new(&bad[i], &target, &why));
        assert_non_null(why);
    }
    static const ImageTarget bad_targets[] = {
        PLAIN_TARGET(4, 4, 2, NN_U8), PLAIN_TARGET(4, 4, 3, NN_S32), PLAIN_TARGET(0, 4, 3, NN_U8)};
    NnImageFormat good = {.width = 4, .height = 4};
    for (size_t i = 0; i < sizeof bad_targets / sizeof *bad_targets; i++) {
        const char *why = NULL;
        assert_null(image_plan_new(&good, &bad_targets[i], &why));
        assert_non_null(why);
    }
    image_plan_free(NULL);
}

static void names_go_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < NN_PIXELS_COUNT; i++)
        assert_int_equal(nn_pixels_from_name(nn_pixels_name((NnPixels)i)), i);
    assert_int_equal(nn_pixels_from_name("I420"), NN_PIXELS_I420);
    assert_int_equal(nn_pixels_from_name("xRGB"), NN_PIXELS_XRGB);
    assert_int_equal(nn_pixels_from_name("P010_10LE"), -1);
    assert_null(nn_pixels_name(NN_PIXELS_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test(impossible_formats_are_refused),
        cmocka_unit_test(same_size_is_a_copy),
        cmocka_unit_test(flat_pictures_stay_flat),
        cmocka_unit_test(range_is_expanded),
        cmocka_unit_test(unknown_matrix_goes_by_height),
        cmocka_unit_test(noise_matches_the_model),
        cmocka_unit_test(giants_and_slivers_match_the_model),
        cmocka_unit_test(stripes_match_the_model),
        cmocka_unit_test(encodings_agree),
        cmocka_unit_test(nothing_outside_the_rows_is_read),
    };
    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}

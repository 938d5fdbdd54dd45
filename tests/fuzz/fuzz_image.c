/* SPDX-License-Identifier: MIT */
/* fuzz_image.c - libFuzzer target: bytes -> picture format, target and a frame whose planes end
 * with their last byte; the vector rows must write what the reference writes. */
#include "cpu.h"
#include "image.h"
#include "pixels.h"

#include <glib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST_PIXELS (1 << 20) /* of the frame and of the target, to stay fast */

/* Numbers come from the end of the data, where unlike inputs differ most. */
typedef struct {
    const uint8_t *data;
    size_t size;
} Source;

static int take(Source *source, int lo, int hi)
{
    unsigned value = 0;
    for (int i = 0; i < 4 && source->size; i++)
        value = value << 8 | source->data[--source->size];
    return lo + (int)(value % (unsigned)(hi - lo + 1));
}

/* Any size now and then, small ones mostly. */
static int take_size(Source *source)
{
    return take(source, 0, 7) ? take(source, 1, 200) : take(source, 0, 32769);
}

static void take_format(Source *source, NnImageFormat *format)
{
    *format = (NnImageFormat){.pixels = (NnPixels)take(source, 0, NN_PIXELS_COUNT),
                              .width = take_size(source),
                              .height = take_size(source),
                              .matrix = (NnMatrix)take(source, 0, 6),
                              .range = (NnRange)take(source, 0, 2),
                              .fit = (NnFit)take(source, 0, 3),
                              .turn = (NnTurn)take(source, 0, NN_TURN_COUNT)};
    if (take(source, 0, 3) == 0) {
        format->par_n = take(source, -1, 100000);
        format->par_d = take(source, -1, 100000);
    }
    if (take(source, 0, 3) == 0) {
        format->roi_x = take(source, -1, format->width);
        format->roi_y = take(source, -1, format->height);
        format->roi_w = take(source, 0, format->width + 1);
        format->roi_h = take(source, 0, format->height + 1);
    }
}

static void take_target(Source *source, ImageTarget *target)
{
    static const NnType types[] = {NN_F32, NN_U8, NN_S8, NN_S32};
    *target = (ImageTarget){.width = take_size(source),
                            .height = take_size(source),
                            .channels = take(source, 0, 3) ? 3 : take(source, 0, 4),
                            .type = types[take(source, 0, 3)]};
    for (int k = 0; k < 3; k++) {
        target->mul[k] = (float)take(source, -1000, 1000) / 100;
        target->add[k] = (float)take(source, -70000, 70000) / 100;
    }
}

static uint8_t *take_plane(Source *source, const PixelsLayout *layout, const PixelsPlane *plane,
                           const NnImageFormat *format, int *stride)
{
    bool pairs = plane->component[0] == PIXELS_CHROMA || plane->component[1] == PIXELS_CHROMA;
    int width = (format->width + (1 << plane->sub_x) - 1) >> plane->sub_x;
    int height = (format->height + (1 << plane->sub_y) - 1) >> plane->sub_y;
    int bytes = (pairs ? (width + 1) & ~1 : width) * (layout->rgb16 ? 2 : plane->ways);
    *stride = bytes + take(source, 0, 20);
    size_t size = (size_t)(height - 1) * *stride + bytes;
    uint8_t *memory = g_malloc(size);
    for (size_t i = 0; i < size; i++)
        memory[i] = source->size ? source->data[i % source->size] : 255;
    return memory;
}

static void run_both(ImagePlan *plan, const NnImageFormat *format, const ImageTarget *target,
                     Source *source)
{
    const PixelsLayout *layout = pixels_layout(format->pixels);
    void *planes[PIXELS_MAX_PLANES] = {NULL};
    int strides[PIXELS_MAX_PLANES] = {0};
    for (int p = 0; p < layout->n_planes; p++) {
        const PixelsPlane *plane = &layout->planes[p];
        if (plane->memory >= 0)
            planes[plane->memory] =
                take_plane(source, layout, plane, format, &strides[plane->memory]);
    }
    size_t size = (size_t)target->width * target->height * target->channels *
                  (target->type == NN_F32 ? sizeof(float) : 1);
    void *plain = g_malloc(size), *fast = g_malloc(size);
    image_plan_run(plan, (const void *const *)planes, strides, plain, 0);
    image_plan_run(plan, (const void *const *)planes, strides, fast, cpu_detect());
    g_assert_cmpmem(plain, size, fast, size);
    g_free(plain);
    g_free(fast);
    for (int p = 0; p < PIXELS_MAX_PLANES; p++)
        g_free(planes[p]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Source source = {data, size};
    NnImageFormat format;
    ImageTarget target;
    take_format(&source, &format);
    take_target(&source, &target);
    const char *why = NULL;
    ImagePlan *plan = image_plan_new(&format, &target, &why);
    if (!plan)
        g_assert_nonnull(why);
    else if (format.width * (int64_t)format.height <= MOST_PIXELS &&
             target.width * (int64_t)target.height <= MOST_PIXELS)
        run_both(plan, &format, &target, &source);
    image_plan_free(plan);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* views.c - features of pictures and videos, seen in several ways, kept on disk once computed. */
#include "teach/views.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "tool/ahead.h"
#include "train.h"

#define MIN_CROP    0.7  /* of width and height that a cropped view keeps */
#define MAX_GAIN    0.15 /* a recoloured view's channels are brighter or darker by up to this */
#define MAX_CHANGE  0.2  /* of its contrast */
#define CACHE_MAGIC "NNF1"

struct Views {
    ViewSettings settings;
    NnNet *net;
    int depth;
    char *cache; /* folder */
    Ahead *ahead;
};

/* ---- one view ----------------------------------------------------------------------------- */

static guint32 next(guint32 *x)
{
    *x = *x * 1664525u + 1013904223u;
    return *x >> 8;
}

static double uniform(guint32 *x, double lo, double hi)
{
    return lo + (hi - lo) * next(x) / (1 << 24);
}

typedef struct {
    int height, width, channels;
    NnType type;
} Input;

static Input input_of(const NnNet *net)
{
    const NnTensorInfo *info = nn_model_input(nn_net_model(net));
    int n = info->n_dims;
    return (Input){info->dims[n - 3], info->dims[n - 2], info->dims[n - 1], info->type};
}

static void mirror(void *data, const Input *in)
{
    size_t pixel = (size_t)in->channels * (in->type == NN_F32 ? 4 : 1);
    guint8 keep[16], *row = data;
    for (int y = 0; y < in->height; y++, row += pixel * (size_t)in->width)
        for (int x = 0; x < in->width / 2; x++) {
            guint8 *a = row + pixel * (size_t)x, *b = row + pixel * (size_t)(in->width - 1 - x);
            memcpy(keep, a, pixel);
            memcpy(a, b, pixel);
            memcpy(b, keep, pixel);
        }
}

static double value_at(const void *data, const Input *in, size_t i)
{
    return in->type == NN_F32  ? (double)((const float *)data)[i]
           : in->type == NN_U8 ? (double)((const guint8 *)data)[i]
                               : (double)((const gint8 *)data)[i] + 128;
}

/* Contrast around the picture's mean, and a gain for each channel in units of its deviation: both
 * mean the same whatever the model's normalisation. */
static void recolour(void *data, const Input *in, guint32 *seed)
{
    size_t n = (size_t)in->height * (size_t)in->width * (size_t)in->channels;
    double mean = 0, square = 0, contrast = uniform(seed, 1 - MAX_CHANGE, 1 + MAX_CHANGE), add[4];
    for (size_t i = 0; i < n; i++) {
        double v = value_at(data, in, i);
        mean += v / (double)n;
        square += v * v / (double)n;
    }
    double deviation = sqrt(MAX(square - mean * mean, 0)) * 2;
    double all = uniform(seed, -MAX_GAIN, MAX_GAIN);
    for (int c = 0; c < 4; c++)
        add[c] = deviation * (all + uniform(seed, -MAX_GAIN, MAX_GAIN) / 2);
    for (size_t i = 0; i < n; i++) {
        double v = mean + contrast * (value_at(data, in, i) - mean) + add[i % (size_t)in->channels];
        if (in->type == NN_F32)
            ((float *)data)[i] = (float)v;
        else
            ((guint8 *)data)[i] = (guint8)lrint(CLAMP(v, 0, 255)) ^ (in->type == NN_S8 ? 0x80 : 0);
    }
}

/* View 0 is what the model would see; the others are drawn from the seed. */
static bool show_view(Views *v, const Picture *picture, int view, guint32 *seed, GError **error)
{
    Picture part = *picture;
    if (view > 0) {
        int w = picture->format.width, h = picture->format.height;
        double keep = uniform(seed, MIN_CROP, 1);
        part.format.roi_w = MAX((int)(w * keep), 1);
        part.format.roi_h = MAX((int)(h * keep), 1);
        part.format.roi_x = (int)(uniform(seed, 0, 1) * (w - part.format.roi_w));
        part.format.roi_y = (int)(uniform(seed, 0, 1) * (h - part.format.roi_h));
    }
    if (!picture_show(&part, v->net, v->settings.fit, error))
        return false;
    Input in = input_of(v->net);
    if (view > 0) {
        if (view % 2)
            mirror(nn_net_input(v->net), &in);
        recolour(nn_net_input(v->net), &in, seed);
    }
    return true;
}

float *views_of_frame(Views *v, const Picture *picture, guint32 seed, GError **error)
{
    g_autofree float *x = g_new(float, (size_t)v->settings.views *(size_t)v->depth);
    seed ^= v->settings.seed * 2654435761u;
    for (int view = 0; view < v->settings.views; view++) {
        if (!show_view(v, picture, view, &seed, error))
            return NULL;
        nn_net_run(v->net);
        nn_net_embedding(v->net, x + (size_t)view * (size_t)v->depth);
    }
    return g_steal_pointer(&x);
}

/* ---- the cache ---------------------------------------------------------------------------- */

char *views_digest(const char *path, GError **error)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);
    if (!file)
        return NULL;
    g_autoptr(GBytes) bytes = g_mapped_file_get_bytes(file);
    return g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
}

static char *cache_path(const Views *v, const char *digest)
{
    const ViewSettings *s = &v->settings;
    g_autofree char *name = g_strdup_printf(
        "%s-%d-%d-%d-%u-%g-%d-%g-%g.f32", digest, s->options.keep_blocks, s->fit, s->views, s->seed,
        s->interval, s->most_frames, (double)s->options.mean, (double)s->options.std);
    return g_build_filename(v->cache, name, NULL);
}

/* Header: magic, rows, depth. What does not fit is as if it were not there. */
static float *cache_read(const Views *v, const char *digest, int *rows)
{
    g_autofree char *path = cache_path(v, digest), *data = NULL;
    gsize size;
    guint32 head[2];
    if (!g_file_get_contents(path, &data, &size, NULL) || size < 12 ||
        memcmp(data, CACHE_MAGIC, 4) != 0)
        return NULL;
    memcpy(head, data + 4, 8);
    guint32 depth = GUINT32_FROM_LE(head[1]);
    *rows = (int)MIN(GUINT32_FROM_LE(head[0]), 1u << 20);
    if (depth != (guint32)v->depth || *rows < 1 || *rows % v->settings.views != 0 ||
        size != 12 + 4 * (gsize)*rows * depth)
        return NULL;
    float *x = g_malloc(size - 12);
    for (gsize i = 0; i < (size - 12) / 4; i++) {
        guint32 bits;
        memcpy(&bits, data + 12 + 4 * i, 4);
        bits = GUINT32_FROM_LE(bits);
        memcpy(x + i, &bits, 4);
    }
    return x;
}

/* That it cannot be kept is no error: it will be computed again. */
static void cache_write(const Views *v, const char *digest, const float *x, int rows)
{
    gsize n = (gsize)rows * (gsize)v->depth;
    g_autoptr(GByteArray) out = g_byte_array_new();
    guint32 head[2] = {GUINT32_TO_LE((guint32)rows), GUINT32_TO_LE((guint32)v->depth)};
    g_byte_array_append(out, (const guint8 *)CACHE_MAGIC, 4);
    g_byte_array_append(out, (const guint8 *)head, 8);
    for (gsize i = 0; i < n; i++) {
        guint32 bits;
        memcpy(&bits, x + i, 4);
        bits = GUINT32_TO_LE(bits);
        g_byte_array_append(out, (const guint8 *)&bits, 4);
    }
    g_autofree char *path = cache_path(v, digest);
    g_mkdir_with_parents(v->cache, 0755);
    g_file_set_contents(path, (const char *)out->data, out->len, NULL);
}

/* ---- files -------------------------------------------------------------------------------- */

static guint32 seed_of(const char *digest)
{
    return (guint32)g_ascii_strtoull(digest + strlen(digest) - 8, NULL, 16);
}

typedef struct {
    Views *views;
    GByteArray *rows;
    guint32 seed;
    int frames;
} Video;

static bool take_frame(void *data, const Picture *picture, GError **error)
{
    Video *video = data;
    Views *v = video->views;
    g_autofree float *x =
        views_of_frame(v, picture, video->seed + 7919u * (guint32)video->frames, error);
    if (!x)
        return false;
    g_byte_array_append(video->rows, (const guint8 *)x,
                        (guint)((size_t)v->settings.views * (size_t)v->depth * sizeof *x));
    return ++video->frames < v->settings.most_frames;
}

static float *read_video(Views *v, const char *path, const char *digest, int *frames,
                         GError **error)
{
    Video video = {v, g_byte_array_new(), seed_of(digest), 0};
    GError *failure = NULL;
    picture_each(path, v->settings.interval, take_frame, &video, &failure);
    *frames = video.frames;
    if (failure) {
        g_byte_array_unref(video.rows);
        g_propagate_error(error, failure);
        return NULL;
    }
    return (float *)g_byte_array_free(video.rows, FALSE);
}

bool views_is_video(const char *path)
{
    g_autofree char *type = g_content_type_guess(path, NULL, 0, NULL);
    g_autofree char *mime = g_content_type_get_mime_type(type);
    return mime && g_str_has_prefix(mime, "video/");
}

void views_prefetch(Views *v, const char *path, const char *digest)
{
    g_autofree char *kept = cache_path(v, digest);
    if (!views_is_video(path) && !g_file_test(kept, G_FILE_TEST_EXISTS))
        ahead_want(v->ahead, path);
}

float *views_of_file(Views *v, const char *path, const char *digest, int *frames, GError **error)
{
    int rows;
    float *x = cache_read(v, digest, &rows);
    if (x) {
        *frames = rows / v->settings.views;
        return x;
    }
    if (views_is_video(path)) {
        x = read_video(v, path, digest, frames, error);
    } else {
        Picture picture;
        *frames = 1;
        if (ahead_open(v->ahead, &picture, path, error)) {
            x = views_of_frame(v, &picture, seed_of(digest), error);
            picture_close(&picture);
        }
    }
    if (x)
        cache_write(v, digest, x, *frames * v->settings.views);
    return x;
}

/* ------------------------------------------------------------------------------------------- */

Views *views_new(NnModel *model, const ViewSettings *settings, GError **error)
{
    if (nn_model_embedding_size(model) == 0) {
        g_set_error_literal(error, NN_ERROR, NN_ERROR_ARGUMENT,
                            "the model cannot be taught: nothing in it describes the picture as a "
                            "whole");
        return NULL;
    }
    NnOptions options = settings->options;
    if (options.keep_blocks && !nn_model_block_input_size(model, options.keep_blocks)) {
        g_set_error(error, NN_ERROR, NN_ERROR_ARGUMENT, "the model has not %d blocks",
                    options.keep_blocks);
        return NULL;
    }
    options.keep_embedding = true;
    NnNet *net = nn_net_new(model, &options, error);
    if (!net)
        return NULL;
    Views *v = g_new0(Views, 1);
    v->settings = *settings;
    v->net = net;
    v->depth = options.keep_blocks ? nn_model_block_input_size(model, options.keep_blocks)
                                   : nn_model_embedding_size(model);
    g_autofree char *digest = nn_model_digest(model);
    v->cache = g_build_filename(g_get_user_cache_dir(), "gst-mobilenet", "features", digest, NULL);
    v->ahead = ahead_new();
    return v;
}

int views_depth(const Views *v)
{
    return v->depth;
}

void views_free(Views *v)
{
    if (!v)
        return;
    ahead_free(v->ahead);
    nn_net_free(v->net);
    g_free(v->cache);
    g_free(v);
}

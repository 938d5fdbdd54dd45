/* SPDX-License-Identifier: MIT */
/* views.h - features of pictures and videos, seen in several ways, kept on disk once computed. */
#ifndef TEACH_VIEWS_H
#define TEACH_VIEWS_H

#include "nn.h"
#include "tool/picture.h"

/* How pictures are looked at. */
typedef struct {
    NnFit fit;
    int views;         /* of each frame: itself, and views - 1 mirrored, cropped, recoloured ones */
    guint32 seed;      /* of these; the same picture and seed give the same views */
    double interval;   /* of a video: seconds between frames taken */
    int most_frames;   /* of a video */
    NnOptions options; /* of the net */
} ViewSettings;

#define VIEW_SETTINGS_INIT                                                                         \
    {                                                                                              \
        .fit = NN_FIT_CROP, .views = 4, .seed = 1, .interval = 1, .most_frames = 50,               \
        .options = NN_OPTIONS_INIT                                                                 \
    }

typedef struct Views Views;

/* NULL and error as nn_net_new(), or NN_ERROR_ARGUMENT for a model without features. */
Views *views_new(NnModel *model, const ViewSettings *settings, GError **error);
void views_free(Views *views); /* NULL is fine */

/* Values of a row: features, or with options.keep_blocks what enters these blocks. */
int views_depth(const Views *views);

/* Features of a picture or video: frames * views rows, the views of a frame together, the frame
 * itself first. From the cache if they are there; else the file is decoded, and they go there.
 * g_free() them. NULL and error, which starts with the path, if it cannot be decoded. */
float *views_of_file(Views *views, const char *path, const char *digest, int *frames,
                     GError **error);

/* Features of one frame: views rows. g_free() them. seed makes the difference between frames. */
float *views_of_frame(Views *views, const Picture *picture, guint32 seed, GError **error);

/* SHA-256 of a file's contents in hexadecimal digits, or NULL and error. g_free() it. */
char *views_digest(const char *path, GError **error);

/* By its name. */
bool views_is_video(const char *path);

/* Starts to decode a file that will be asked for soon. */
void views_prefetch(Views *views, const char *path, const char *digest);

#endif

/* SPDX-License-Identifier: MIT */
/* post_none.c - built without libsoup: nothing is posted. */
#include <gio/gio.h>

#include "post.h"

Poster *poster_new(void (*failed)(const char *text, gpointer data), gpointer data, GError **error)
{
    (void)failed, (void)data;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                "--on, post: this mobilenet-viewer was built without libsoup-3.0; install "
                "libsoup-3.0-dev and build again, or use exec curl");
    return NULL;
}

void poster_free(Poster *poster)
{
    (void)poster;
}

void poster_post(Poster *poster, const char *address, const char *json)
{
    (void)poster, (void)address, (void)json;
}

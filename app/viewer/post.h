/* SPDX-License-Identifier: MIT */
/* post.h - JSON to addresses, by HTTP. Main thread. */
#ifndef VIEWER_POST_H
#define VIEWER_POST_H

#include <glib.h>

typedef struct Poster Poster;

/* failed: an address that could not be reached or did not want it. NULL and error if this was built
 * without libsoup. */
Poster *poster_new(void (*failed)(const char *text, gpointer data), gpointer data, GError **error);
void poster_free(Poster *poster); /* what is under way is given up; NULL is fine */

/* Does not wait; an address that is slow gets no more than a few at once. */
void poster_post(Poster *poster, const char *address, const char *json);

#endif

/* SPDX-License-Identifier: MIT */
/* ahead.h - pictures decoded on other threads before they are asked for: while the net looks at
 * one, the next ones come. An Ahead belongs to one thread at a time. */
#ifndef TOOL_AHEAD_H
#define TOOL_AHEAD_H

#include "picture.h"

#define AHEAD_PICTURES 6 /* as many are worth being wanted at a time */

typedef struct Ahead Ahead;

Ahead *ahead_new(void);
void ahead_free(Ahead *ahead); /* waits for what is being decoded; NULL is fine */

/* Starts to decode a picture that will be opened soon; nothing if that has been done. */
void ahead_want(Ahead *ahead, const char *path);

/* picture_open() of a picture, whether it was wanted before or not. */
bool ahead_open(Ahead *ahead, Picture *picture, const char *path, GError **error);

/* picture_open() of paths[i], where they are opened in turn: wants those that follow. */
bool ahead_open_next(Ahead *ahead, Picture *picture, char *const *paths, int n, int i,
                     GError **error);

#endif

/* SPDX-License-Identifier: MIT */
/* lines.h - --json [FILE|unix:PATH]: results as lines of JSON to standard output, a file, or to
 * whoever connects to a socket of the file system. Main thread. */
#ifndef VIEWER_LINES_H
#define VIEWER_LINES_H

#include <glib.h>

typedef struct Lines Lines;

/* target NULL or "-": standard output. A file is appended to; a socket left over from a program
 * that is gone is replaced. NULL and error if it cannot be opened. */
Lines *lines_new(const char *target, GError **error);
void lines_free(Lines *lines); /* NULL is fine */

/* Writes a line; its end is added. A reader that does not keep up misses lines. */
void lines_write(Lines *lines, const char *line);

#endif

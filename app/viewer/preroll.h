/* SPDX-License-Identifier: MIT */
/* preroll.h - the last seconds of encoded video in memory, so that a clip of an event begins before
 * it. Main thread. */
#ifndef VIEWER_PREROLL_H
#define VIEWER_PREROLL_H

#include "recorder.h"
#include "stream.h"

typedef struct Preroll Preroll;

/* Keeps `seconds` and up to a key frame more. */
Preroll *preroll_new(Stream *stream, double seconds);
void preroll_free(Preroll *preroll); /* NULL is fine */

/* What is kept, and everything from now on, goes to the recorder as well; NULL: no more. */
void preroll_record(Preroll *preroll, Recorder *recorder);

#endif

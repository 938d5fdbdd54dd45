/* SPDX-License-Identifier: MIT */
/* pipeline.h - `mobilenet bench --pipeline`: what the element costs a stream. */
#ifndef TOOL_PIPELINE_H
#define TOOL_PIPELINE_H

#include <stdbool.h>

/* Sends runs frames of frames ("1920x1080@NV12") through the element with model (NULL: the bundled
 * one) and prints its times per frame: picture to tensor, inference, drawing. Returns an exit
 * status; what went wrong has been reported. */
int bench_pipeline(const char *frames, const char *model, int threads, int runs, bool json);

#endif

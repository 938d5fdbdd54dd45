/* SPDX-License-Identifier: MIT */
/* pipeline.h - source, network and screen as one running pipeline. */
#ifndef VIEWER_PIPELINE_H
#define VIEWER_PIPELINE_H

#include "source.h"

typedef struct {
    const char *model;  /* path; NULL: the bundled one */
    const char *labels; /* path; NULL: the model's own */
    bool headless;      /* no window */
    bool json;          /* results as lines on standard output */
    int frames;         /* stop after so many results; 0: never */
} PipelineOptions;

/* Runs until the end: of the stream, by a key, a signal, or an error, which is reported. A camera
 * that goes away is opened again when it is back. Returns an exit status. */
int pipeline_run(const Source *source, const PipelineOptions *options);

#endif

/* SPDX-License-Identifier: MIT */
/* viewer.h - source, network and outputs as one running program. */
#ifndef VIEWER_VIEWER_H
#define VIEWER_VIEWER_H

#include <stdbool.h>

#include "source.h"

typedef struct {
    char *model;      /* path; NULL: the bundled one */
    char *labels;     /* path; NULL: the model's own */
    double threshold; /* negative: the element's default */
    bool window;
    bool json;          /* results as lines, */
    char *json_target;  /* to a file, "unix:PATH", or NULL: standard output */
    bool web;           /* the page, */
    char *web_address;  /* at "[ADDR:]PORT", or NULL: the default */
    char *web_token;    /* of page and RTSP; NULL: made where one is needed */
    bool rtsp;          /* the encoded video, */
    char *rtsp_address; /* at "[ADDR:]PORT", or NULL: the default */
    char **rules;       /* texts of --on; NULL: none */
    char *mqtt;         /* address of a broker; NULL: none */
    bool record;        /* from the start on */
    char *folder;       /* for recordings and snapshots; NULL: the current one */
    char *teach;        /* folder of taught classes; NULL: the user's own */
    int frames;         /* stop after so many results; 0: never */
} ViewerOptions;

/* Runs until the end: of the stream, by a key, a signal, or an error, which is reported. Takes
 * source. Returns an exit status. */
int viewer_run(Source *source, const ViewerOptions *options);

#endif

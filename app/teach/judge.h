/* SPDX-License-Identifier: MIT */
/* judge.h - how well a model knows a folder of classes. */
#ifndef TEACH_JUDGE_H
#define TEACH_JUDGE_H

#include "teach/report.h"
#include "teach/views.h"

/* Who judges. The callbacks get data. */
typedef struct {
    NnNet *net;
    const NnLabels *labels;
    const ViewSettings *settings;                    /* fit; of videos interval and most_frames */
    bool (*tell)(void *data, int done, int of);      /* before each file of a class; false stops */
    void (*unreadable)(void *data, const char *why); /* of a file; the message names it */
    void *data;
} Judge;

/* Adds to report what the net says of each picture, and of each frame of a video that teaching
 * would take. The folders in dir are classes: labels of the model, else "unknown", else none of its
 * classes. Returns how many files could not be read. */
int judge_folder(const Judge *judge, const char *dir, Report *report);

#endif

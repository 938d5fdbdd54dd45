/* SPDX-License-Identifier: MIT */
/* net.h - what is behind NnModel and NnNet; for the files beside nn.c only. */
#ifndef NN_NET_H
#define NN_NET_H

#include "image.h"
#include "nn.h"
#include "plan.h"

struct NnModel {
    gatomicrefcount refs;
    char *path;    /* NULL when made from bytes */
    GBytes *bytes; /* the graph borrows from them */
    bool mapped;   /* they are a mapped file */
    NnGraph *graph;
    NnTensorInfo input, output;
    int n_classes;
    bool output_is_probability; /* ends in SOFTMAX or LOGISTIC; else topk applies a softmax */
};

struct NnNet {
    NnModel *model;
    Plan *plan;
    unsigned cpu;
    float mean, std;  /* as asked for in NnOptions */
    ImagePlan *image; /* NULL until a format is set */
};

#endif

/* SPDX-License-Identifier: MIT */
/* metadata.h - what a .tflite file tells about itself besides the network. */
#ifndef NN_METADATA_H
#define NN_METADATA_H

#include "graph.h"

/* Fills name, labels and normalisation of a graph whose tensors are read. metadata is the
 * TFLITE_METADATA buffer (NULL if there is none), file the whole file. What is broken is ignored.
 */
void metadata_read(NnGraph *graph, const uint8_t *metadata, size_t metadata_bytes,
                   const uint8_t *file, size_t file_bytes);

/* What a taught model tells about itself. */
typedef struct {
    const char *name, *description;
    int n_norm; /* 1, or one a channel */
    float mean[4], std[4];
    int n_labels;
    const char *const *labels;
} MetadataText;

#define METADATA_LABELS "labels.txt" /* the file of labels in the archive behind the model */

/* A TFLITE_METADATA buffer: these texts, and author, licence and the input's description of the
 * model that was there before. */
GBytes *metadata_write(const MetadataText *text, const NnGraph *before);

/* Appends the archive with the labels, one a line, to a file. */
void metadata_append_labels(GByteArray *file, const MetadataText *text);

#endif

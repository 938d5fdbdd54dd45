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

#endif

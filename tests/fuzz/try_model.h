/* SPDX-License-Identifier: MIT */
/* try_model.h - the whole way of a file of unknown contents. */
#ifndef TRY_MODEL_H
#define TRY_MODEL_H

#include "nn.h"

/* Copies the bytes to a block of just their size, so that one byte read past the end is seen; loads
 * them, makes a net within small limits, runs it. False and error (not NULL) if that is refused;
 * a network that is sound but too slow for a test is not run. */
bool try_model(const void *data, size_t size, GError **error);

#endif

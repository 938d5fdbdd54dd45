/* SPDX-License-Identifier: MIT */
/* pack_plain.h - the packed form of the int8 references: int32 bias[out_c], then the weights as
 * they are in the file. */
#ifndef NN_S8_PACK_PLAIN_H
#define NN_S8_PACK_PLAIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* size is that of the whole; bias may be NULL: none. */
static inline void pack_plain(void *packed, size_t size, const void *weights, const void *bias,
                              int out_c)
{
    size_t bias_bytes = (size_t)out_c * sizeof(int32_t);
    if (bias)
        memcpy(packed, bias, bias_bytes);
    else
        memset(packed, 0, bias_bytes);
    memcpy((char *)packed + bias_bytes, weights, size - bias_bytes);
}

#endif

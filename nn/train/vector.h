/* SPDX-License-Identifier: MIT */
/* vector.h - sums of products in double precision. */
#ifndef NN_VECTOR_H
#define NN_VECTOR_H

/* In four sums that need not wait for one another. */
static inline double vector_dot(const double *a, const double *b, int n)
{
    double sum[4] = {0};
    int i = 0;
    for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; k++)
            sum[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        sum[0] += a[i] * b[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

#endif

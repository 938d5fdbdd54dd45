/* SPDX-License-Identifier: MIT */
/* random.c - splitmix64, and draws from it. */
#include "kcheck.h"

uint64_t random_u64(Random *r)
{
    uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int random_int(Random *r, int lo, int hi)
{
    uint64_t n = (uint64_t)((int64_t)hi - lo) + 1;
    return (int)(lo + (int64_t)(random_u64(r) % n));
}

bool random_chance(Random *r, int one_in)
{
    return random_int(r, 1, one_in) == 1;
}

float random_float(Random *r, float lo, float hi)
{
    return lo + (hi - lo) * (float)(random_u64(r) >> 40) / (float)(1 << 24);
}

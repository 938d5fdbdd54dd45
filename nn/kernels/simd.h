/* SPDX-License-Identifier: MIT */
/* simd.h - NEON intrinsics wherever we are: the compiler's own on ARM, SIMDe's elsewhere. No
 * other file includes either. Intrinsics that a target lacks get a form here, not a fork of the
 * kernels. */
#ifndef NN_SIMD_H
#define NN_SIMD_H

#if defined(__ARM_NEON)
#include <arm_neon.h>
#else
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/arm/neon.h>
#endif

/* Micro-kernels: inlined with constant arguments, small loops over registers unrolled whole. */
#define NN_INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define NN_UNROLL _Pragma("clang loop unroll(full)")
#else
#define NN_UNROLL _Pragma("GCC unroll 16")
#endif

#endif

/* SPDX-License-Identifier: MIT */
/* cpuflags.h - the CPU features that kernels are chosen by. Part of nn.h; apart from it so that the
 * kernels, slow to compile, do not depend on the rest. */
#ifndef NN_CPUFLAGS_H
#define NN_CPUFLAGS_H

/* CPU features. NN_CPU=c,neon,dotprod,fp16 in the environment masks them: only those named are
 * used (the C reference always is). On x86-64 the NEON rows are built through SIMDe for AVX2; the
 * dot product is emulated there, and used only if named. */
enum {
    NN_CPU_NEON = 1 << 0,
    NN_CPU_DOTPROD = 1 << 1,
    NN_CPU_FP16 = 1 << 2,
};

/* Features of this CPU for which kernels were built, masked by NN_CPU. Thread-safe. */
unsigned nn_cpu_flags(void);

#endif

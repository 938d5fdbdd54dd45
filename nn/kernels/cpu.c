/* SPDX-License-Identifier: MIT */
/* cpu.c - HWCAP (or CPUID) -> NN_CPU_* flags, and the NN_CPU word list. */
#include "cpu.h"
#include "cpuflags.h"
#include "kernels_built.h"

#include <string.h>

#if defined(__aarch64__) || defined(__arm__)
#include <sys/auxv.h>
#endif

#if defined(__aarch64__)
#define HWCAP_ASIMD_BIT   (1ul << 1)
#define HWCAP_FPHP_BIT    (1ul << 9)
#define HWCAP_ASIMDHP_BIT (1ul << 10)
#define HWCAP_ASIMDDP_BIT (1ul << 20)
#elif defined(__arm__)
#define HWCAP_NEON_BIT  (1ul << 12)
#define HWCAP_VFPV4_BIT (1ul << 16)
#endif

unsigned cpu_detect(void)
{
    unsigned flags = 0;
#if defined(__aarch64__)
    unsigned long hwcap = getauxval(AT_HWCAP);
    if (hwcap & HWCAP_ASIMD_BIT)
        flags |= NN_CPU_NEON;
    if (hwcap & HWCAP_ASIMDDP_BIT)
        flags |= NN_CPU_DOTPROD;
    if (HAVE_FP16_ROWS && (hwcap & HWCAP_FPHP_BIT) && (hwcap & HWCAP_ASIMDHP_BIT))
        flags |= NN_CPU_FP16;
#elif defined(__arm__)
    /* The NEON rows fuse multiply-adds, which a Cortex-A8 or A9 cannot (nn/meson.build). */
    unsigned long hwcap = getauxval(AT_HWCAP);
    if ((hwcap & HWCAP_NEON_BIT) && (hwcap & HWCAP_VFPV4_BIT))
        flags |= NN_CPU_NEON;
#elif defined(__x86_64__) || defined(__i386__)
    /* The NEON sources are compiled for AVX2 + FMA there (nn/meson.build). */
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        flags |= NN_CPU_NEON | NN_CPU_DOTPROD;
#endif
    return flags;
}

unsigned cpu_default(void)
{
#if defined(__aarch64__) || defined(__arm__)
    return cpu_detect();
#else
    return cpu_detect() & NN_CPU_NEON;
#endif
}

unsigned cpu_parse(const char *list)
{
    static const struct {
        const char *word;
        unsigned flag;
    } words[] = {{"neon", NN_CPU_NEON}, {"dotprod", NN_CPU_DOTPROD}, {"fp16", NN_CPU_FP16}};
    unsigned flags = 0;
    while (*list) {
        size_t n = strcspn(list, ", ");
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (strlen(words[i].word) == n && !memcmp(words[i].word, list, n))
                flags |= words[i].flag;
        list += n;
        list += strspn(list, ", ");
    }
    /* The dot-product and half-precision rows come on top of plain NEON. */
    if (flags)
        flags |= NN_CPU_NEON;
    return flags;
}

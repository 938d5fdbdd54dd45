/* SPDX-License-Identifier: MIT */
/* cpu.h - features of the CPU we run on. */
#ifndef NN_CPU_H
#define NN_CPU_H

/* NN_CPU_* (nn.h) that this CPU has and for which rows were built; no mask applied. */
unsigned cpu_detect(void);

/* What is used where NN_CPU says nothing: all that cpu_detect() finds on ARM; NEON alone elsewhere,
 * where the dot product is emulated one product at a time and five times as slow as plain NEON. */
unsigned cpu_default(void);

/* Flags named in a list such as "c,neon,dotprod"; unknown words are ignored. */
unsigned cpu_parse(const char *list);

#endif

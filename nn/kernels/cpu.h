/* SPDX-License-Identifier: MIT */
/* cpu.h - features of the CPU we run on. */
#ifndef NN_CPU_H
#define NN_CPU_H

/* NN_CPU_* (nn.h) that this CPU has and for which rows were built; no mask applied. */
unsigned cpu_detect(void);

/* Flags named in a list such as "c,neon,dotprod"; unknown words are ignored. */
unsigned cpu_parse(const char *list);

#endif

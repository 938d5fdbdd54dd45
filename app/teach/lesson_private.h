/* SPDX-License-Identifier: MIT */
/* lesson_private.h - what lesson.c, session.c and judge.c share. */
#ifndef TEACH_LESSON_PRIVATE_H
#define TEACH_LESSON_PRIVATE_H

#include "teach/lesson.h"

struct Lesson {
    char *dir;
    NnModel *model;
    ViewSettings settings;
    Views *views;
    double share;      /* held out */
    GPtrArray *labels; /* char *, and a NULL at the end */
    GPtrArray *files;  /* LessonFile, those of a class together */
    GPtrArray *undo;   /* steps that can be taken back, the last at the end */
};

/* Names in a folder, sorted, without hidden ones: char *, with the array's free function. */
GPtrArray *lesson_list(const char *dir);

void lesson_step_free(void *step);

/* Looks into the folder anew, keeping the features of files that have only moved. */
void lesson_rescan(Lesson *lesson);

#endif

/* SPDX-License-Identifier: MIT */
/* teacher.h - a lesson (teach/lesson.h) on a thread of its own: stores pictures of the video,
 * learns, writes the model. Nobody waits for it: what is asked for is queued, what became of it is
 * told. All calls from the main thread, but for teacher_offer(). */
#ifndef VIEWER_TEACHER_H
#define VIEWER_TEACHER_H

#include <gst/gst.h>
#include <stdbool.h>

typedef enum {
    TEACHER_IDLE,
    TEACHER_OPENING,  /* reads the pictures that are there already */
    TEACHER_LEARNING, /* does the rest of what was asked for */
} TeacherPhase;

typedef struct {
    char *name;
    int pictures;
} TeacherClass;

typedef struct {
    TeacherPhase phase;
    int done, of;        /* OPENING: files */
    GPtrArray *classes;  /* TeacherClass, by name */
    bool can_undo;       /* */
    char *taking;        /* class whose pictures are being taken; NULL: none */
    int taken, repeated; /* pictures since then: stored, and such as were there already */
    char *problem;       /* why what was asked for last could not be; NULL: it could */
    guint models;        /* how often the model has been written */
} TeacherStatus;

typedef struct Teacher Teacher;

/* folder: where classes and the model lie, made when it is needed. changed: the status has. */
Teacher *teacher_new(const char *folder, void (*changed)(gpointer data), gpointer data);
void teacher_free(Teacher *teacher); /* waits for the picture under way; NULL is fine */

/* The status of now: valid, owned by teacher, until the next call. */
const TeacherStatus *teacher_status(Teacher *teacher);

/* The model that is written: FOLDER/taught.tflite. */
const char *teacher_model(const Teacher *teacher);

/* Reads the folder, for the features of a model (a path as of nn_model_find()); nothing if that is
 * done. To come before what follows. */
void teacher_open(Teacher *teacher, const char *model);
void teacher_close(Teacher *teacher); /* when all that was asked for is done */

/* Takes pictures of a class, a few a second and at most TEACHER_MOST, until teacher_done(), which
 * lets it learn; but one at least. */
enum { TEACHER_MOST = 40 };
void teacher_take(Teacher *teacher, const char *name);
void teacher_done(Teacher *teacher);

/* A frame of the video, which is copied if it is wanted. A streaming thread. */
void teacher_offer(Teacher *teacher, GstBuffer *buffer, GstCaps *caps);

/* Changes of what it knows; it learns anew. Undo takes back one of these, or the pictures of one
 * teacher_take(). */
void teacher_undo(Teacher *teacher);
void teacher_rename(Teacher *teacher, const char *from, const char *to);
void teacher_forget(Teacher *teacher, const char *name);

#endif

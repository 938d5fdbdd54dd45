/* SPDX-License-Identifier: MIT */
/* teaching.h - teaching as the user goes through it, in the window (prompt.h) or on the page: what
 * is asked for, what is told. The work is a teacher's (teacher.h). Main thread, but for
 * teaching_offer(). */
#ifndef VIEWER_TEACHING_H
#define VIEWER_TEACHING_H

#include <gst/gst.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

typedef struct {
    /* The model to teach from: a path; g_free() it. NULL and error: not now. */
    char *(*base)(GError **error, gpointer data);
    /* A model has been written; taught false: too little is left for one. */
    void (*model)(const char *path, bool taught, gpointer data);
    /* What teaching_text() and teaching_add_state() say. */
    void (*changed)(gpointer data);
} TeachingHooks;

typedef struct Teaching Teaching;

/* folder: see teacher_new(); NULL: the user's own, in the data folder. */
Teaching *teaching_new(const char *folder, const TeachingHooks *hooks, gpointer data);
void teaching_free(Teaching *teaching); /* NULL is fine */

/* Where the taught model is, once there is one. */
const char *teaching_model(const Teaching *teaching);

/* Begins or ends a session. False and error if it cannot begin. */
bool teaching_set_on(Teaching *teaching, bool on, GError **error);
bool teaching_is_on(const Teaching *teaching);

/* What the page can ask for; each begins a session if there is none. FALSE and error if it makes no
 * sense. Pictures are taken from hold to done. */
bool teaching_hold(Teaching *teaching, const char *name, GError **error);
void teaching_done(Teaching *teaching);
bool teaching_undo(Teaching *teaching, GError **error);
bool teaching_rename(Teaching *teaching, const char *from, const char *to, GError **error);
bool teaching_forget(Teaching *teaching, const char *name, GError **error);

/* A frame of the video. A streaming thread. */
void teaching_offer(Teaching *teaching, GstBuffer *buffer, GstCaps *caps);

/* A model has taken over. */
void teaching_swapped(Teaching *teaching);

/* What is going on, in one line; g_free() it. */
char *teaching_text(const Teaching *teaching);

/* Whether pictures are being taken. */
bool teaching_is_taking(const Teaching *teaching);

/* Classes that it knows or that pictures are taken of, "cat 10, cup 3"; "" if none. g_free() it. */
char *teaching_classes(const Teaching *teaching);

/* A name that no class has yet; g_free() it. */
char *teaching_free_name(const Teaching *teaching);

/* All of that as the object "teach". */
void teaching_add_state(const Teaching *teaching, JsonBuilder *line);

#endif

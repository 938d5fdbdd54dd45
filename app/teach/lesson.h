/* SPDX-License-Identifier: MIT */
/* lesson.h - a folder of classes, each a folder of pictures and videos; what a model sees in them;
 * heads taught from that. For the tool, and as a session for the viewer: pictures come and go, the
 * model answers anew.
 *
 * Nothing is lost: what is added lies in the folder as PNG, what is undone or forgotten moves to
 * .forgotten in it. A Lesson belongs to one thread at a time. */
#ifndef TEACH_LESSON_H
#define TEACH_LESSON_H

#include "teach/views.h"
#include "train.h"

typedef struct {
    char *path;
    char *digest; /* SHA-256 of the contents; NULL if it cannot be read */
    int label;
    bool held_out;
    int frames; /* of a video; else 1 */
    float *x;   /* frames * views rows; NULL: not read, or not readable */
    char *left; /* why it is left out, or NULL */
} LessonFile;

typedef struct Lesson Lesson;

/* Looks into dir: every folder in it is a class, by name; hidden ones and empty ones are none. It
 * is made if make is set and it is not there. NULL and error: no such folder, or the model cannot
 * be taught. Keeps a reference to model. */
Lesson *lesson_new(const char *dir, bool make, NnModel *model, const ViewSettings *settings,
                   GError **error);
void lesson_free(Lesson *lesson); /* NULL is fine */

/* Gives each class's share (0...1) of files to the held-out ones, chosen by contents and seed; none
 * in classes of fewer than five. 0.2 and the settings' seed until it is called. */
void lesson_hold_out(Lesson *lesson, double share);

/* Reads whatever is not read yet. Files that cannot be decoded, and those that are there twice, are
 * left out; why stands in left. tell (may be NULL) is called before each file; false stops, what
 * was read stays. Returns whether all was read. */
bool lesson_read(Lesson *lesson, bool (*tell)(void *data, int done, int of), void *data);

int lesson_n_labels(const Lesson *lesson);
const char *const *lesson_labels(const Lesson *lesson); /* NULL-terminated; owned by lesson */
int lesson_n_files(const Lesson *lesson);
const LessonFile *lesson_file(const Lesson *lesson, int i);
int lesson_count(const Lesson *lesson, int label); /* files that are read and not left out */

/* Trains a head: views of the files that are not held out, against the held-out ones as they are.
 * Classes without a readable file are an error that names them. */
NnHead *lesson_train(const Lesson *lesson, const NnHeadOptions *options, GError **error);

/* Fine-tunes a head: lesson is of the same folder, with settings.options.keep_blocks. */
NnHead *lesson_tune(const Lesson *lesson, const NnHead *start, const NnHeadOptions *options,
                    const NnTuneOptions *tune, GError **error);

/* The head as a .tflite file with labels, provenance and normalisation inside. */
GBytes *lesson_export(const Lesson *lesson, const NnHead *head, GError **error);

/* ---- a session ---------------------------------------------------------------------------- */

/* Whether a class may have that name: it becomes a folder in the lesson's, and a line of a label
 * file. False and error if it is empty, too long, has a slash or a control character, begins with a
 * dot, or is no UTF-8. */
enum { LESSON_LONGEST_NAME = 200 }; /* bytes */
bool lesson_check_name(const char *label, GError **error);

/* Stores a frame as a picture of a class, which is new if there is none of that name, and reads it.
 * False and error, and nothing changed, for a name as above, if it cannot be stored, or
 * (G_IO_ERROR_EXISTS) if the same picture is there already. */
bool lesson_add(Lesson *lesson, const char *label, GstSample *sample, GError **error);

/* Takes back the last lesson_add(), lesson_rename() or lesson_forget() of this lesson. False if
 * there is none, or (error) if it cannot be taken back. */
bool lesson_undo(Lesson *lesson, GError **error);
bool lesson_can_undo(const Lesson *lesson);

/* Makes the last two of these one, which is taken back as a whole. */
void lesson_join(Lesson *lesson);

/* A class that has the new name already takes the pictures of the other in. */
bool lesson_rename(Lesson *lesson, const char *label, const char *name, GError **error);

/* The class leaves the lesson; its pictures move to .forgotten. */
bool lesson_forget(Lesson *lesson, const char *label, GError **error);

/* Trains and exports: the bytes of a model that knows what the folder holds now. options as of
 * lesson_train(). */
GBytes *lesson_answer(Lesson *lesson, const NnHeadOptions *options, GError **error);

#endif

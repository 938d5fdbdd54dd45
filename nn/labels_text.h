/* SPDX-License-Identifier: MIT */
/* labels_text.h - the text of a label file -> one name a class. */
#ifndef NN_LABELS_TEXT_H
#define NN_LABELS_TEXT_H

#include <glib.h>

/* Valid UTF-8 from a file's bytes: UTF-8 and UTF-16 by their marks, else UTF-8, else Latin-1. NULL
 * if it is no text (zero bytes). g_free() it. */
char *labels_decode(const char *bytes, gsize size);

/* Names by class index; NULL where a class has none, never at the end. Knows all forms that
 * nn_labels_new() promises. n_classes only tells numbering from 0 and from 1 apart.
 * g_ptr_array_unref() it. */
GPtrArray *labels_parse(const char *text, int n_classes);

#endif

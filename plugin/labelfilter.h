/* SPDX-License-Identifier: MIT */
/* labelfilter.h - which labels are shown: lists of patterns like "*cat;tabby*". */
#ifndef LABEL_FILTER_H
#define LABEL_FILTER_H

#include <glib.h>

G_BEGIN_DECLS

/* Patterns are separated by semicolons, since labels have commas; * is any text, ? any character;
 * upper and lower case are the same. show NULL: all labels; hide NULL: none is hidden. allowed: one
 * byte a label, 1 if a pattern of show matches and none of hide. */
void label_filter(const gchar *show, const gchar *hide, const gchar *const *labels, guint n,
                  guint8 *allowed);

G_END_DECLS

#endif

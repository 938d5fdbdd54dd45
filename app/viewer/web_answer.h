/* SPDX-License-Identifier: MIT */
/* web_answer.h - whole answers to requests: bytes, text, errors, files that are compiled in. Main
 * thread. */
#ifndef VIEWER_WEB_ANSWER_H
#define VIEWER_WEB_ANSWER_H

#include <libsoup/soup.h>

/* What every answer carries, for browsers: nothing is kept, nothing comes from elsewhere. */
void web_add_headers(SoupServerMessage *message);

void web_answer(SoupServerMessage *message, guint status, const char *type, GBytes *body);
void web_answer_text(SoupServerMessage *message, guint status, const char *type,
                     char *text); /* takes text */

/* {"error": why} */
void web_answer_error(SoupServerMessage *message, guint status, const char *why);

/* A file of the page, by its name. */
void web_answer_file(SoupServerMessage *message, guint status, const char *name, const char *type);

#endif

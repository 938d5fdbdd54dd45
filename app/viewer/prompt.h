/* SPDX-License-Identifier: MIT */
/* prompt.h - teaching with the keys of the window: a class is named, then shown while a key is
 * held. Main thread. */
#ifndef VIEWER_PROMPT_H
#define VIEWER_PROMPT_H

#include "teaching.h"

typedef struct Prompt Prompt;

/* changed: prompt_panel() says something else. */
Prompt *prompt_new(Teaching *teaching, void (*changed)(gpointer data), gpointer data);
void prompt_free(Prompt *prompt); /* NULL is fine */

/* Begins or ends; NULL: it could, else why not; g_free() it. */
char *prompt_set_open(Prompt *prompt, bool open);
bool prompt_is_open(const Prompt *prompt);

/* A key, by the name that X gives it, goes down or up. To be called while it is open. */
void prompt_key(Prompt *prompt, const char *key, bool down);

/* What is going on and what may be pressed, as lines with tabs; g_free() it. */
char *prompt_panel(const Prompt *prompt);

#endif

/* SPDX-License-Identifier: MIT */
/* web_waiting.h - requests that wait for the next frame. Main thread. */
#ifndef VIEWER_WEB_WAITING_H
#define VIEWER_WEB_WAITING_H

#include <libsoup/soup.h>
#include <stdbool.h>

typedef struct WebWaiting WebWaiting;

/* watched is told how many wait whenever that changes. */
WebWaiting *web_waiting_new(void (*watched)(guint n, gpointer data), gpointer data);
void web_waiting_free(WebWaiting *waiting); /* they go without an answer */

/* Lets a request wait; it gets an error if too many do, or if no frame comes. */
void web_waiting_add(WebWaiting *waiting, SoupServerMessage *message);

/* Answers them all. */
void web_waiting_serve(WebWaiting *waiting, GBytes *jpeg);

bool web_waiting_any(const WebWaiting *waiting);

#endif

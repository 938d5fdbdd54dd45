/* SPDX-License-Identifier: MIT */
/* web_client.h - responses without an end: video as parts of JPEG, and server-sent events. All
 * clients share the bytes; each has at most one piece under way, so a slow or stuck one misses
 * pieces and costs nothing. Main thread. */
#ifndef VIEWER_WEB_CLIENT_H
#define VIEWER_WEB_CLIENT_H

#include <libsoup/soup.h>
#include <stdbool.h>

typedef struct WebChannel WebChannel;

/* type: what the responses are; watched (NULL: nobody cares) is told how many clients there are
 * whenever that changes. */
WebChannel *web_channel_new(const char *type, void (*watched)(guint n, gpointer data),
                            gpointer data);
void web_channel_free(WebChannel *channel); /* its responses end */

/* Answers a request with everything sent from now on. */
void web_channel_add(WebChannel *channel, SoupServerMessage *message);

/* Sends a piece of the named kind to all clients that are ready; those that are not get the newest
 * of each kind later. kind: 0 ... WEB_CHANNEL_KINDS - 1. */
enum { WEB_CHANNEL_KINDS = 2 };
void web_channel_send(WebChannel *channel, int kind, GBytes *bytes);

guint web_channel_clients(const WebChannel *channel);

#endif

/* SPDX-License-Identifier: MIT */
/* web_listen.h - the sockets of the page: where they are bound, how many connections they take, and
 * when one that does nothing is closed. Main thread. */
#ifndef VIEWER_WEB_LISTEN_H
#define VIEWER_WEB_LISTEN_H

#include <libsoup/soup.h>
#include <stdbool.h>

typedef struct WebListen WebListen;

/* address: "[ADDR:]PORT", "ADDR" or NULL, see web.h. NULL and error if that is no address of this
 * machine, or the port is taken. */
WebListen *web_listen_new(SoupServer *server, const char *address, GError **error);
void web_listen_free(WebListen *listen); /* NULL is fine */

/* Whether only this machine can reach it. */
bool web_listen_is_loopback(const WebListen *listen);

/* The socket of the connection whose remote address, as libsoup has it, this is; borrowed. */
GSocket *web_listen_socket(GSocketAddress *remote);

/* Prints where the page is, with the token, also as a QR code if standard error is a terminal. */
void web_listen_announce(const WebListen *listen, const char *token);

#endif

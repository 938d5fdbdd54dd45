/* SPDX-License-Identifier: MIT */
/* address.h - "[ADDR:]PORT" of the command line. */
#ifndef VIEWER_ADDRESS_H
#define VIEWER_ADDRESS_H

#include <gio/gio.h>

#define ADDRESS_DEFAULT "127.0.0.1"

/* "8080", "0.0.0.0", "0.0.0.0:8080", "[::1]:8080", "localhost:8080"; unref it. *port -1: none was
 * given. NULL if it is none of these. */
GInetAddress *address_parse(const char *text, int *port);

/* An address under which others may find this machine, for one that means "all"; unref it. */
GInetAddress *address_outward(GInetAddress *address);

/* As it stands in a URL: IPv6 in brackets; g_free() it. */
char *address_text(GInetAddress *address);

#endif

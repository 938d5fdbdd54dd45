/* SPDX-License-Identifier: MIT */
/* notify.h - what a service tells systemd: ready, still alive, stopping. Does nothing elsewhere. */
#ifndef VIEWER_NOTIFY_H
#define VIEWER_NOTIFY_H

#include <glib.h>

/* "READY=1" and the like, see sd_notify(3); state lines are separated by a newline. FALSE if
 * nobody listens. Any thread. */
gboolean notify_send(const char *state);

/* How often the watchdog wants to hear, in milliseconds, with room to spare; 0: there is none. */
guint notify_watchdog_ms(void);

#endif

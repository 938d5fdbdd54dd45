/* SPDX-License-Identifier: MIT */
/* notify.c - one datagram to the socket that systemd names: the protocol is stable and documented
 * in sd_notify(3), and a library for so little would be the larger part. */
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "notify.h"

gboolean notify_send(const char *state)
{
    const char *path = g_getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = path ? strlen(path) : 0;
    if (length < 2 || length >= sizeof address.sun_path || (*path != '/' && *path != '@'))
        return FALSE;
    memcpy(address.sun_path, path, length);
    if (*path == '@') /* a name that is no file */
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return FALSE;
    ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    close(fd);
    return sent > 0;
}

guint notify_watchdog_ms(void)
{
    const char *us = g_getenv("WATCHDOG_USEC"), *pid = g_getenv("WATCHDOG_PID");
    guint64 period, wanted;
    if (!us || !g_ascii_string_to_unsigned(us, 10, 2000, G_MAXUINT32 * 1000ull, &period, NULL))
        return 0;
    if (pid && g_ascii_string_to_unsigned(pid, 10, 0, G_MAXINT32, &wanted, NULL) &&
        wanted != (guint64)getpid())
        return 0; /* meant for another process */
    return (guint)(period / 1000 / 3);
}

/* SPDX-License-Identifier: MIT */
/* lines.c - results as lines of JSON. */
#include <errno.h>
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lines.h"
#include "report.h"

enum { MOST_READERS = 16 };

struct Lines {
    FILE *file; /* or */
    char *path; /* of the socket */
    GSocketService *service;
    GPtrArray *readers; /* GSocketConnection */
};

static gboolean on_reader(GSocketService *service, GSocketConnection *connection, GObject *object,
                          gpointer data)
{
    (void)service, (void)object;
    Lines *lines = data;
    if (lines->readers->len >= MOST_READERS)
        return TRUE;
    g_socket_set_blocking(g_socket_connection_get_socket(connection), FALSE);
    g_ptr_array_add(lines->readers, g_object_ref(connection));
    return TRUE;
}

/* A whole line or none of it; what is left of one that went only in part waits for room. */
static void send_line(Lines *lines, const char *text, size_t length)
{
    for (guint i = lines->readers->len; i-- > 0;) {
        GSocket *socket = g_socket_connection_get_socket(lines->readers->pdata[i]);
        g_autoptr(GError) error = NULL;
        gssize sent = g_socket_send(socket, text, length, NULL, &error);
        bool full = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
        if ((sent < 0 && !full) || (sent >= 0 && (size_t)sent < length))
            g_ptr_array_remove_index_fast(lines->readers, i);
    }
}

void lines_write(Lines *lines, const char *line)
{
    if (lines->file) {
        fprintf(lines->file, "%s\n", line);
        fflush(lines->file);
        return;
    }
    g_autofree char *text = g_strconcat(line, "\n", NULL);
    send_line(lines, text, strlen(text));
}

static bool open_socket(Lines *lines, const char *path, GError **error)
{
    struct stat info;
    if (*path == '\0') {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "--json unix: a path must follow, such as unix:/run/user/1000/labels");
        return false;
    }
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
    /* One that nobody listens at any more is in the way. */
    if (lstat(path, &info) == 0 && S_ISSOCK(info.st_mode)) {
        g_autoptr(GSocketClient) client = g_socket_client_new();
        g_autoptr(GSocketConnection) other =
            g_socket_client_connect(client, G_SOCKET_CONNECTABLE(address), NULL, NULL);
        if (!other)
            unlink(path);
    }
    lines->service = g_socket_service_new();
    if (!g_socket_listener_add_address(G_SOCKET_LISTENER(lines->service), address,
                                       G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL,
                                       error)) {
        g_prefix_error(error, "--json unix:%s: ", path);
        g_autofree char *why = g_strdup((*error)->message);
        g_clear_error(error);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "%s; name a socket in a folder that may be written to, in use by nobody", why);
        return false;
    }
    lines->path = g_strdup(path);
    g_signal_connect(lines->service, "incoming", G_CALLBACK(on_reader), lines);
    return true;
}

void lines_free(Lines *lines)
{
    if (!lines)
        return;
    if (lines->file && lines->file != stdout)
        fclose(lines->file);
    if (lines->service) {
        g_socket_service_stop(lines->service);
        g_socket_listener_close(G_SOCKET_LISTENER(lines->service));
        g_object_unref(lines->service);
    }
    if (lines->path)
        unlink(lines->path);
    g_ptr_array_unref(lines->readers);
    g_free(lines->path);
    g_free(lines);
}

Lines *lines_new(const char *target, GError **error)
{
    Lines *lines = g_new0(Lines, 1);
    bool ok = true;
    lines->readers = g_ptr_array_new_with_free_func(g_object_unref);
    if (!target || g_str_equal(target, "-")) {
        lines->file = stdout;
    } else if (g_str_has_prefix(target, "unix:")) {
        ok = open_socket(lines, target + strlen("unix:"), error);
    } else {
        lines->file = fopen(target, "ae");
        ok = lines->file != NULL;
        if (!ok)
            g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                        "--json %s: %s; name a file that can be written, or unix:PATH", target,
                        g_strerror(errno));
    }
    if (!ok) {
        lines_free(lines);
        return NULL;
    }
    return lines;
}

/* SPDX-License-Identifier: MIT */
/* web_listen.c - the sockets of the page. */
#include <string.h>
#include <sys/socket.h>

#include "address.h"
#include "qr.h"
#include "report.h"
#include "web.h"
#include "web_listen.h"

enum {
    MOST_CONNECTIONS = 128,
    MOST_OF_ONE_PEER = 96,    /* so that one machine cannot shut all others out */
    IDLE_SECONDS = 30,        /* without a byte sent or received */
    SEND_BUFFER = 128 * 1024, /* what a slow client may have on its way: a few frames */
    PORTS_TRIED = 10,
};

struct WebListen {
    SoupServer *server;
    GSocketService *service;
    GInetAddress *address;
    guint16 port;
    GPtrArray *connections; /* borrowed; each leaves when it is finalised */
};

static void on_connection_gone(gpointer data, GObject *connection)
{
    WebListen *listen = data;
    g_ptr_array_remove_fast(listen->connections, connection);
}

/* The address of the other end, without its port; unref it. */
static GInetAddress *peer_of(GSocketConnection *connection)
{
    g_autoptr(GSocketAddress) remote = g_socket_connection_get_remote_address(connection, NULL);
    return G_IS_INET_SOCKET_ADDRESS(remote)
               ? g_object_ref(g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(remote)))
               : NULL;
}

static guint count_of_peer(const WebListen *listen, GInetAddress *peer)
{
    guint n = 0;
    for (guint i = 0; i < listen->connections->len; i++) {
        GInetAddress *other = g_object_get_data(listen->connections->pdata[i], "peer");
        n += other && g_inet_address_equal(other, peer);
    }
    return n;
}

static void refuse(GSocketConnection *connection)
{
    static const char text[] = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
                               "Content-Type: text/plain\r\nRetry-After: 10\r\n\r\n"
                               "Too many connections; close some pages, or try again later.\n";
    GSocket *socket = g_socket_connection_get_socket(connection);
    g_socket_set_blocking(socket, FALSE);
    g_socket_send(socket, text, strlen(text), NULL, NULL);
    g_io_stream_close(G_IO_STREAM(connection), NULL, NULL);
}

static gboolean on_incoming(GSocketService *service, GSocketConnection *connection, GObject *object,
                            gpointer data)
{
    (void)service, (void)object;
    WebListen *listen = data;
    GInetAddress *peer = peer_of(connection);
    if (!peer || listen->connections->len >= MOST_CONNECTIONS ||
        count_of_peer(listen, peer) >= MOST_OF_ONE_PEER) {
        refuse(connection);
        g_clear_object(&peer);
        return TRUE;
    }
    GSocket *socket = g_socket_connection_get_socket(connection);
    g_socket_set_timeout(socket, IDLE_SECONDS);
    g_socket_set_option(socket, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER, NULL);
    g_object_set_data_full(G_OBJECT(connection), "peer", peer, g_object_unref);
    g_ptr_array_add(listen->connections, connection);
    g_object_weak_ref(G_OBJECT(connection), on_connection_gone, listen);
    g_autoptr(GSocketAddress) local = g_socket_connection_get_local_address(connection, NULL);
    g_autoptr(GSocketAddress) remote = g_socket_connection_get_remote_address(connection, NULL);
    if (!local || !remote)
        return TRUE;
    g_object_set_data_full(G_OBJECT(remote), "socket", g_object_ref(socket), g_object_unref);
    soup_server_accept_iostream(listen->server, G_IO_STREAM(connection), local, remote, NULL);
    return TRUE;
}

GSocket *web_listen_socket(GSocketAddress *remote)
{
    return g_object_get_data(G_OBJECT(remote), "socket");
}

/* ---- addresses ---------------------------------------------------------------------------- */

static bool bind_port(WebListen *listen, guint16 port, GError **error)
{
    g_autoptr(GSocketAddress) address = g_inet_socket_address_new(listen->address, port);
    g_autoptr(GSocketAddress) bound = NULL;
    if (!g_socket_listener_add_address(G_SOCKET_LISTENER(listen->service), address,
                                       G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &bound,
                                       error))
        return false;
    listen->port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
    return true;
}

/* Where the user named no port, the next free one does. */
static bool bind_any(WebListen *listen, GError **error)
{
    for (guint16 i = 0; i < PORTS_TRIED; i++) {
        g_clear_error(error);
        if (bind_port(listen, WEB_DEFAULT_PORT + i, error))
            return true;
        if (error && !g_error_matches(*error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
            return false;
    }
    return false;
}

bool web_listen_is_loopback(const WebListen *listen)
{
    return g_inet_address_get_is_loopback(listen->address);
}

static char *make_url(GInetAddress *address, guint16 port, const char *token)
{
    g_autofree char *text = address_text(address);
    return g_strdup_printf("http://%s:%u/%s%s", text, port, token ? "?token=" : "",
                           token ? token : "");
}

void web_listen_announce(const WebListen *listen, const char *token)
{
    g_autoptr(GInetAddress) address = address_outward(listen->address);
    g_autofree char *url = make_url(address, listen->port, token);
    report("the page is at %s", url);
    if (web_listen_is_loopback(listen))
        report("from another machine: ssh -L %u:127.0.0.1:%u %s, then the same address there; or "
               "--web 0.0.0.0:%u opens the page to the network, with a token",
               listen->port, listen->port, g_get_host_name(), listen->port);
    else
        qr_print(url);
}

void web_listen_free(WebListen *listen)
{
    if (!listen)
        return;
    g_socket_service_stop(listen->service);
    g_socket_listener_close(G_SOCKET_LISTENER(listen->service));
    for (guint i = 0; i < listen->connections->len; i++)
        g_object_weak_unref(listen->connections->pdata[i], on_connection_gone, listen);
    g_ptr_array_unref(listen->connections);
    g_object_unref(listen->service);
    g_object_unref(listen->address);
    g_free(listen);
}

WebListen *web_listen_new(SoupServer *server, const char *address, GError **error)
{
    int port;
    g_autoptr(GInetAddress) parsed = address_parse(address ? address : ADDRESS_DEFAULT, &port);
    if (!parsed) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "--web %s: not an address; say PORT, ADDRESS or ADDRESS:PORT, such as "
                    "0.0.0.0:8080 or [::1]:8080",
                    address);
        return NULL;
    }
    WebListen *listen = g_new0(WebListen, 1);
    listen->server = server;
    listen->address = g_steal_pointer(&parsed);
    listen->service = g_socket_service_new();
    listen->connections = g_ptr_array_new();
    GError *why = NULL;
    bool bound = port >= 0 ? bind_port(listen, (guint16)port, &why) : bind_any(listen, &why);
    if (!bound) {
        g_set_error(error, why->domain, why->code, "--web %s: %s; %s",
                    address ? address : ADDRESS_DEFAULT, why->message,
                    g_error_matches(why, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE)
                        ? "another program has this port, take another: --web PORT"
                        : "it must be an address of this machine, and a port from 1024 on");
        g_error_free(why);
        web_listen_free(listen);
        return NULL;
    }
    g_signal_connect(listen->service, "incoming", G_CALLBACK(on_incoming), listen);
    g_socket_service_start(listen->service);
    return listen;
}

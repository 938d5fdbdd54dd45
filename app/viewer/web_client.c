/* SPDX-License-Identifier: MIT */
/* web_client.c - responses without an end. */
#include "web_client.h"

typedef struct {
    WebChannel *channel;
    SoupServerMessage *message;
    bool busy;                       /* a piece is under way */
    guint64 seen[WEB_CHANNEL_KINDS]; /* number of the newest piece it got */
} Client;

struct WebChannel {
    char *type;
    void (*watched)(guint n, gpointer data);
    gpointer data;
    GPtrArray *clients;
    GBytes *newest[WEB_CHANNEL_KINDS];
    guint64 n_sent[WEB_CHANNEL_KINDS];
};

/* Sends the newest piece that the client has not got. */
static void feed_client(Client *client)
{
    WebChannel *channel = client->channel;
    for (int kind = 0; kind < WEB_CHANNEL_KINDS; kind++) {
        if (!channel->newest[kind] || client->seen[kind] == channel->n_sent[kind])
            continue;
        client->seen[kind] = channel->n_sent[kind];
        client->busy = true;
        soup_message_body_append_bytes(soup_server_message_get_response_body(client->message),
                                       channel->newest[kind]);
        soup_server_message_unpause(client->message);
        return;
    }
}

static void on_written(SoupServerMessage *message, gpointer data)
{
    (void)message;
    Client *client = data;
    client->busy = false;
    feed_client(client);
}

static void forget(WebChannel *channel)
{
    for (int kind = 0; kind < WEB_CHANNEL_KINDS; kind++)
        g_clear_pointer(&channel->newest[kind], g_bytes_unref);
}

static void tell(WebChannel *channel)
{
    if (channel->clients->len == 0)
        forget(channel); /* the next client wants none of the old */
    if (channel->watched)
        channel->watched(channel->clients->len, channel->data);
}

static void on_finished(SoupServerMessage *message, gpointer data)
{
    Client *client = data;
    WebChannel *channel = client->channel;
    g_signal_handlers_disconnect_by_data(message, client);
    g_ptr_array_remove_fast(channel->clients, client);
    g_object_unref(message);
    g_free(client);
    tell(channel);
}

void web_channel_add(WebChannel *channel, SoupServerMessage *message)
{
    Client *client = g_new0(Client, 1);
    client->channel = channel;
    client->message = g_object_ref(message);
    g_ptr_array_add(channel->clients, client);

    SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
    soup_message_headers_set_encoding(headers,
                                      soup_server_message_get_http_version(message) == SOUP_HTTP_1_0
                                          ? SOUP_ENCODING_EOF
                                          : SOUP_ENCODING_CHUNKED);
    soup_message_headers_set_content_type(headers, channel->type, NULL);
    soup_server_message_set_status(message, SOUP_STATUS_OK, NULL);
    soup_message_body_set_accumulate(soup_server_message_get_response_body(message), FALSE);
    g_signal_connect(message, "wrote-chunk", G_CALLBACK(on_written), client);
    g_signal_connect(message, "finished", G_CALLBACK(on_finished), client);
    tell(channel);
    feed_client(client);
}

void web_channel_send(WebChannel *channel, int kind, GBytes *bytes)
{
    g_clear_pointer(&channel->newest[kind], g_bytes_unref);
    channel->newest[kind] = g_bytes_ref(bytes);
    channel->n_sent[kind]++;
    for (guint i = 0; i < channel->clients->len; i++) {
        Client *client = channel->clients->pdata[i];
        if (!client->busy)
            feed_client(client);
    }
}

guint web_channel_clients(const WebChannel *channel)
{
    return channel->clients->len;
}

void web_channel_free(WebChannel *channel)
{
    for (guint i = 0; i < channel->clients->len; i++) {
        Client *client = channel->clients->pdata[i];
        g_signal_handlers_disconnect_by_data(client->message, client);
        g_object_unref(client->message);
        g_free(client);
    }
    g_ptr_array_unref(channel->clients);
    forget(channel);
    g_free(channel->type);
    g_free(channel);
}

WebChannel *web_channel_new(const char *type, void (*watched)(guint n, gpointer data),
                            gpointer data)
{
    WebChannel *channel = g_new0(WebChannel, 1);
    channel->type = g_strdup(type);
    channel->watched = watched;
    channel->data = data;
    channel->clients = g_ptr_array_new();
    return channel;
}

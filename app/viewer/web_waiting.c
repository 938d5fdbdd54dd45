/* SPDX-License-Identifier: MIT */
/* web_waiting.c - requests that wait for the next frame. */
#include "web_waiting.h"
#include "web_answer.h"

enum {
    LONGEST = 5, /* seconds for a frame to come */
    MOST = 32,   /* at once */
};

struct WebWaiting {
    GQueue messages;
    void (*watched)(guint n, gpointer data);
    gpointer data;
};

static void tell(WebWaiting *waiting)
{
    waiting->watched(g_queue_get_length(&waiting->messages), waiting->data);
}

static gboolean on_timeout(gpointer data)
{
    SoupServerMessage *message = data;
    WebWaiting *waiting = g_object_get_data(G_OBJECT(message), "waiting");
    if (g_queue_remove(&waiting->messages, message)) {
        web_answer_error(message, SOUP_STATUS_SERVICE_UNAVAILABLE,
                         "no frame has come; is it paused?");
        soup_server_message_unpause(message);
        g_object_unref(message);
        tell(waiting);
    }
    return G_SOURCE_REMOVE;
}

static void on_finished(SoupServerMessage *message, gpointer data)
{
    WebWaiting *waiting = data;
    g_source_remove_by_user_data(message);
    if (g_queue_remove(&waiting->messages, message)) {
        g_object_unref(message);
        tell(waiting);
    }
}

void web_waiting_add(WebWaiting *waiting, SoupServerMessage *message)
{
    if (g_queue_get_length(&waiting->messages) >= MOST) {
        web_answer_error(message, SOUP_STATUS_SERVICE_UNAVAILABLE, "too many snapshots at once");
        return;
    }
    g_object_set_data(G_OBJECT(message), "waiting", waiting);
    g_queue_push_tail(&waiting->messages, g_object_ref(message));
    soup_server_message_pause(message);
    g_signal_connect(message, "finished", G_CALLBACK(on_finished), waiting);
    g_timeout_add_seconds(LONGEST, on_timeout, message);
    tell(waiting);
}

void web_waiting_serve(WebWaiting *waiting, GBytes *jpeg)
{
    SoupServerMessage *message;
    if (g_queue_is_empty(&waiting->messages))
        return;
    while ((message = g_queue_pop_head(&waiting->messages))) {
        web_answer(message, SOUP_STATUS_OK, "image/jpeg", jpeg);
        soup_server_message_unpause(message);
        g_object_unref(message);
    }
    tell(waiting);
}

bool web_waiting_any(const WebWaiting *waiting)
{
    return waiting->messages.length > 0;
}

void web_waiting_free(WebWaiting *waiting)
{
    SoupServerMessage *message;
    while ((message = g_queue_pop_head(&waiting->messages))) {
        g_source_remove_by_user_data(message);
        g_signal_handlers_disconnect_by_data(message, waiting);
        g_object_unref(message);
    }
    g_free(waiting);
}

WebWaiting *web_waiting_new(void (*watched)(guint n, gpointer data), gpointer data)
{
    WebWaiting *waiting = g_new0(WebWaiting, 1);
    g_queue_init(&waiting->messages);
    waiting->watched = watched;
    waiting->data = data;
    return waiting;
}

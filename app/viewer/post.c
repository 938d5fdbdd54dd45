/* SPDX-License-Identifier: MIT */
/* post.c - JSON to addresses, by libsoup. */
#include <libsoup/soup.h>
#include <stdbool.h>
#include <string.h>

#include "post.h"

enum { TIMEOUT_SECONDS = 10, MOST_AT_ONCE = 8 };

struct Poster {
    SoupSession *session;
    GCancellable *cancellable;
    void (*failed)(const char *text, gpointer data);
    gpointer data;
    int n_under_way;
};

static void on_answer(GObject *object, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    SoupSession *session = SOUP_SESSION(object);
    SoupMessage *message = soup_session_get_async_result_message(session, result);
    GBytes *body = soup_session_send_and_read_finish(session, result, &error);
    g_clear_pointer(&body, g_bytes_unref); /* nobody reads what it says */
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* the poster is gone */
    Poster *poster = data;
    poster->n_under_way--;
    guint status = soup_message_get_status(message);
    if (!error && SOUP_STATUS_IS_SUCCESSFUL(status))
        return;
    g_autofree char *address =
        g_uri_to_string_partial(soup_message_get_uri(message), G_URI_HIDE_PASSWORD);
    g_autofree char *text =
        error ? g_strdup_printf("--on, post %s: %s", address, error->message)
              : g_strdup_printf("--on, post %s: the server answered %u %s", address, status,
                                soup_message_get_reason_phrase(message));
    poster->failed(text, poster->data);
}

void poster_post(Poster *poster, const char *address, const char *json)
{
    g_autoptr(SoupMessage) message = soup_message_new(SOUP_METHOD_POST, address);
    if (!message || poster->n_under_way >= MOST_AT_ONCE) {
        poster->failed("--on, post: the ones before are still under way, so not again",
                       poster->data);
        return;
    }
    g_autoptr(GBytes) body = g_bytes_new(json, strlen(json));
    soup_message_set_request_body_from_bytes(message, "application/json", body);
    poster->n_under_way++;
    soup_session_send_and_read_async(poster->session, message, G_PRIORITY_DEFAULT,
                                     poster->cancellable, on_answer, poster);
}

void poster_free(Poster *poster)
{
    if (!poster)
        return;
    g_cancellable_cancel(poster->cancellable);
    soup_session_abort(poster->session);
    g_object_unref(poster->cancellable);
    g_object_unref(poster->session);
    g_free(poster);
}

Poster *poster_new(void (*failed)(const char *text, gpointer data), gpointer data, GError **error)
{
    (void)error;
    Poster *poster = g_new0(Poster, 1);
    poster->session = soup_session_new_with_options("timeout", TIMEOUT_SECONDS, "user-agent",
                                                    "mobilenet-viewer", NULL);
    poster->cancellable = g_cancellable_new();
    poster->failed = failed;
    poster->data = data;
    return poster;
}

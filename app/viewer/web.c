/* SPDX-License-Identifier: MIT */
/* web.c - the page: requests to answers. */
#include <libsoup/soup.h>
#include <string.h>

#include "guard.h"
#include "report.h"
#include "web.h"
#include "web_answer.h"
#include "web_client.h"
#include "web_listen.h"
#include "web_waiting.h"

enum {
    MOST_BODY = 4096, /* bytes of a command */
    KIND_RESULT = 0,
    KIND_STATE = 1,
};

#define BOUNDARY "mobilenet-frame"

struct Web {
    WebHooks hooks;
    gpointer data;
    SoupServer *server;
    WebListen *listen;
    Guard *guard;
    WebChannel *video, *events;
    WebWaiting *waiting; /* for snapshots */

    GMutex lock;
    GBytes *frame; /* newest, not yet sent */
    guint idle;
};

/* ---- frames ------------------------------------------------------------------------------- */

static void update_wanted(Web *web)
{
    bool wanted = web_channel_clients(web->video) > 0 || web_waiting_any(web->waiting);
    web->hooks.watched(wanted, web->data);
}

static void on_watched(guint n, gpointer data)
{
    (void)n;
    update_wanted(data);
}

/* jpeg as a part of the multipart answer: the boundary behind it tells the browser at once that it
 * is complete. */
static GBytes *make_part(GBytes *jpeg)
{
    gsize size;
    const void *data = g_bytes_get_data(jpeg, &size);
    GByteArray *part = g_byte_array_sized_new((guint)size + 128);
    g_autofree char *head = g_strdup_printf(
        "Content-Type: image/jpeg\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n", size);
    g_byte_array_append(part, (const guint8 *)head, (guint)strlen(head));
    g_byte_array_append(part, data, (guint)size);
    g_byte_array_append(part, (const guint8 *)"\r\n--" BOUNDARY "\r\n",
                        strlen("\r\n--" BOUNDARY "\r\n"));
    return g_byte_array_free_to_bytes(part);
}

static gboolean on_frame(gpointer data)
{
    Web *web = data;
    g_mutex_lock(&web->lock);
    g_autoptr(GBytes) jpeg = g_steal_pointer(&web->frame);
    web->idle = 0;
    g_mutex_unlock(&web->lock);
    if (web_channel_clients(web->video) > 0) {
        g_autoptr(GBytes) part = make_part(jpeg);
        web_channel_send(web->video, 0, part);
    }
    web_waiting_serve(web->waiting, jpeg);
    return G_SOURCE_REMOVE;
}

void web_push_frame(Web *web, GstBuffer *jpeg)
{
    gsize size = gst_buffer_get_size(jpeg);
    guint8 *bytes = g_malloc(size);
    gst_buffer_extract(jpeg, 0, bytes, size);
    g_mutex_lock(&web->lock);
    g_clear_pointer(&web->frame, g_bytes_unref);
    web->frame = g_bytes_new_take(bytes, size);
    if (!web->idle)
        web->idle = g_idle_add(on_frame, web);
    g_mutex_unlock(&web->lock);
}

static void get_snapshot(Web *web, SoupServerMessage *message)
{
    web_waiting_add(web->waiting, message);
}

static void get_video(Web *web, SoupServerMessage *message)
{
    web_add_headers(message);
    soup_message_body_append(soup_server_message_get_response_body(message), SOUP_MEMORY_STATIC,
                             "--" BOUNDARY "\r\n", strlen("--" BOUNDARY "\r\n"));
    web_channel_add(web->video, message);
}

static void get_events(Web *web, SoupServerMessage *message)
{
    web_add_headers(message);
    soup_message_body_append(soup_server_message_get_response_body(message), SOUP_MEMORY_STATIC,
                             "retry: 1000\n\n", strlen("retry: 1000\n\n"));
    web_channel_add(web->events, message);
}

static void push_event(Web *web, int kind, const char *name, const char *json)
{
    if (web_channel_clients(web->events) == 0)
        return;
    char *text = g_strdup_printf("event: %s\ndata: %s\n\n", name, json);
    g_autoptr(GBytes) bytes = g_bytes_new_take(text, strlen(text));
    web_channel_send(web->events, kind, bytes);
}

void web_push_result(Web *web, const char *json)
{
    push_event(web, KIND_RESULT, "result", json);
}

void web_push_state(Web *web, const char *json)
{
    push_event(web, KIND_STATE, "state", json);
}

/* ---- commands ----------------------------------------------------------------------------- */

static void post_control(Web *web, SoupServerMessage *message)
{
    SoupMessageBody *body = soup_server_message_get_request_body(message);
    g_autoptr(GBytes) bytes = soup_message_body_flatten(body);
    gsize size;
    const char *text = g_bytes_get_data(bytes, &size);
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;
    if (size == 0 || !g_utf8_validate(text, (gssize)size, NULL) ||
        !json_parser_load_from_data(parser, text, (gssize)size, &error) ||
        !json_parser_get_root(parser) || !JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser))) {
        web_answer_error(message, SOUP_STATUS_BAD_REQUEST,
                         "a command is a JSON object such as {\"threshold\": 0.5}");
        return;
    }
    JsonObject *object = json_node_get_object(json_parser_get_root(parser));
    g_autoptr(GList) names = json_object_get_members(object);
    for (GList *name = names; name; name = name->next) {
        if (!web->hooks.control(name->data, json_object_get_member(object, name->data), &error,
                                web->data)) {
            web_answer_error(message, SOUP_STATUS_BAD_REQUEST, error->message);
            return;
        }
    }
    web_answer_text(message, SOUP_STATUS_OK, "application/json", web->hooks.state(web->data));
}

static void get_state(Web *web, SoupServerMessage *message)
{
    web_answer_text(message, SOUP_STATUS_OK, "application/json", web->hooks.state(web->data));
}

static void get_metrics(Web *web, SoupServerMessage *message)
{
    web_answer_text(message, SOUP_STATUS_OK, "text/plain; version=0.0.4; charset=utf-8",
                    web->hooks.metrics(web->data));
}

/* ---- routes ------------------------------------------------------------------------------- */

static const struct {
    const char *path;
    void (*get)(Web *web, SoupServerMessage *message); /* or */
    const char *file, *type;
} routes[] = {
    {"/", NULL, "index.html", "text/html; charset=utf-8"},
    {"/style.css", NULL, "style.css", "text/css; charset=utf-8"},
    {"/main.js", NULL, "main.js", "text/javascript; charset=utf-8"},
    {"/video.js", NULL, "video.js", "text/javascript; charset=utf-8"},
    {"/results.js", NULL, "results.js", "text/javascript; charset=utf-8"},
    {"/controls.js", NULL, "controls.js", "text/javascript; charset=utf-8"},
    {"/stats.js", NULL, "stats.js", "text/javascript; charset=utf-8"},
    {"/teach.js", NULL, "teach.js", "text/javascript; charset=utf-8"},
    {"/icon.svg", NULL, "icon.svg", "image/svg+xml"},
    {"/stream.mjpg", get_video, NULL, NULL},
    {"/snapshot.jpg", get_snapshot, NULL, NULL},
    {"/events", get_events, NULL, NULL},
    {"/state.json", get_state, NULL, NULL},
    {"/metrics", get_metrics, NULL, NULL},
};

static void route(Web *web, SoupServerMessage *message, const char *path)
{
    bool posted = soup_server_message_get_method(message) == SOUP_METHOD_POST;
    if (g_str_equal(path, "/control")) {
        if (posted)
            post_control(web, message);
        else
            web_answer_error(message, SOUP_STATUS_METHOD_NOT_ALLOWED,
                             "commands are sent with POST");
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(routes); i++) {
        if (!g_str_equal(path, routes[i].path))
            continue;
        if (posted)
            web_answer_error(message, SOUP_STATUS_METHOD_NOT_ALLOWED, "this can only be read");
        else if (routes[i].file)
            web_answer_file(message, SOUP_STATUS_OK, routes[i].file, routes[i].type);
        else if (soup_server_message_get_method(message) == SOUP_METHOD_HEAD)
            web_answer_error(message, SOUP_STATUS_METHOD_NOT_ALLOWED, "this is read with GET");
        else
            routes[i].get(web, message);
        return;
    }
    web_answer_error(message, SOUP_STATUS_NOT_FOUND,
                     "no such page; the manual, mobilenet-viewer(1), lists those there are");
}

/* ---- requests ----------------------------------------------------------------------------- */

static int check(Web *web, SoupServerMessage *message, const char *path, GHashTable *query,
                 const char **why)
{
    SoupMessageHeaders *headers = soup_server_message_get_request_headers(message);
    GSocketAddress *remote = soup_server_message_get_remote_address(message);
    g_autofree char *peer = G_IS_INET_SOCKET_ADDRESS(remote)
                                ? g_inet_address_to_string(g_inet_socket_address_get_address(
                                      G_INET_SOCKET_ADDRESS(remote)))
                                : NULL;
    GuardRequest request = {
        .method = soup_server_message_get_method(message),
        .path = path,
        .peer = peer,
        .host = soup_message_headers_get_one(headers, "Host"),
        .origin = soup_message_headers_get_one(headers, "Origin"),
        .fetch_site = soup_message_headers_get_one(headers, "Sec-Fetch-Site"),
        .content_type = soup_message_headers_get_one(headers, "Content-Type"),
        .authorization = soup_message_headers_get_one(headers, "Authorization"),
        .cookie = soup_message_headers_get_list(headers, "Cookie"),
        .query_token = query ? g_hash_table_lookup(query, "token") : NULL,
    };
    return guard_check(web->guard, &request, g_get_monotonic_time(), why);
}

/* Sends the browser to the same page without the token in the address, which now is in a cookie. */
static void answer_with_cookie(Web *web, SoupServerMessage *message, const char *path)
{
    web_add_headers(message);
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
    soup_message_headers_replace(headers, "Set-Cookie", guard_cookie(web->guard));
    /* Only to a place of ours: "//elsewhere" would be another's. */
    soup_message_headers_replace(headers, "Location", path[1] == '/' ? "/" : path);
    soup_server_message_set_status(message, SOUP_STATUS_SEE_OTHER, NULL);
}

/* The library would read the body to its end before it answers, and there may be none. */
static void hang_up(SoupServerMessage *message)
{
    static const char text[] =
        "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Type: application/json\r\n"
        "\r\n{\"error\":\"a command has 4096 bytes at most, and says how many\"}";
    GSocket *socket = web_listen_socket(soup_server_message_get_remote_address(message));
    g_socket_send(socket, text, strlen(text), NULL, NULL);
    g_socket_shutdown(socket, TRUE, TRUE, NULL);
}

/* When the headers are there: whatever is answered here ends the request before its body. */
static void on_headers(SoupServer *server, SoupServerMessage *message, const char *path,
                       GHashTable *query, gpointer data)
{
    (void)server;
    Web *web = data;
    const char *why;
    SoupMessageHeaders *headers = soup_server_message_get_request_headers(message);
    if (soup_message_headers_get_encoding(headers) == SOUP_ENCODING_CHUNKED ||
        soup_message_headers_get_content_length(headers) > MOST_BODY) {
        soup_server_message_set_status(message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, NULL);
        hang_up(message);
        return;
    }
    int status = check(web, message, path, query, &why);
    bool wants_page = g_str_equal(path, "/");
    if (status == 303)
        answer_with_cookie(web, message, path);
    else if (status == 401 && wants_page)
        web_answer_file(message, 401, "login.html", "text/html; charset=utf-8");
    else if (status != 200)
        web_answer_error(message, (guint)status, why);
    if (soup_server_message_get_status(message) != 0)
        soup_message_headers_replace(soup_server_message_get_response_headers(message),
                                     "Connection", "close");
}

static void on_request(SoupServer *server, SoupServerMessage *message, const char *path,
                       GHashTable *query, gpointer data)
{
    (void)server, (void)query;
    if (soup_server_message_get_status(message) == 0)
        route(data, message, path);
}

bool web_is_built(void)
{
    return true;
}

guint web_viewers(const Web *web)
{
    return web_channel_clients(web->video);
}

guint web_listeners(const Web *web)
{
    return web_channel_clients(web->events);
}

void web_free(Web *web)
{
    if (!web)
        return;
    g_clear_handle_id(&web->idle, g_source_remove);
    web_listen_free(web->listen);
    web_waiting_free(web->waiting);
    web_channel_free(web->video);
    web_channel_free(web->events);
    soup_server_disconnect(web->server);
    g_object_unref(web->server);
    guard_free(web->guard);
    g_clear_pointer(&web->frame, g_bytes_unref);
    g_mutex_clear(&web->lock);
    g_free(web);
}

Web *web_new(const char *address, const char *token, const WebHooks *hooks, gpointer data,
             GError **error)
{
    SoupServer *server = soup_server_new("server-header", "mobilenet-viewer", NULL);
    WebListen *listen = web_listen_new(server, address, error);
    g_autofree char *made = NULL;
    if (listen && !token && !web_listen_is_loopback(listen)) {
        token = made = guard_new_token();
        if (!made)
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                        "--web: no random numbers for a token here; give one: --web-token");
    }
    if (!listen || (!token && !web_listen_is_loopback(listen))) {
        web_listen_free(listen);
        g_object_unref(server);
        return NULL;
    }
    Web *web = g_new0(Web, 1);
    web->hooks = *hooks;
    web->data = data;
    web->server = server;
    web->listen = listen;
    web->guard = guard_new(token);
    g_mutex_init(&web->lock);
    web->waiting = web_waiting_new(on_watched, web);
    web->events = web_channel_new("text/event-stream", NULL, web);
    web->video = web_channel_new("multipart/x-mixed-replace; boundary=" BOUNDARY, on_watched, web);
    soup_server_add_early_handler(server, NULL, on_headers, web, NULL);
    soup_server_add_handler(server, NULL, on_request, web, NULL);
    web_listen_announce(listen, token);
    return web;
}

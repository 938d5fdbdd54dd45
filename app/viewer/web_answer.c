/* SPDX-License-Identifier: MIT */
/* web_answer.c - whole answers to requests. */
#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "web_answer.h"

#define RESOURCES "/org/gst-mobilenet/viewer/"

void web_add_headers(SoupServerMessage *message)
{
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
    static const char *const pairs[][2] = {
        {"Cache-Control", "no-store"},
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
         "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Referrer-Policy", "no-referrer"},
        {"X-Content-Type-Options", "nosniff"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
        soup_message_headers_replace(headers, pairs[i][0], pairs[i][1]);
}

void web_answer(SoupServerMessage *message, guint status, const char *type, GBytes *body)
{
    web_add_headers(message);
    soup_server_message_set_status(message, status, NULL);
    soup_message_headers_set_content_type(soup_server_message_get_response_headers(message), type,
                                          NULL);
    soup_message_body_append_bytes(soup_server_message_get_response_body(message), body);
}

void web_answer_text(SoupServerMessage *message, guint status, const char *type, char *text)
{
    g_autoptr(GBytes) body = g_bytes_new_take(text, strlen(text));
    web_answer(message, status, type, body);
}

void web_answer_error(SoupServerMessage *message, guint status, const char *why)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "error");
    json_builder_add_string_value(builder, why);
    json_builder_end_object(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    web_answer_text(message, status, "application/json", json_to_string(root, FALSE));
}

void web_answer_file(SoupServerMessage *message, guint status, const char *name, const char *type)
{
    g_autofree char *path = g_strconcat(RESOURCES, name, NULL);
    g_autoptr(GBytes) body = g_resources_lookup_data(path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
    if (body)
        web_answer(message, status, type, body);
    else
        web_answer_error(message, SOUP_STATUS_NOT_FOUND, "no such page");
}

/* SPDX-License-Identifier: MIT */
/* web_none.c - built without libsoup: no page. */
#include <gio/gio.h>

#include "web.h"

bool web_is_built(void)
{
    return false;
}

Web *web_new(const char *address, const char *token, const WebHooks *hooks, gpointer data,
             GError **error)
{
    (void)address, (void)token, (void)hooks, (void)data;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                "--web: this mobilenet-viewer was built without libsoup-3.0; install "
                "libsoup-3.0-dev and build again, or use --json");
    return NULL;
}

void web_free(Web *web)
{
    (void)web;
}

void web_push_frame(Web *web, GstBuffer *jpeg)
{
    (void)web, (void)jpeg;
}

void web_push_result(Web *web, const char *json)
{
    (void)web, (void)json;
}

void web_push_state(Web *web, const char *json)
{
    (void)web, (void)json;
}

guint web_viewers(const Web *web)
{
    (void)web;
    return 0;
}

guint web_listeners(const Web *web)
{
    (void)web;
    return 0;
}

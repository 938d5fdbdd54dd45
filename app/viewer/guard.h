/* SPDX-License-Identifier: MIT */
/* guard.h - who may talk to the page: the token, cross-origin requests, names that an attacker
 * makes point here, too many commands. Knows nothing of sockets; main thread. */
#ifndef VIEWER_GUARD_H
#define VIEWER_GUARD_H

#include <glib.h>
#include <stdbool.h>

/* What a request says of itself; all but method and path may be NULL. */
typedef struct {
    const char *method, *path;
    const char *peer; /* numeric address of the client */
    const char *host; /* headers ... */
    const char *origin;
    const char *fetch_site; /* Sec-Fetch-Site */
    const char *content_type;
    const char *authorization;
    const char *cookie;
    const char *query_token; /* token=... of the address */
} GuardRequest;

typedef struct Guard Guard;

/* token NULL: only this machine can reach the server, none is asked for. */
Guard *guard_new(const char *token);
void guard_free(Guard *guard);

/* The status to answer with: 200 when the request may be served, 303 when the token was right and
 * belongs into a cookie (guard_cookie()) and out of the address; else 401, 403, 405, 415, 421 or
 * 429, and *why, static, says so to the user. now: monotonic microseconds. */
int guard_check(Guard *guard, const GuardRequest *request, gint64 now, const char **why);

/* The value for Set-Cookie; owned by guard, NULL without a token. */
const char *guard_cookie(const Guard *guard);

/* 128 random bits as 26 letters and digits that nobody confuses; g_free() it. NULL if the system
 * has no random numbers. */
char *guard_new_token(void);

#endif

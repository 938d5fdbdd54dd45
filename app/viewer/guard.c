/* SPDX-License-Identifier: MIT */
/* guard.c - who may talk to the page. */
#include <string.h>
#include <sys/random.h>

#include "guard.h"

#define COOKIE "mobilenet-token"

enum {
    BURST = 20,      /* commands at once from one address */
    PER_SECOND = 10, /* and so many a second after that */
    MOST_PEERS = 256,
};

typedef struct {
    double left;
    gint64 at;
} Bucket;

struct Guard {
    char *token, *cookie;
    GHashTable *buckets; /* address -> Bucket */
};

/* In a time that does not tell how much was right. */
static bool same_secret(const char *a, const char *b)
{
    size_t length = strlen(a);
    unsigned char differ = strlen(b) != length;
    for (size_t i = 0; i < length && !(differ && i >= strlen(b)); i++)
        differ |= (unsigned char)(a[i] ^ b[i]);
    return !differ;
}

/* The value of our cookie among "a=b; c=d"; g_free() it. */
static char *find_cookie(const char *header)
{
    g_auto(GStrv) pairs = g_strsplit(header, ";", 64);
    for (char **pair = pairs; *pair; pair++) {
        const char *text = g_strstrip(*pair);
        if (g_str_has_prefix(text, COOKIE "="))
            return g_strdup(text + strlen(COOKIE "="));
    }
    return NULL;
}

static bool knows_token(const Guard *guard, const GuardRequest *request)
{
    static const char bearer[] = "Bearer ";
    g_autofree char *cookie = request->cookie ? find_cookie(request->cookie) : NULL;
    if (cookie && same_secret(guard->token, cookie))
        return true;
    return request->authorization &&
           g_ascii_strncasecmp(request->authorization, bearer, strlen(bearer)) == 0 &&
           same_secret(guard->token, request->authorization + strlen(bearer));
}

/* "localhost", "127.x.y.z" or "[::1]", with or without a port. */
static bool is_this_machine(const char *host)
{
    g_autofree char *name = g_ascii_strdown(host, -1);
    char *end = name[0] == '[' ? strchr(name, ']') : NULL;
    char *colon = strchr(end ? end : name, ':');
    if (colon)
        *colon = '\0';
    if (g_str_equal(name, "localhost") || g_str_equal(name, "[::1]"))
        return true;
    return g_str_has_prefix(name, "127.") && strspn(name, "0123456789.") == strlen(name);
}

/* A page of another origin must not give commands; browsers say where a request comes from. */
static bool is_foreign(const GuardRequest *request)
{
    if (request->fetch_site && !g_str_equal(request->fetch_site, "same-origin") &&
        !g_str_equal(request->fetch_site, "none"))
        return true;
    if (!request->origin)
        return false;
    const char *name = strstr(request->origin, "://");
    return !name || !request->host || g_ascii_strcasecmp(name + 3, request->host) != 0;
}

static bool is_too_fast(Guard *guard, const char *peer, gint64 now)
{
    Bucket *bucket = g_hash_table_lookup(guard->buckets, peer);
    if (!bucket) {
        if (g_hash_table_size(guard->buckets) >= MOST_PEERS)
            g_hash_table_remove_all(guard->buckets);
        bucket = g_new0(Bucket, 1);
        *bucket = (Bucket){.left = BURST, .at = now};
        g_hash_table_insert(guard->buckets, g_strdup(peer), bucket);
    }
    double gained = (double)(now - bucket->at) / G_USEC_PER_SEC * PER_SECOND;
    bucket->left = MIN(bucket->left + gained, BURST);
    bucket->at = now;
    if (bucket->left < 1)
        return true;
    bucket->left -= 1;
    return false;
}

static int check_command(Guard *guard, const GuardRequest *request, gint64 now, const char **why)
{
    if (is_foreign(request)) {
        *why = "commands are taken from this server's own page only";
        return 403;
    }
    /* No form of another page can send this type without asking first. */
    if (!request->content_type ||
        g_ascii_strncasecmp(request->content_type, "application/json", 16) != 0) {
        *why = "commands must be JSON: Content-Type: application/json";
        return 415;
    }
    if (is_too_fast(guard, request->peer ? request->peer : "", now)) {
        *why = "too many commands; wait a second";
        return 429;
    }
    return 200;
}

int guard_check(Guard *guard, const GuardRequest *request, gint64 now, const char **why)
{
    bool reads = g_str_equal(request->method, "GET") || g_str_equal(request->method, "HEAD");
    *why = "";
    if (!reads && !g_str_equal(request->method, "POST")) {
        *why = "only GET, HEAD and POST are understood";
        return 405;
    }
    if (!guard->token) {
        if (!request->host || !is_this_machine(request->host)) {
            *why = "this server is for its own machine; call it localhost";
            return 421;
        }
    } else if (!knows_token(guard, request)) {
        if (reads && request->query_token) {
            /* Guessing gets slower, too. */
            if (is_too_fast(guard, request->peer ? request->peer : "", now)) {
                *why = "too many attempts; wait a second";
                return 429;
            }
            if (same_secret(guard->token, request->query_token))
                return 303;
        }
        *why = "the token is missing or wrong; mobilenet-viewer printed the address with the token "
               "when it started";
        return 401;
    }
    return reads ? 200 : check_command(guard, request, now, why);
}

const char *guard_cookie(const Guard *guard)
{
    return guard->cookie;
}

char *guard_new_token(void)
{
    static const char digits[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* 32: no l, o, 0, 1 */
    unsigned char random[26];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return NULL;
    char *token = g_malloc0(sizeof random + 1);
    for (size_t i = 0; i < sizeof random; i++)
        token[i] = digits[random[i] % 32];
    return token;
}

void guard_free(Guard *guard)
{
    g_hash_table_unref(guard->buckets);
    g_free(guard->token);
    g_free(guard->cookie);
    g_free(guard);
}

Guard *guard_new(const char *token)
{
    Guard *guard = g_new0(Guard, 1);
    guard->token = g_strdup(token);
    if (token)
        guard->cookie = g_strdup_printf(COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict", token);
    guard->buckets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return guard;
}

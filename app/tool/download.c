/* SPDX-License-Identifier: MIT */
/* download.c - one file over HTTP with libsoup: resumed, verified, and only then put in place. */
#include "download.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <sys/file.h>
#include <unistd.h>

#include "tool.h"

#define TIMEOUT_S   30 /* without a byte */
#define BUFFER_SIZE 65536
#define KEPT        "what came so far is kept: run this again to go on from there"

typedef struct {
    const CatalogueFile *file;
    char *bar; /* what the progress bar is called */
    SoupSession *session;
    GCancellable *cancellable;
    char *part;
    int fd;       /* of part, at its end */
    goffset have; /* size of part */
} Download;

/* ---- errors ------------------------------------------------------------------------------- */

/* How to mend what the network reports; NULL if its own words must do. */
static const char *network_hint(const GError *why)
{
    if (why->domain == G_RESOLVER_ERROR)
        return "is this machine on the network, and is its name server reachable?";
    if (why->domain == G_TLS_ERROR)
        return "is the clock of this machine right, and are the packages glib-networking and "
               "ca-certificates installed?";
    if (g_error_matches(why, SOUP_SESSION_ERROR, SOUP_SESSION_ERROR_TOO_MANY_REDIRECTS))
        return "the server sends us round in circles; try again later";
    if (why->domain != G_IO_ERROR)
        return NULL;
    switch (why->code) {
    case G_IO_ERROR_CONNECTION_REFUSED:
    case G_IO_ERROR_HOST_UNREACHABLE:
    case G_IO_ERROR_NETWORK_UNREACHABLE:
    case G_IO_ERROR_PROXY_FAILED:
        return "is this machine on the network, or behind a proxy that https_proxy should name?";
    case G_IO_ERROR_CANCELLED:
    case G_IO_ERROR_TIMED_OUT:
    case G_IO_ERROR_PARTIAL_INPUT:
    case G_IO_ERROR_CONNECTION_CLOSED:
        return KEPT;
    default:
        return NULL;
    }
}

/* Takes why, an error of the network; always false. */
static bool network_failed(const Download *d, GError *why, GError **error)
{
    const char *hint = network_hint(why);
    if (d->have > 0)
        g_prefix_error(&why,
                       "after %" G_GOFFSET_FORMAT " of %" G_GOFFSET_FORMAT " bytes: ", d->have,
                       d->file->size);
    g_set_error(error, why->domain, why->code, "%s: %s%s%s", d->file->url, why->message,
                hint ? "; " : "", hint ? hint : "");
    g_error_free(why);
    return false;
}

/* errno says why; always false. */
static bool disk_failed(const Download *d, GError **error)
{
    int why = errno;
    const char *hint = why == ENOSPC || why == EDQUOT || why == EFBIG
                           ? "free some room and run this again to go on from there, or choose "
                             "another folder with --to"
                           : "choose another folder with --to";
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(why), "%s: cannot be written: %s; %s",
                d->part, g_strerror(why), hint);
    return false;
}

static bool status_failed(const Download *d, SoupMessage *message, GError **error)
{
    guint status = soup_message_get_status(message);
    const char *hint = status == 404 || status == 410
                           ? "the file is no longer there; is there a newer catalogue?"
                       : status == 429 || status >= 500 ? "try again later"
                                                        : "the server will not give the file";
    g_set_error(error, NN_ERROR, NN_ERROR_OPEN, "%s: the server answers %u %s; %s", d->file->url,
                status, soup_message_get_reason_phrase(message), hint);
    return false;
}

/* ---- the partial file --------------------------------------------------------------------- */

/* The ETag of what is in part, where the file system can keep it beside the file; else NULL. */
static char *stored_etag(const Download *d)
{
    g_autoptr(GFile) part = g_file_new_for_path(d->part);
    g_autoptr(GFileInfo) info =
        g_file_query_info(part, "xattr::etag", G_FILE_QUERY_INFO_NONE, NULL, NULL);
    return info ? g_strdup(g_file_info_get_attribute_string(info, "xattr::etag")) : NULL;
}

static void store_etag(const Download *d, SoupMessage *message)
{
    const char *etag =
        soup_message_headers_get_one(soup_message_get_response_headers(message), "ETag");
    g_autoptr(GFile) part = g_file_new_for_path(d->part);
    /* A weak one does not vouch for bytes. An empty one stands for none. */
    g_file_set_attribute_string(part, "xattr::etag", etag && *etag == '"' ? etag : "",
                                G_FILE_QUERY_INFO_NONE, NULL, NULL);
}

static bool start_over(Download *d, GError **error)
{
    d->have = 0;
    return (ftruncate(d->fd, 0) == 0 && lseek(d->fd, 0, SEEK_SET) == 0) || disk_failed(d, error);
}

static bool open_part(Download *d, GError **error)
{
    d->fd = g_open(d->part, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (d->fd < 0)
        return disk_failed(d, error);
    if (flock(d->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY,
                    "%s: another mobilenet fetch is at work on it; wait for it to end", d->part);
        g_close(d->fd, NULL);
        d->fd = -1; /* so that nobody takes it for ours */
        return false;
    }
    d->have = lseek(d->fd, 0, SEEK_END);
    return d->have <= d->file->size || start_over(d, error);
}

static bool write_all(Download *d, const char *bytes, gsize n, GError **error)
{
    while (n > 0) {
        ssize_t written = write(d->fd, bytes, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return disk_failed(d, error);
        bytes += written;
        n -= (gsize)written;
        d->have += written;
    }
    return true;
}

/* ---- HTTP --------------------------------------------------------------------------------- */

/* Asks for what is missing. */
static SoupMessage *new_request(const Download *d)
{
    SoupMessage *message = soup_message_new("GET", d->file->url);
    SoupMessageHeaders *headers = soup_message_get_request_headers(message);
    if (d->have > 0) {
        g_autofree char *etag = stored_etag(d);
        soup_message_headers_set_range(headers, d->have, -1);
        if (etag && *etag)
            soup_message_headers_replace(headers, "If-Range", etag);
    }
    return message;
}

/* The answer is the rest of the file, from the byte on that we asked for. */
static bool is_rest(const Download *d, SoupMessage *message)
{
    goffset first, last, size;
    return soup_message_get_status(message) == SOUP_STATUS_PARTIAL_CONTENT &&
           soup_message_headers_get_content_range(soup_message_get_response_headers(message),
                                                  &first, &last, &size) &&
           first == d->have && (size == d->file->size || size == -1);
}

/* The answer is all of the file. Starts part over for it. */
static bool take_whole(Download *d, SoupMessage *message, GError **error)
{
    SoupMessageHeaders *headers = soup_message_get_response_headers(message);
    goffset length = soup_message_headers_get_content_length(headers);
    if (soup_message_headers_get_encoding(headers) == SOUP_ENCODING_CONTENT_LENGTH &&
        length != d->file->size) {
        g_set_error(error, NN_ERROR, NN_ERROR_FORMAT,
                    "%s: is %" G_GOFFSET_FORMAT " bytes long, not %" G_GOFFSET_FORMAT
                    " as in the catalogue; is there a newer catalogue?",
                    d->file->url, length, d->file->size);
        return false;
    }
    if (!start_over(d, error))
        return false;
    store_etag(d, message);
    return true;
}

/* Sends the request. The stream yields what is to be appended to part. */
static GInputStream *ask(Download *d, GError **error)
{
    for (;;) {
        GError *why = NULL;
        g_autoptr(SoupMessage) message = new_request(d);
        g_autoptr(GInputStream) stream =
            soup_session_send(d->session, message, d->cancellable, &why);
        if (!stream) {
            network_failed(d, why, error);
            return NULL;
        }
        guint status = soup_message_get_status(message);
        bool good = is_rest(d, message);
        if (!good && status == SOUP_STATUS_OK) {
            good = take_whole(d, message, error);
        } else if (!good && d->have > 0 &&
                   (status == SOUP_STATUS_PARTIAL_CONTENT ||
                    status == SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE)) {
            /* Not the bytes we asked for: ask for all. */
            if (!start_over(d, error))
                return NULL;
            continue;
        } else if (!good) {
            status_failed(d, message, error);
        }
        return good ? g_steal_pointer(&stream) : NULL;
    }
}

static void show_progress(const Download *d)
{
    tool_progress(d->bar, (int)(d->have / 1000), (int)(d->file->size / 1000));
}

/* Receives until part has the size of the file. */
static bool receive(Download *d, GError **error)
{
    g_autoptr(GInputStream) stream = ask(d, error);
    g_autofree char *buffer = g_malloc(BUFFER_SIZE);
    if (!stream)
        return false;
    while (d->have < d->file->size) {
        GError *why = NULL;
        gsize room = (gsize)MIN(d->file->size - d->have, BUFFER_SIZE);
        gssize n = g_input_stream_read(stream, buffer, room, d->cancellable, &why);
        if (n == 0)
            g_set_error(&why, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, "the server stopped");
        if (n <= 0)
            return network_failed(d, why, error);
        if (!write_all(d, buffer, (gsize)n, error))
            return false;
        show_progress(d);
    }
    return true;
}

/* ---- the whole ---------------------------------------------------------------------------- */

/* Removes part if it is not the file. */
static bool verify(const Download *d, GError **error)
{
    g_autofree char *sha256 = catalogue_sha256(d->part);
    if (!sha256)
        return disk_failed(d, error);
    if (g_str_equal(sha256, d->file->sha256))
        return true;
    g_set_error(error, NN_ERROR, NN_ERROR_CORRUPT,
                "%s: what came is not the file of the catalogue, and was removed (SHA-256 %s, not "
                "%s); is there a newer catalogue?",
                d->file->url, sha256, d->file->sha256);
    g_unlink(d->part);
    return false;
}

static bool fill_part(Download *d, GError **error)
{
    bool resumed = d->have > 0;
    if (d->have < d->file->size && !receive(d, error))
        return false;
    if (!resumed)
        return verify(d, error);
    /* The old beginning may be to blame, so it gets a second chance. */
    if (catalogue_file_is(d->file, d->part))
        return true;
    return start_over(d, error) && receive(d, error) && verify(d, error);
}

bool download(const CatalogueFile *file, const char *path, const char *what,
              GCancellable *cancellable, GError **error)
{
    Download d = {.file = file, .cancellable = cancellable};
    d.bar = g_strconcat(what, ", kB", NULL);
    d.part = g_strconcat(path, ".part", NULL);
    d.session = soup_session_new_with_options("timeout", TIMEOUT_S, "user-agent",
                                              "mobilenet/" MOBILENET_VERSION, NULL);
    /* Ranges and sizes are those of the file itself, never of a compressed form. */
    soup_session_remove_feature_by_type(d.session, SOUP_TYPE_CONTENT_DECODER);
    bool ok = open_part(&d, error) && fill_part(&d, error);
    if (ok && (fsync(d.fd) != 0 || g_rename(d.part, path) != 0))
        ok = disk_failed(&d, error);
    if (d.fd >= 0) {
        if (!ok && d.have == 0)
            g_unlink(d.part); /* nothing to go on from */
        g_close(d.fd, NULL);
    }
    g_object_unref(d.session);
    g_free(d.part);
    g_free(d.bar);
    return ok;
}

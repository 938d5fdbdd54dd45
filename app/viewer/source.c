/* SPDX-License-Identifier: MIT */
/* source.c - where the video comes from: a camera, a file or address, a fragment of the user's, or
 * the demo. */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "cameras.h"
#include "launch.h"
#include "source.h"

enum { DEMO_SECONDS_A_SCENE = 3 };

/* Takes launch and what. */
static Source *new_source(SourceKind kind, char *launch, char *what)
{
    Source *source = g_new0(Source, 1);
    source->kind = kind;
    source->launch = launch;
    source->what = what;
    source->again = kind == SOURCE_CAMERA;
    source->live = kind == SOURCE_CAMERA || kind == SOURCE_DEMO;
    return source;
}

static Source *new_camera(char *launch, char *what, const char *wish, int number)
{
    Source *source = new_source(SOURCE_CAMERA, launch, what);
    source->wish = g_strdup(wish);
    source->number = number;
    return source;
}

void source_free(Source *source)
{
    if (!source)
        return;
    g_free(source->launch);
    g_free(source->what);
    g_free(source->wish);
    g_strfreev(source->others);
    g_free(source);
}

bool source_next_mode(Source *source)
{
    if (!source->others || !source->others[0])
        return false;
    g_free(source->launch);
    source->launch = source->others[0];
    guint left = g_strv_length(source->others + 1);
    memmove(source->others, source->others + 1, (left + 1) * sizeof *source->others);
    return true;
}

/* Whether the user can mean this camera, the `number`th, by `wish`. */
static bool is_meant(GstDevice *device, guint number, const char *wish)
{
    guint64 wanted;
    if (!wish || g_ascii_string_to_unsigned(wish, 10, number, number, &wanted, NULL))
        return true;
    g_autofree char *name = camera_name(device), *path = camera_path(device);
    g_autofree char *name_folded = g_utf8_casefold(name, -1);
    g_autofree char *wish_folded = g_utf8_casefold(wish, -1);
    return g_strcmp0(path, wish) == 0 || strstr(name_folded, wish_folded);
}

Source *source_new_camera(const char *device, GError **error)
{
    g_autoptr(GPtrArray) cameras = cameras_find();
    for (guint i = 0; i < cameras->len; i++) {
        if (!is_meant(cameras->pdata[i], i + 1, device))
            continue;
        char **launches = camera_launches(cameras->pdata[i]);
        if (!launches)
            continue;
        g_autofree char *name = camera_name(cameras->pdata[i]);
        Source *source =
            new_camera(NULL, g_strdup_printf("camera %u of %u, %s", i + 1, cameras->len, name),
                       device, (int)i + 1);
        source->others = launches;
        source_next_mode(source);
        return source;
    }
    if (device && g_str_has_prefix(device, "/dev/") && g_file_test(device, G_FILE_TEST_EXISTS)) {
        g_autofree char *quoted = launch_quote(device);
        return new_camera(g_strdup_printf("v4l2src device=%s ! decodebin ! videoconvert", quoted),
                          g_strdup(device), device, 0);
    }
    if (device)
        g_set_error(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
                    "no camera '%s'; --list shows those that are here", device);
    else
        g_set_error(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
                    "no camera found; is it plugged in, and are you in the group 'video'?");
    return NULL;
}

/* Whether the address sends at its own pace and has no end. */
static bool is_stream(const char *uri)
{
    static const char *const schemes[] = {"rtsp", "rtspt", "rtspu", "rtsps", "rtmp", "udp", "srt"};
    g_autofree char *scheme = g_uri_parse_scheme(uri);
    for (size_t i = 0; scheme && i < G_N_ELEMENTS(schemes); i++) {
        if (g_ascii_strcasecmp(scheme, schemes[i]) == 0)
            return true;
    }
    return false;
}

/* The address as it may be shown to others: what stands before the @ is not. */
static char *without_password(const char *uri)
{
    const char *host = strstr(uri, "://");
    const char *at = host ? strchr(host + 3, '@') : NULL;
    if (!at || memchr(host + 3, '/', (size_t)(at - host - 3)))
        return g_strdup(uri);
    return g_strdup_printf("%.*s%s", (int)(host + 3 - uri), uri, at + 1);
}

Source *source_new_uri(const char *uri, GError **error)
{
    g_autofree char *full = NULL;
    if (!gst_uri_is_valid(uri)) {
        full = gst_filename_to_uri(uri, error);
        if (!full)
            return NULL;
        if (!g_file_test(uri, G_FILE_TEST_EXISTS)) {
            g_set_error(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
                        "--uri %s: no such file; it takes a path, or an address such as rtsp://...",
                        uri);
            return NULL;
        }
        if (g_file_test(uri, G_FILE_TEST_IS_DIR)) {
            g_set_error(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ,
                        "--uri %s: is a directory; name a video or picture in it", uri);
            return NULL;
        }
        uri = full;
    }
    g_autofree char *type = g_content_type_guess(uri, NULL, 0, NULL);
    bool still = g_str_has_prefix(type, "image/") && !g_str_equal(type, "image/gif");
    g_autofree char *quoted = launch_quote(uri);
    Source *source = new_source(SOURCE_URI,
                                g_strdup_printf("uridecodebin uri=%s ! videoconvert%s", quoted,
                                                still ? " ! imagefreeze is-live=true" : ""),
                                without_password(uri));
    source->live = is_stream(uri);
    source->again = !g_str_has_prefix(uri, "file:");
    return source;
}

Source *source_new_launch(const char *launch)
{
    return new_source(SOURCE_LAUNCH, g_strdup(launch), g_strdup("your own source"));
}

/* The folder with scene-01.png and so on: of the build tree, or installed. NULL if none. */
static char *scenes_dir(void)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = g_path_get_dirname(program ? program : ".");
    char *dirs[] = {g_build_filename(folder, "demo", NULL), g_strdup(DEMO_DIR)};
    char *found = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(dirs); i++) {
        g_autofree char *first = g_build_filename(dirs[i], "scene-01.png", NULL);
        if (!found && g_file_test(first, G_FILE_TEST_EXISTS))
            found = g_steal_pointer(&dirs[i]);
        g_free(dirs[i]);
    }
    return found;
}

static int count_scenes(const char *dir)
{
    for (int n = 1;; n++) {
        g_autofree char *name = g_strdup_printf("scene-%02d.png", n);
        g_autofree char *path = g_build_filename(dir, name, NULL);
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
            return n - 1;
    }
}

Source *source_new_demo(void)
{
    g_autofree char *dir = scenes_dir();
    if (!dir)
        return new_source(SOURCE_DEMO,
                          g_strdup("videotestsrc is-live=true pattern=ball ! "
                                   "video/x-raw,width=640,height=480,framerate=30/1"),
                          g_strdup("demo, a moving ball"));
    g_autofree char *pattern = g_build_filename(dir, "scene-%02d.png", NULL);
    g_autofree char *quoted = launch_quote(pattern);
    return new_source(
        SOURCE_DEMO,
        g_strdup_printf("multifilesrc location=%s start-index=1 stop-index=%d loop=true "
                        "caps=image/png,framerate=1/%d ! pngdec ! videoconvert ! videorate ! "
                        "video/x-raw,format=I420,framerate=10/1 ! identity sync=true",
                        quoted, count_scenes(dir), DEMO_SECONDS_A_SCENE),
        g_strdup("demo scenes"));
}

int source_list_cameras(void)
{
    g_autoptr(GPtrArray) cameras = cameras_find();
    for (guint i = 0; i < cameras->len; i++) {
        g_autofree char *name = camera_name(cameras->pdata[i]);
        g_autofree char *path = camera_path(cameras->pdata[i]);
        g_autofree char *launch = camera_launch(cameras->pdata[i]);
        printf("%u  %s%s%s\n   %s\n", i + 1, name, path ? "  " : "", path ? path : "",
               launch ? launch : "cannot be opened: its GStreamer element is missing");
        g_auto(GStrv) modes = camera_modes(cameras->pdata[i]);
        for (char **mode = modes; *mode; mode++)
            printf("     %s\n", *mode);
    }
    return (int)cameras->len;
}

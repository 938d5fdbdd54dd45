/* SPDX-License-Identifier: MIT */
/* rtsp.c - RTSP by gst-rtsp-server: one shared media, fed from the one encoder. */
#include <gio/gio.h>
#include <gst/app/gstappsrc.h>
#include <gst/rtsp-server/rtsp-server.h>
#include <stdbool.h>

#include "address.h"
#include "guard.h"
#include "report.h"
#include "rtsp.h"

#define USER  "viewer"
#define MOUNT "/video"

struct Rtsp {
    Stream *stream;
    GstRTSPServer *server;
    guint source;
};

/* A prepared media: what takes frames off the encoder for it. */
typedef struct {
    GstElement *in;
    StreamTap *tap;
    bool has_caps;
} Feeder;

static void on_frame(GstBuffer *buffer, GstCaps *caps, bool key, gpointer data)
{
    (void)key;
    Feeder *feeder = data;
    if (!feeder->has_caps)
        gst_app_src_set_caps(GST_APP_SRC(feeder->in), caps);
    feeder->has_caps = true;
    GstBuffer *own = gst_buffer_copy(buffer);
    GST_BUFFER_PTS(own) = GST_BUFFER_DTS(own) = GST_CLOCK_TIME_NONE; /* appsrc has its own */
    gst_app_src_push_buffer(GST_APP_SRC(feeder->in), own);
}

static void on_unprepared(GstRTSPMedia *media, gpointer data)
{
    Feeder *feeder = data;
    g_signal_handlers_disconnect_by_data(media, feeder);
    stream_close(feeder->tap);
    gst_object_unref(feeder->in);
    g_free(feeder);
}

static void on_configure(GstRTSPMediaFactory *factory, GstRTSPMedia *media, gpointer data)
{
    (void)factory;
    Rtsp *rtsp = data;
    g_autoptr(GstElement) element = gst_rtsp_media_get_element(media);
    Feeder *feeder = g_new0(Feeder, 1);
    feeder->in = gst_bin_get_by_name(GST_BIN(element), "in");
    g_signal_connect(media, "unprepared", G_CALLBACK(on_unprepared), feeder);
    feeder->tap = stream_open(rtsp->stream, on_frame, feeder);
}

static GstRTSPMediaFactory *make_factory(Rtsp *rtsp, bool secret)
{
    GstRTSPMediaFactory *factory = gst_rtsp_media_factory_new();
    g_autofree char *launch = g_strdup_printf(
        "( appsrc name=in is-live=true format=time do-timestamp=true max-buffers=30 max-bytes=0 "
        "leaky-type=downstream ! %s name=pay0 )",
        stream_is_h264() ? "h264parse ! rtph264pay config-interval=-1 pt=96" : "rtpjpegpay pt=26");
    gst_rtsp_media_factory_set_launch(factory, launch);
    gst_rtsp_media_factory_set_shared(factory, TRUE);
    g_signal_connect(factory, "media-configure", G_CALLBACK(on_configure), rtsp);
    if (secret)
        gst_rtsp_media_factory_add_role(factory, USER, GST_RTSP_PERM_MEDIA_FACTORY_ACCESS,
                                        G_TYPE_BOOLEAN, TRUE, GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT,
                                        G_TYPE_BOOLEAN, TRUE, NULL);
    return factory;
}

static void ask_for(GstRTSPServer *server, const char *token)
{
    g_autoptr(GstRTSPAuth) auth = gst_rtsp_auth_new();
    g_autofree char *basic = gst_rtsp_auth_make_basic(USER, token);
    GstRTSPToken *role =
        gst_rtsp_token_new(GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, USER, NULL);
    gst_rtsp_auth_add_basic(auth, basic, role);
    gst_rtsp_token_unref(role);
    gst_rtsp_server_set_auth(server, auth);
}

static void announce(const Rtsp *rtsp, GInetAddress *address, const char *token)
{
    g_autoptr(GInetAddress) outward = address_outward(address);
    g_autofree char *text = address_text(outward);
    report("RTSP: rtsp://%s%s%s%s%s:%d" MOUNT ", %s", token ? USER : "", token ? ":" : "",
           token ? token : "", token ? "@" : "", text, gst_rtsp_server_get_bound_port(rtsp->server),
           stream_is_h264() ? "H.264" : "JPEG");
}

static GstRTSPFilterResult drop_client(GstRTSPServer *server, GstRTSPClient *client, gpointer data)
{
    (void)server, (void)client, (void)data;
    return GST_RTSP_FILTER_REMOVE;
}

void rtsp_free(Rtsp *rtsp)
{
    if (!rtsp)
        return;
    g_clear_handle_id(&rtsp->source, g_source_remove);
    g_autoptr(GstRTSPSessionPool) sessions = gst_rtsp_server_get_session_pool(rtsp->server);
    gst_rtsp_server_client_filter(rtsp->server, drop_client, NULL);
    gst_rtsp_session_pool_filter(sessions, NULL, NULL);
    g_object_unref(rtsp->server);
    g_free(rtsp);
}

Rtsp *rtsp_new(const char *address, const char *token, Stream *stream, GError **error)
{
    int port;
    g_autoptr(GInetAddress) parsed = address_parse(address ? address : ADDRESS_DEFAULT, &port);
    if (!parsed) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "--rtsp %s: not an address; say PORT, ADDRESS or ADDRESS:PORT, such as "
                    "0.0.0.0:8554",
                    address);
        return NULL;
    }
    bool loopback = g_inet_address_get_is_loopback(parsed);
    g_autofree char *secret = token ? g_strdup(token) : loopback ? NULL : guard_new_token();
    g_autofree char *host = g_inet_address_to_string(parsed);
    g_autofree char *service = g_strdup_printf("%d", port >= 0 ? port : RTSP_DEFAULT_PORT);
    Rtsp *rtsp = g_new0(Rtsp, 1);
    rtsp->stream = stream;
    rtsp->server = gst_rtsp_server_new();
    gst_rtsp_server_set_address(rtsp->server, host);
    gst_rtsp_server_set_service(rtsp->server, service);
    if (secret)
        ask_for(rtsp->server, secret);
    g_autoptr(GstRTSPMountPoints) mounts = gst_rtsp_server_get_mount_points(rtsp->server);
    gst_rtsp_mount_points_add_factory(mounts, MOUNT, make_factory(rtsp, secret != NULL));
    rtsp->source = gst_rtsp_server_attach(rtsp->server, NULL);
    if (!rtsp->source || (!loopback && !secret)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
                    "--rtsp %s: cannot listen at %s:%s; the port may be taken, or the address may "
                    "not be this machine's",
                    address ? address : ADDRESS_DEFAULT, host, service);
        rtsp_free(rtsp);
        return NULL;
    }
    announce(rtsp, parsed, secret);
    return rtsp;
}

/* SPDX-License-Identifier: MIT */
/* mqtt.c - MQTT by libmosquitto, whose own thread does the network. */
#include <gio/gio.h>
#include <mosquitto.h>
#include <stdbool.h>
#include <string.h>

#include "jsonline.h"
#include "mqtt.h"
#include "report.h"

enum {
    KEEPALIVE = 30,
    PORT = 1883,
    PORT_TLS = 8883,
    LONGEST_WAIT = 60, /* seconds between attempts to connect */
    QOS = 1,
};

struct Mqtt {
    struct mosquitto *client;
    char *prefix, *node; /* node: fit for an identifier */
    char *state_topic, *availability_topic;
    char *label;
    gint64 sent_at;
    gint complained; /* atomic: once is enough until it is connected again */
    char *where;     /* without the password */
};

/* ---- Home Assistant ----------------------------------------------------------------------- */

static const struct {
    const char *id, *name, *template, *unit, *icon;
} sensors[] = {
    {"label", "Label", "{{ value_json.label or 'nothing' }}", NULL, "mdi:eye"},
    {"confidence", "Confidence", "{{ (value_json.confidence * 100) | round }}", "%", "mdi:percent"},
};

static void publish(Mqtt *mqtt, const char *topic, const char *text, bool retain)
{
    mosquitto_publish(mqtt->client, NULL, topic, (int)strlen(text), text, QOS, retain);
}

static void announce(Mqtt *mqtt, size_t i)
{
    g_autofree char *topic =
        g_strdup_printf("homeassistant/sensor/%s/%s/config", mqtt->node, sensors[i].id);
    g_autofree char *id = g_strdup_printf("%s_%s", mqtt->node, sensors[i].id);
    JsonBuilder *line = json_line_new();
    json_add_string(line, "name", sensors[i].name);
    json_add_string(line, "unique_id", id);
    json_add_string(line, "state_topic", mqtt->state_topic);
    json_add_string(line, "value_template", sensors[i].template);
    json_add_string(line, "availability_topic", mqtt->availability_topic);
    json_add_string(line, "icon", sensors[i].icon);
    if (sensors[i].unit)
        json_add_string(line, "unit_of_measurement", sensors[i].unit);
    if (i == 0)
        json_add_string(line, "json_attributes_topic", mqtt->state_topic);
    json_begin_object(line, "device");
    json_begin_array(line, "identifiers");
    json_builder_add_string_value(line, mqtt->node);
    json_builder_end_array(line);
    json_add_string(line, "name", mqtt->prefix);
    json_add_string(line, "manufacturer", "gst-mobilenet");
    json_add_string(line, "sw_version", MOBILENET_VERSION);
    json_builder_end_object(line);
    g_autofree char *text = json_line_text(line);
    publish(mqtt, topic, text, true);
}

/* ---- the library's thread ----------------------------------------------------------------- */

static void on_connect(struct mosquitto *client, void *data, int code)
{
    (void)client;
    Mqtt *mqtt = data;
    if (code != 0) {
        if (!g_atomic_int_exchange(&mqtt->complained, 1))
            report("--mqtt %s: %s", mqtt->where, mosquitto_connack_string(code));
        return;
    }
    g_atomic_int_set(&mqtt->complained, 0);
    report("--mqtt %s: connected, results at %s", mqtt->where, mqtt->state_topic);
    for (size_t i = 0; i < G_N_ELEMENTS(sensors); i++)
        announce(mqtt, i);
    publish(mqtt, mqtt->availability_topic, "online", true);
}

static void on_disconnect(struct mosquitto *client, void *data, int code)
{
    (void)client;
    Mqtt *mqtt = data;
    if (code != 0 && !g_atomic_int_exchange(&mqtt->complained, 1))
        report("--mqtt %s: no connection (%s); trying again", mqtt->where,
               mosquitto_strerror(code));
}

/* ---- the main thread ---------------------------------------------------------------------- */

void mqtt_result(Mqtt *mqtt, const GstStructure *result, const char *json)
{
    const char *label = gst_structure_get_string(result, "label");
    gint64 now = g_get_monotonic_time();
    if (g_strcmp0(label, mqtt->label) == 0 && now - mqtt->sent_at < G_USEC_PER_SEC)
        return;
    g_free(mqtt->label);
    mqtt->label = g_strdup(label);
    mqtt->sent_at = now;
    publish(mqtt, mqtt->state_topic, json, false);
}

/* Letters, digits and _ only. */
static char *make_node(const char *prefix)
{
    char *node = g_strdup(prefix);
    g_strcanon(node, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", '_');
    return node;
}

static GUri *parse(const char *url, GError **error)
{
    g_autoptr(GError) why = NULL;
    GUri *uri = g_uri_parse(url, G_URI_FLAGS_HAS_PASSWORD, &why);
    bool ok =
        uri && g_uri_get_host(uri) && *g_uri_get_host(uri) &&
        (g_str_equal(g_uri_get_scheme(uri), "mqtt") || g_str_equal(g_uri_get_scheme(uri), "mqtts"));
    const char *path = ok ? g_uri_get_path(uri) : "";
    if (ok && !strpbrk(path, "+#"))
        return uri;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                "--mqtt: not an address (%s); say mqtt://HOST, or "
                "mqtt://USER:PASSWORD@HOST:1883/PREFIX",
                why  ? why->message
                : ok ? "+ and # have no place in a prefix"
                     : "no mqtt://HOST");
    g_clear_pointer(&uri, g_uri_unref);
    return NULL;
}

static bool begin(Mqtt *mqtt, GUri *uri, GError **error)
{
    bool tls = g_str_equal(g_uri_get_scheme(uri), "mqtts");
    int port = g_uri_get_port(uri) > 0 ? g_uri_get_port(uri) : tls ? PORT_TLS : PORT;
    int code = MOSQ_ERR_SUCCESS;
    mosquitto_connect_callback_set(mqtt->client, on_connect);
    mosquitto_disconnect_callback_set(mqtt->client, on_disconnect);
    mosquitto_reconnect_delay_set(mqtt->client, 1, LONGEST_WAIT, true);
    mosquitto_will_set(mqtt->client, mqtt->availability_topic, (int)strlen("offline"), "offline",
                       QOS, true);
    if (g_uri_get_user(uri) && *g_uri_get_user(uri))
        code =
            mosquitto_username_pw_set(mqtt->client, g_uri_get_user(uri), g_uri_get_password(uri));
    if (code == MOSQ_ERR_SUCCESS && tls)
        code = mosquitto_tls_set(mqtt->client, NULL, "/etc/ssl/certs", NULL, NULL, NULL);
    if (code == MOSQ_ERR_SUCCESS)
        code = mosquitto_loop_start(mqtt->client);
    if (code != MOSQ_ERR_SUCCESS) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "--mqtt %s: %s", mqtt->where,
                    mosquitto_strerror(code));
        return false;
    }
    /* A broker that is not there yet is tried again by the thread. */
    code = mosquitto_connect_async(mqtt->client, g_uri_get_host(uri), port, KEEPALIVE);
    if (code != MOSQ_ERR_SUCCESS && !g_atomic_int_exchange(&mqtt->complained, 1))
        report("--mqtt %s: no connection (%s); trying again", mqtt->where,
               mosquitto_strerror(code));
    return true;
}

void mqtt_free(Mqtt *mqtt)
{
    if (!mqtt)
        return;
    if (mqtt->client) {
        publish(mqtt, mqtt->availability_topic, "offline", true);
        mosquitto_disconnect(mqtt->client);
        mosquitto_loop_stop(mqtt->client, false);
        mosquitto_destroy(mqtt->client);
    }
    mosquitto_lib_cleanup();
    g_free(mqtt->prefix);
    g_free(mqtt->node);
    g_free(mqtt->state_topic);
    g_free(mqtt->availability_topic);
    g_free(mqtt->label);
    g_free(mqtt->where);
    g_free(mqtt);
}

Mqtt *mqtt_new(const char *url, GError **error)
{
    g_autoptr(GUri) uri = parse(url, error);
    if (!uri)
        return NULL;
    mosquitto_lib_init();
    Mqtt *mqtt = g_new0(Mqtt, 1);
    const char *path = g_uri_get_path(uri);
    mqtt->prefix = path && strlen(path) > 1 ? g_strdup(path + 1)
                                            : g_strdup_printf("mobilenet/%s", g_get_host_name());
    mqtt->node = make_node(mqtt->prefix);
    mqtt->state_topic = g_strconcat(mqtt->prefix, "/state", NULL);
    mqtt->availability_topic = g_strconcat(mqtt->prefix, "/availability", NULL);
    mqtt->where = g_uri_to_string_partial(uri, G_URI_HIDE_PASSWORD);
    mqtt->client = mosquitto_new(NULL, true, mqtt);
    if (mqtt->client && begin(mqtt, uri, error))
        return mqtt;
    if (!mqtt->client)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "--mqtt: out of memory");
    mqtt_free(mqtt);
    return NULL;
}

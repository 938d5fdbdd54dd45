/* SPDX-License-Identifier: MIT */
/* mqtt_none.c - built without libmosquitto. */
#include <gio/gio.h>

#include "mqtt.h"

Mqtt *mqtt_new(const char *url, GError **error)
{
    (void)url;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                "--mqtt: this mobilenet-viewer was built without libmosquitto; install "
                "libmosquitto-dev and build again, or use --json | mosquitto_pub -l");
    return NULL;
}

void mqtt_free(Mqtt *mqtt)
{
    (void)mqtt;
}

void mqtt_result(Mqtt *mqtt, const GstStructure *result, const char *json)
{
    (void)mqtt, (void)result, (void)json;
}

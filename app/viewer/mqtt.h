/* SPDX-License-Identifier: MIT */
/* mqtt.h - results for home automation: PREFIX/state gets what --json prints, whenever the label
 * changes and once a second; PREFIX/availability says online or offline; Home Assistant finds both
 * by itself. Main thread. */
#ifndef VIEWER_MQTT_H
#define VIEWER_MQTT_H

#include <gst/gst.h>

typedef struct Mqtt Mqtt;

/* url: mqtt[s]://[USER[:PASSWORD]@]HOST[:PORT][/PREFIX]; PREFIX "mobilenet/HOSTNAME" by default.
 * Connects by and by, and again when it is cut off. NULL and error if url makes no sense, or this
 * was built without libmosquitto. */
Mqtt *mqtt_new(const char *url, GError **error);
void mqtt_free(Mqtt *mqtt); /* says offline; NULL is fine */

/* A result, and the same as JSON. */
void mqtt_result(Mqtt *mqtt, const GstStructure *result, const char *json);

#endif

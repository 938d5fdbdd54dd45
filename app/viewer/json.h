/* SPDX-License-Identifier: MIT */
/* json.h - results as JSON. */
#ifndef VIEWER_JSON_H
#define VIEWER_JSON_H

#include <gst/gst.h>
#include <json-glib/json-glib.h>

/* An element message of `mobilenet` as members of an object that has begun:
 *   time            seconds into the stream of the picture that was judged
 *   frame           its number
 *   label           what is shown; "" when nothing is sure enough
 *   confidence      0...1, averaged over time
 *   results         [{label, index, confidence}...], best first
 *   age             seconds since that picture was taken
 *   inference_time  seconds the network took */
void json_add_result(JsonBuilder *line, const GstStructure *result);

/* The same as an object on one line; g_free() it. */
char *json_result(const GstStructure *result);

#endif

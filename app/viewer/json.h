/* SPDX-License-Identifier: MIT */
/* json.h - results as JSON, one line each. */
#ifndef VIEWER_JSON_H
#define VIEWER_JSON_H

#include <gst/gst.h>

/* Prints an element message of `mobilenet` as one line:
 *   time            seconds into the stream of the picture that was judged
 *   frame           its number
 *   label           what is shown; "" when nothing is sure enough
 *   confidence      0...1, averaged over time
 *   results         [{label, index, confidence}...], best first
 *   age             seconds since that picture was taken
 *   inference_time  seconds the network took */
void json_print_result(const GstStructure *result);

#endif

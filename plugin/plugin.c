/* SPDX-License-Identifier: MIT */
/* plugin.c - registers the elements. */
#include <gst/gst.h>

#include "gstmobilenet.h"
#include "gstmobilenetoverlay.h"
#include "resultmeta.h"

static gboolean plugin_init(GstPlugin *plugin)
{
    result_meta_register();
    return GST_ELEMENT_REGISTER(mobilenet, plugin) &&
           GST_ELEMENT_REGISTER(mobilenetoverlay, plugin);
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, mobilenet,
                  "Names what a video shows, with MobileNet models", plugin_init, PACKAGE_VERSION,
                  "MIT/X11", "gst-mobilenet", "Built from source")

/* SPDX-License-Identifier: MIT */
/* feed_launch.c - the feed's pipeline as text. */
#include "feed_launch.h"
#include "launch.h"
#include "nn.h"

static void append_property(GString *text, const char *name, const char *value)
{
    if (!value)
        return;
    g_autofree char *quoted = launch_quote(value);
    g_string_append_printf(text, " %s=%s", name, quoted);
}

static GString *common_launch(const FeedLaunch *what)
{
    GString *text = g_string_new(what->source->launch);
    g_string_append(text, " ! mobilenet");
    append_property(text, "model-file", what->model);
    append_property(text, "labels-file", what->labels);
    if (what->threshold >= 0) {
        char number[G_ASCII_DTOSTR_BUF_SIZE];
        g_ascii_formatd(number, sizeof number, "%.3g", what->threshold);
        append_property(text, "threshold", number);
    }
    return g_string_append(text, " message=all");
}

char *feed_launch_command(const FeedLaunch *what, const char *sink)
{
    GString *text = common_launch(what);
    g_string_append_printf(text, " ! %s", sink);
    g_autofree char *launch = g_string_free(text, FALSE);
    return launch_command(launch);
}

/* Formats that can be classified first; the label is drawn behind the tee, if at all. The frames
 * are taken away before the sink sees one, so it must not wait for the first, and others keep time.
 */
char *feed_launch_own(const FeedLaunch *what)
{
    GString *text = common_launch(what);
    g_string_append(text, " name=" FEED_CLASSIFIER " overlay=false top-k=5 ! "
                          "capsfilter caps=\"video/x-raw,format={");
    for (int i = 0; i < NN_PIXELS_COUNT; i++)
        g_string_append_printf(text, "%s%s", i ? "," : "", nn_pixels_name((NnPixels)i));
    g_string_append(text, "};video/x-raw\"");
    if (what->paced && !what->source->live)
        g_string_append(text, " ! identity sync=true");
    g_string_append(text, " ! fakesink async=false name=" FEED_FRAMES);
    return g_string_free(text, FALSE);
}

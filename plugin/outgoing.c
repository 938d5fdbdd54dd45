/* SPDX-License-Identifier: MIT */
/* outgoing.c - what a frame takes along when it leaves: metadata, the drawn label, text. */
#include "gstmobilenet-private.h"
#include "regions.h"

void mobilenet_warn_once(GstMobilenet *self, const gchar *text)
{
    if (!self->warned)
        GST_ELEMENT_WARNING(self, STREAM, FORMAT, ("%s", text), (NULL));
    self->warned = TRUE;
}

static void draw(GstMobilenet *self, GstBuffer *buffer, const Result *result,
                 const LabelStyle *style)
{
    gint64 start = g_get_monotonic_time();

    if (!drawing_draw(&self->drawing, GST_BASE_TRANSFORM(self), buffer, &self->info, result, style))
        mobilenet_warn_once(
            self, "The video cannot be written to, so no label is drawn; set overlay=false, "
                  "or download the video to system memory before this element.");
    engine_add_time(self->engine, STAGE_DRAW, start);
}

/* Puts the result on the frame. FALSE if it is of regions that are no longer there. */
static gboolean put(GstMobilenet *self, GstBuffer *buffer, Result *result, const Settings *settings)
{
    Region regions[RESULT_MAX_REGIONS];

    if (result->by_region) {
        if (!self->known || !regions_carry_over(buffer, &self->info, result, regions))
            return FALSE;
        regions_attach(buffer, result, regions);
    }
    result_meta_add(buffer, result);
    if (settings->overlay && self->known)
        draw(self, buffer, result, &settings->style);
    return TRUE;
}

void mobilenet_label(GstMobilenet *self, GstBuffer *buffer, guint64 number,
                     const Settings *settings)
{
    Result result;

    if (!self->live && settings_held_frames(settings) > 0) /* files have time */
        engine_await(self->engine, number);
    gboolean found = engine_result(self->engine, number, settings, &result);
    gboolean there = found && put(self, buffer, &result, settings);
    text_pad_frame(&self->text, &GST_BASE_TRANSFORM(self)->segment, buffer, there ? &result : NULL,
                   settings->text);
    if (found)
        result_clear(&result);
}

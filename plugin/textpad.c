/* SPDX-License-Identifier: MIT */
/* textpad.c - labels into words with times. */
#include <math.h>
#include <string.h>

#include "textpad.h"

/* A label that lasts longer comes in pieces: muxers wait for its end, and the video with them. */
#define LONGEST_CUE (GST_SECOND / 2)

void text_pad_init(TextPad *text, GstElement *element)
{
    *text = (TextPad){.caps = gst_caps_from_string(TEXT_PAD_CAPS)};
    side_pad_init(&text->side, element);
}

static void drop_cue(TextPad *text)
{
    g_clear_pointer(&text->text, g_free);
    result_clear(&text->result);
}

void text_pad_clear(TextPad *text)
{
    drop_cue(text);
    side_pad_clear(&text->side);
    gst_caps_replace(&text->caps, NULL);
}

static void append(GString *words, const ResultClass *class, gboolean percent)
{
    if (*class->label == '\0')
        return;
    if (words->len > 0)
        g_string_append_c(words, '\n');
    g_string_append(words, class->label);
    if (percent && class->index >= 0)
        g_string_append_printf(words, " %ld %%", lroundf(class->confidence * 100.0f));
}

/* A line for the frame or for each region; NULL if there is nothing to say. */
static gchar *words_of(const Result *result, gboolean percent)
{
    GString *words = g_string_new(NULL);

    if (!result->by_region)
        append(words, &result->shown, percent);
    for (guint i = 0; i < result->n_regions; i++)
        append(words, &result->regions[i].shown, percent);
    return g_string_free(words, words->len == 0);
}

static GstBuffer *cue_new(const gchar *words, GstClockTime from, GstClockTime duration,
                          const Result *result)
{
    GstBuffer *buffer = gst_buffer_new_memdup(words, strlen(words));

    GST_BUFFER_PTS(buffer) = from;
    GST_BUFFER_DURATION(buffer) = duration;
    result_meta_add(buffer, result);
    return buffer;
}

/* Sends the cue that ends here. */
static void end_cue(TextPad *text, const GstSegment *segment, GstClockTime end)
{
    if (text->text == NULL)
        return;
    side_pad_push(
        &text->side, text->caps, segment,
        cue_new(text->text, text->since, MAX(end, text->since) - text->since, &text->result));
    drop_cue(text);
}

static void follow_label(TextPad *text, const GstSegment *segment, GstClockTime from,
                         GstClockTime duration, const Result *result)
{
    gchar *words = result != NULL ? words_of(result, FALSE) : NULL;
    GstClockTime until = GST_CLOCK_TIME_IS_VALID(duration) ? from + duration : from;

    if (g_strcmp0(words, text->text) != 0) {
        end_cue(text, segment, from);
        if (words != NULL) {
            text->text = g_steal_pointer(&words);
            text->since = from;
            text->result = *result;
            if (result->embedding != NULL)
                g_bytes_ref(result->embedding);
        }
    }
    text->until = until;
    if (text->text == NULL)
        side_pad_gap(&text->side, text->caps, segment, from, duration);
    else if (until >= text->since + LONGEST_CUE)
        end_cue(text, segment, until);
    g_free(words);
}

void text_pad_frame(TextPad *text, const GstSegment *segment, GstBuffer *frame,
                    const Result *result, GstMobilenetText mode)
{
    GstClockTime from = GST_BUFFER_PTS(frame), duration = GST_BUFFER_DURATION(frame);

    if (!side_pad_wanted(&text->side) || !GST_CLOCK_TIME_IS_VALID(from) ||
        segment->format != GST_FORMAT_TIME)
        return;
    if (mode == GST_MOBILENET_TEXT_LABEL) {
        follow_label(text, segment, from, duration, result);
        return;
    }
    end_cue(text, segment, from); /* of a mode before */
    gchar *words = result != NULL ? words_of(result, TRUE) : NULL;
    if (words != NULL)
        side_pad_push(&text->side, text->caps, segment, cue_new(words, from, duration, result));
    else
        side_pad_gap(&text->side, text->caps, segment, from, duration);
    g_free(words);
}

static void follow_gap(TextPad *text, const GstSegment *segment, GstEvent *event)
{
    GstClockTime from, duration;

    if (segment->format != GST_FORMAT_TIME)
        return;
    gst_event_parse_gap(event, &from, &duration);
    end_cue(text, segment, from);
    side_pad_gap(&text->side, text->caps, segment, from, duration);
}

void text_pad_event(TextPad *text, const GstSegment *segment, GstEvent *event)
{
    switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_FLUSH_STOP:
        drop_cue(text);
        break;
    case GST_EVENT_GAP:
        follow_gap(text, segment, event);
        break;
    case GST_EVENT_EOS:
        end_cue(text, segment, text->until);
        side_pad_start(&text->side, text->caps, segment);
        break;
    case GST_EVENT_SEGMENT:
    case GST_EVENT_STREAM_START:
        end_cue(text, segment, text->until);
        break;
    default:
        break;
    }
    side_pad_event(&text->side, event);
}

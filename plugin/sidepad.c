/* SPDX-License-Identifier: MIT */
/* sidepad.c - sticky events, buffers, gaps; errors of the pad are its peer's to report. */
#include "sidepad.h"

void side_pad_reset(SidePad *side)
{
    side->started = 0;
    side->segment_sent = FALSE;
    gst_caps_replace(&side->caps, NULL);
}

void side_pad_clear(SidePad *side)
{
    side_pad_reset(side);
}

void side_pad_init(SidePad *side, GstElement *element)
{
    *side = (SidePad){.element = element};
}

/* The pad, which the caller unrefs, and its number; NULL if there is none. */
static GstPad *get_pad(SidePad *side, guint *number)
{
    GST_OBJECT_LOCK(side->element);
    GstPad *pad = side->pad != NULL ? gst_object_ref(side->pad) : NULL;
    *number = side->number;
    GST_OBJECT_UNLOCK(side->element);
    return pad;
}

/* What goes upstream from here is about the side stream, and the video is not to suffer from it. */
static gboolean src_event(GstPad *pad, GstObject *parent, GstEvent *event)
{
    if (GST_EVENT_TYPE(event) == GST_EVENT_SEEK)
        return gst_pad_event_default(pad, parent, event);
    gst_event_unref(event);
    return TRUE;
}

GstPad *side_pad_request(SidePad *side, GstPadTemplate *template, GstPadQueryFunction query)
{
    GstPad *pad = gst_pad_new_from_template(template, GST_PAD_TEMPLATE_NAME_TEMPLATE(template));

    gst_pad_set_event_function(pad, src_event);
    if (query != NULL)
        gst_pad_set_query_function(pad, query);
    GST_OBJECT_LOCK(side->element);
    gboolean there = side->pad != NULL;
    if (!there) {
        side->pad = gst_object_ref_sink(pad);
        side->number++;
    }
    GST_OBJECT_UNLOCK(side->element);
    if (there) {
        gst_object_unref(gst_object_ref_sink(pad));
        return NULL;
    }
    gst_pad_set_active(pad, TRUE);
    gst_element_add_pad(side->element, pad);
    return pad;
}

gboolean side_pad_release(SidePad *side, GstPad *pad)
{
    GST_OBJECT_LOCK(side->element);
    gboolean ours = side->pad == pad;
    if (ours)
        side->pad = NULL;
    GST_OBJECT_UNLOCK(side->element);
    if (!ours)
        return FALSE;
    gst_pad_set_active(pad, FALSE);
    gst_element_remove_pad(side->element, pad);
    gst_object_unref(pad);
    return TRUE;
}

gboolean side_pad_wanted(SidePad *side)
{
    guint number;
    GstPad *pad = get_pad(side, &number);
    gboolean wanted = pad != NULL && gst_pad_is_linked(pad);

    gst_clear_object(&pad);
    return wanted;
}

/* The pad with all that has to come first sent, which the caller unrefs; NULL if there is none. */
static GstPad *started_pad(SidePad *side, GstCaps *caps, const GstSegment *segment)
{
    guint number;
    GstPad *pad = get_pad(side, &number);

    if (pad == NULL)
        return NULL;
    if (side->started != number) {
        gchar *id = gst_pad_create_stream_id(pad, side->element, GST_PAD_NAME(pad));

        side_pad_reset(side);
        side->started = number;
        gst_pad_push_event(pad, gst_event_new_stream_start(id));
        g_free(id);
    }
    if (caps != NULL && (side->caps == NULL || !gst_caps_is_equal(caps, side->caps))) {
        gst_caps_replace(&side->caps, caps);
        gst_pad_push_event(pad, gst_event_new_caps(caps));
    }
    if (!side->segment_sent) {
        gst_pad_push_event(pad, gst_event_new_segment(segment));
        side->segment_sent = TRUE;
    }
    return pad;
}

void side_pad_start(SidePad *side, GstCaps *caps, const GstSegment *segment)
{
    GstPad *pad = segment->format == GST_FORMAT_TIME ? started_pad(side, caps, segment) : NULL;

    gst_clear_object(&pad);
}

void side_pad_push(SidePad *side, GstCaps *caps, const GstSegment *segment, GstBuffer *buffer)
{
    GstPad *pad = started_pad(side, caps, segment);

    if (pad == NULL) {
        gst_buffer_unref(buffer);
        return;
    }
    gst_pad_push(pad, buffer);
    gst_object_unref(pad);
}

void side_pad_gap(SidePad *side, GstCaps *caps, const GstSegment *segment, GstClockTime from,
                  GstClockTime duration)
{
    GstPad *pad = started_pad(side, caps, segment);

    if (pad == NULL)
        return;
    gst_pad_push_event(pad, gst_event_new_gap(from, duration));
    gst_object_unref(pad);
}

void side_pad_event(SidePad *side, GstEvent *event)
{
    guint number;

    switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_STREAM_START:
        side_pad_reset(side);
        break;
    case GST_EVENT_SEGMENT:
    case GST_EVENT_FLUSH_STOP:
        side->segment_sent = FALSE;
        break;
    default:
        break;
    }
    if (GST_EVENT_TYPE(event) != GST_EVENT_FLUSH_START &&
        GST_EVENT_TYPE(event) != GST_EVENT_FLUSH_STOP && GST_EVENT_TYPE(event) != GST_EVENT_EOS)
        return;
    GstPad *pad = get_pad(side, &number);
    if (pad != NULL) {
        gst_pad_push_event(pad, gst_event_ref(event));
        gst_object_unref(pad);
    }
}

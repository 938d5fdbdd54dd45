/* SPDX-License-Identifier: MIT */
/* textpad.h - results as text buffers: for each frame, as textoverlay likes it, or one for each
 * label from its first frame to its last, as subtitles are. Each buffer carries the result as
 * metadata, too. The streaming thread's. */
#ifndef TEXT_PAD_H
#define TEXT_PAD_H

#include "enums.h"
#include "resultmeta.h"
#include "sidepad.h"

G_BEGIN_DECLS

#define TEXT_PAD_CAPS "text/x-raw, format=(string)utf8"

typedef struct {
    SidePad side;
    GstCaps *caps;

    /* the cue that is being shown, for subtitles */
    gchar *text; /* NULL: none */
    GstClockTime since, until;
    Result result;
} TextPad;

void text_pad_init(TextPad *text, GstElement *element);
void text_pad_clear(TextPad *text);

/* A frame goes out, with this result or with none. */
void text_pad_frame(TextPad *text, const GstSegment *segment, GstBuffer *frame,
                    const Result *result, GstMobilenetText mode);

/* Before an event of the video's: sends or drops the cue that is being shown. */
void text_pad_event(TextPad *text, const GstSegment *segment, GstEvent *event);

G_END_DECLS

#endif

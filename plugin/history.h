/* SPDX-License-Identifier: MIT */
/* history.h - the results of a stream so far: which of them count, which belongs to a frame, how
 * old they are, when they are gone. One thread adds, any thread reads. */
#ifndef HISTORY_H
#define HISTORY_H

#include "delay.h"
#include "enums.h"
#include "resultmeta.h"

G_BEGIN_DECLS

/* Results that frames which are held back may still ask for. */
#define HISTORY_LENGTH (DELAY_MAX_FRAMES + 2)

/* Where a result comes from: what its age is reckoned from, and who is to hear of it. */
typedef struct {
    guint generation; /* of what counts when the picture was taken: history_generation() */
    gboolean live;
    gint64 arrival; /* monotonic, us */
    GstMobilenetMessage message;
} Origin;

typedef struct {
    Result result; /* age is that of the moment it was made */
    Origin origin;
} Past;

typedef struct {
    GstElement *element;

    GMutex lock; /* for all below */
    guint generation;
    guint64 n_results;         /* that count */
    Past past[HISTORY_LENGTH]; /* result n is past[n % HISTORY_LENGTH] */
    gboolean expired;          /* the last one was, and this has been told */
    gboolean start_over;       /* the scores before do not count for the next result */
} History;

/* What became of a result. */
typedef enum {
    HISTORY_FORGOTTEN, /* its picture is of a time that does not count any more */
    HISTORY_TOO_OLD,   /* older than expire already */
    HISTORY_KEPT,
    HISTORY_CHANGED, /* kept, and it is another than before, or the first */
} HistoryVerdict;

void history_init(History *history, GstElement *element);
void history_clear(History *history);

/* What a picture that is taken now belongs to. */
guint history_generation(History *history);

/* Whether the scores before do not count for the next result; asked once. */
gboolean history_take_start_over(History *history);

/* Sets the age of a result, and keeps it. changed: whether its label, or a region's, is another
 * one; set as well if the number of regions is. expire in ns; 0: never. */
HistoryVerdict history_add(History *history, Result *result, const Origin *origin, guint64 expire,
                           gboolean *changed);

/* The newest result, aged, of a picture that is not younger than the frame with that number. FALSE
 * if there is none, or if it is older than expire, which is told once by a message of the element;
 * else result_clear() it. */
gboolean history_get(History *history, guint64 number, guint64 expire, Result *result);

/* The last result as a new structure; NULL if there is none. */
GstStructure *history_last(History *history);

/* Nothing so far counts any more. tell: post that the label, if one was shown, is gone. */
void history_forget(History *history, gboolean tell);

G_END_DECLS

#endif

/* SPDX-License-Identifier: MIT */
/* history.c - a ring of results under one lock, which is never held while calling out. */
#include "bus.h"
#include "history.h"

/* How long ago a picture was taken: by the pipeline's clock when live, else since it came here. */
static GstClockTime age_of(const History *history, const Origin *origin, GstClockTime running_time)
{
    if (origin->live && GST_CLOCK_TIME_IS_VALID(running_time)) {
        GstClockTime now = gst_element_get_current_running_time(history->element);

        if (GST_CLOCK_TIME_IS_VALID(now))
            return now > running_time ? now - running_time : 0;
    }
    return (GstClockTime)(g_get_monotonic_time() - origin->arrival) * GST_USECOND;
}

static GstClockTime past_age(const History *history, const Past *past)
{
    return age_of(history, &past->origin, past->result.running_time);
}

/* Under the lock; what it is before the first result does not matter. */
static const Past *last(const History *history)
{
    return &history->past[(history->n_results + HISTORY_LENGTH - 1) % HISTORY_LENGTH];
}

static gboolean have_result(const History *history)
{
    return history->n_results > 0 && !history->expired;
}

/* Tells that the label of this result is gone. */
static void tell_gone(const History *history, const Past *past)
{
    Result gone = past->result;

    if (gone.shown.index < 0 || past->origin.message == GST_MOBILENET_MESSAGE_NONE)
        return;
    gone.shown = (ResultClass){.index = -1, .label = ""};
    gone.n_top = gone.n_regions = 0;
    gone.embedding = NULL; /* the past's */
    gone.age = past_age(history, past);
    bus_post_result(history->element, &gone, TRUE);
}

void history_forget(History *history, gboolean tell)
{
    g_mutex_lock(&history->lock);
    gboolean shown = have_result(history);
    Past newest = *last(history);
    history->generation++;
    history->n_results = 0;
    history->expired = FALSE;
    history->start_over = TRUE;
    g_mutex_unlock(&history->lock);

    if (tell && shown)
        tell_gone(history, &newest);
}

GstStructure *history_last(History *history)
{
    g_mutex_lock(&history->lock);
    GstStructure *structure =
        have_result(history) ? result_to_structure(&last(history)->result, "mobilenet") : NULL;
    g_mutex_unlock(&history->lock);
    return structure;
}

gboolean history_get(History *history, guint64 number, guint64 expire, Result *result)
{
    gboolean found = FALSE, newest = TRUE;
    Past past = {.origin.live = FALSE};

    g_mutex_lock(&history->lock);
    guint generation = history->generation;
    guint64 n_results = history->n_results;
    guint64 oldest = history->n_results > HISTORY_LENGTH ? history->n_results - HISTORY_LENGTH : 0;
    for (guint64 n = history->n_results; n > oldest && !found; n--) {
        const Past *one = &history->past[(n - 1) % HISTORY_LENGTH];

        found = one->result.frame <= number;
        newest = n == history->n_results;
        if (found) {
            past = *one;
            if (past.result.embedding != NULL)
                g_bytes_ref(past.result.embedding);
        }
    }
    g_mutex_unlock(&history->lock);
    if (!found)
        return FALSE;

    *result = past.result;
    result->age = past_age(history, &past);
    if (expire == 0 || result->age <= expire)
        return TRUE;

    g_mutex_lock(&history->lock);
    newest &= history->generation == generation && history->n_results == n_results; /* still */
    gboolean tell = newest && !history->expired;
    history->expired |= newest;
    history->start_over |= newest;
    g_mutex_unlock(&history->lock);
    if (tell)
        tell_gone(history, &past);
    result_clear(result);
    return FALSE;
}

HistoryVerdict history_add(History *history, Result *result, const Origin *origin, guint64 expire,
                           gboolean *changed)
{
    result->age = age_of(history, origin, result->running_time);
    g_mutex_lock(&history->lock);
    if (origin->generation != history->generation || (expire > 0 && result->age > expire)) {
        gboolean counts = origin->generation == history->generation;

        g_mutex_unlock(&history->lock);
        return counts ? HISTORY_TOO_OLD : HISTORY_FORGOTTEN;
    }
    gboolean first = !have_result(history);
    *changed |= !first && last(history)->result.n_regions != result->n_regions;
    Past *past = &history->past[history->n_results++ % HISTORY_LENGTH];
    result_clear(&past->result);
    *past = (Past){*result, *origin};
    if (result->embedding != NULL)
        g_bytes_ref(result->embedding);
    history->expired = FALSE;
    g_mutex_unlock(&history->lock);
    return *changed || first ? HISTORY_CHANGED : HISTORY_KEPT;
}

gboolean history_take_start_over(History *history)
{
    g_mutex_lock(&history->lock);
    gboolean start_over = history->start_over;
    history->start_over = FALSE;
    g_mutex_unlock(&history->lock);
    return start_over;
}

guint history_generation(History *history)
{
    g_mutex_lock(&history->lock);
    guint generation = history->generation;
    g_mutex_unlock(&history->lock);
    return generation;
}

void history_clear(History *history)
{
    for (guint i = 0; i < HISTORY_LENGTH; i++)
        result_clear(&history->past[i].result);
    g_mutex_clear(&history->lock);
}

void history_init(History *history, GstElement *element)
{
    *history = (History){.element = element};
    g_mutex_init(&history->lock);
}

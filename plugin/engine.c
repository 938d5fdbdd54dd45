/* SPDX-License-Identifier: MIT */
/* engine.c - the classifier is handed to and fro between the streaming thread and the worker; what
 * both read and write for longer stands under one lock, which is never held while calling out. */
#include "bus.h"
#include "engine.h"
#include "history.h"
#include "judge.h"
#include "loader.h"
#include "pace.h"
#include "regions.h"
#include "worker.h"

GST_DEBUG_CATEGORY_EXTERN(gst_mobilenet_debug);
#define GST_CAT_DEFAULT gst_mobilenet_debug

/* A picture on its way through the net. */
typedef struct {
    guint64 frame;
    Origin origin;
    GstClockTime timestamp, stream_time, running_time, duration;
    GstClockTime picture_cpu; /* CPU time that making the picture took */
    Settings settings;        /* when it was taken */
    guint n_regions;
    Region regions[RESULT_MAX_REGIONS];
} Job;

struct Engine {
    GstElement *element;
    EngineWatch *watch;
    const gchar *name; /* the element's, interned */
    Worker *worker;
    Loader *loader;

    /* the streaming thread's */
    guint64 n_frames;
    Tracker tracker;

    /* the streaming thread's while the worker is idle, else the worker's */
    Classifier *classifier;
    Job job;

    History history; /* has a lock of its own */

    GMutex lock; /* for all below */
    GstClockTime busy_time;
    gdouble proportion; /* downstream's, of its last QoS event, with the jitter */
    GstClockTimeDiff jitter;
    Pace pace;
    Stats stats;
    GstStructure *model;
};

/* ---- results ------------------------------------------------------------------------------ */

/* Keeps the result of the job, and tells those who listen. */
static void publish(Engine *engine, Result *result, gboolean changed)
{
    const Job *job = &engine->job;
    GstMobilenetMessage message = job->origin.message;
    HistoryVerdict verdict =
        history_add(&engine->history, result, &job->origin, job->settings.expire, &changed);

    g_mutex_lock(&engine->lock);
    engine->stats.classified++;
    engine->stats.dropped += verdict == HISTORY_TOO_OLD;
    stats_add(&engine->stats, STAGE_INFERENCE, result->inference_time);
    g_mutex_unlock(&engine->lock);

    if (verdict == HISTORY_CHANGED)
        g_object_notify(G_OBJECT(engine->element), "last-result");
    if ((message == GST_MOBILENET_MESSAGE_ALL && verdict >= HISTORY_KEPT) ||
        (message == GST_MOBILENET_MESSAGE_CHANGE && verdict == HISTORY_CHANGED))
        bus_post_result(engine->element, result, changed);
}

void engine_forget(Engine *engine, gboolean tell)
{
    history_forget(&engine->history, tell);
    g_mutex_lock(&engine->lock);
    pace_restart(&engine->pace);
    g_mutex_unlock(&engine->lock);
}

gboolean engine_result(Engine *engine, guint64 number, const Settings *settings, Result *result)
{
    return history_get(&engine->history, number, settings->expire, result);
}

/* ---- the model ---------------------------------------------------------------------------- */

static void use_classifier(Engine *engine, Classifier *classifier)
{
    engine->classifier = classifier;
    g_mutex_lock(&engine->lock);
    g_clear_pointer(&engine->model, gst_structure_free);
    engine->model = classifier_describe(classifier);
    engine->busy_time = classifier->trial_time;
    g_mutex_unlock(&engine->lock);

    if (gst_debug_category_get_threshold(GST_CAT_DEFAULT) >= GST_LEVEL_INFO) {
        gchar *description = nn_net_describe(classifier->net);

        GST_INFO_OBJECT(engine->element, "using %s\n%s", classifier->path, description);
        g_free(description);
    }
    if (classifier->warning != NULL)
        bus_post_warning(engine->element, classifier->warning);
}

/* Between frames: a changed model, labels file, number of threads or precision is loaded aside,
 * then takes over. */
static void follow_settings(Engine *engine, const Settings *settings)
{
    if (loader_ready(engine->loader) && worker_idle(engine->worker)) {
        Classifier *old = engine->classifier;

        use_classifier(engine, loader_take(engine->loader));
        loader_retire(engine->loader, old);
        engine_forget(engine, FALSE);
        g_object_notify(G_OBJECT(engine->element), "model-info");
    }
    loader_follow(engine->loader, settings);
}

/* ---- frames ------------------------------------------------------------------------------- */

/* On the worker's thread, or on the streaming thread while the worker is idle. */
static void infer(gpointer data)
{
    Engine *engine = data;
    const Job *job = &engine->job;
    gint64 start = g_get_monotonic_time();
    GstClockTime now = GST_CLOCK_TIME_IS_VALID(job->running_time)
                           ? job->running_time
                           : (GstClockTime)job->origin.arrival * GST_USECOND;
    gboolean changed = FALSE;
    Result result = {
        .element = engine->name,
        .frame = job->frame,
        .timestamp = job->timestamp,
        .stream_time = job->stream_time,
        .running_time = job->running_time,
        .duration = job->duration,
        .by_region = job->settings.region == GST_MOBILENET_REGION_ROI_LIST,
    };

    if (history_take_start_over(&engine->history))
        classifier_start_over(engine->classifier);
    classifier_filter(engine->classifier, job->settings.show_labels, job->settings.hide_labels);
    GstClockTime cpu_time =
        job->picture_cpu + judge(engine->classifier, &job->settings, job->regions, job->n_regions,
                                 now, &result, &changed);
    gint64 end = g_get_monotonic_time();
    result.inference_time = (GstClockTime)(end - start) * GST_USECOND;

    g_mutex_lock(&engine->lock);
    engine->busy_time = (GstClockTime)(end - job->origin.arrival) * GST_USECOND;
    engine->stats.cpu_time += cpu_time;
    pace_spend(&engine->pace, cpu_time, end, &job->settings.pace);
    g_mutex_unlock(&engine->lock);
    if (job->settings.attach_embedding && !result.by_region)
        result.embedding = classifier_embedding(engine->classifier);
    publish(engine, &result, changed);
    result_clear(&result);
}

static Job make_job(Engine *engine, const Frame *frame, const Settings *settings)
{
    GstClockTime pts = GST_BUFFER_PTS(frame->buffer);
    gboolean timed = frame->segment->format == GST_FORMAT_TIME;

    return (Job){
        .frame = engine->n_frames,
        .origin = {.live = frame->live,
                   .arrival = g_get_monotonic_time(),
                   .message = settings->message},
        .timestamp = pts,
        .stream_time = timed ? gst_segment_to_stream_time(frame->segment, GST_FORMAT_TIME, pts)
                             : GST_CLOCK_TIME_NONE,
        .running_time = timed ? gst_segment_to_running_time(frame->segment, GST_FORMAT_TIME, pts)
                              : GST_CLOCK_TIME_NONE,
        .duration = GST_BUFFER_DURATION(frame->buffer),
        .settings = *settings,
    };
}

/* Whether it is this frame's turn. Counts it if not, and says so if downstream is the reason. */
static gboolean may_go(Engine *engine, const Job *job)
{
    g_mutex_lock(&engine->lock);
    PaceVerdict verdict = pace_ask(&engine->pace, job->frame, job->running_time,
                                   job->origin.arrival, &job->settings.pace);
    engine->stats.paced += verdict == PACE_WAIT;
    engine->stats.late += verdict == PACE_LATE;
    guint64 processed = engine->stats.classified, dropped = engine->stats.late;
    gdouble proportion = engine->proportion;
    GstClockTimeDiff jitter = engine->jitter;
    g_mutex_unlock(&engine->lock);

    if (verdict == PACE_LATE) {
        Result times = {.running_time = job->running_time,
                        .stream_time = job->stream_time,
                        .timestamp = job->timestamp,
                        .duration = job->duration};

        bus_post_qos(engine->element, job->origin.live, &times, jitter, proportion, processed,
                     dropped);
    }
    return verdict == PACE_GO;
}

static gboolean set_picture(Engine *engine, const Frame *frame, GError **error)
{
    Classifier *classifier = engine->classifier;
    GstClockTime before = classifier_thread_time();
    const Job *job = &engine->job;
    Look look = {(NnFit)job->settings.fit, frame->turn, job->settings.roi, job->regions,
                 job->n_regions};

    if (!classifier_set_picture(classifier, frame->buffer, frame->info, &look, error))
        return FALSE;
    engine->job.picture_cpu = classifier_thread_time() - before;
    engine->watch(engine->element, classifier, MAX(job->n_regions, 1), frame->buffer);
    g_mutex_lock(&engine->lock);
    stats_add(&engine->stats, STAGE_MAP, classifier->map_time);
    stats_add(&engine->stats, STAGE_TENSOR, classifier->tensor_time);
    stats_add(&engine->stats, STAGE_PICTURE, classifier->map_time + classifier->tensor_time);
    g_mutex_unlock(&engine->lock);
    return TRUE;
}

/* Classifies the frame here and now, or starts it on the worker, or lets it pass. */
static void classify(Engine *engine, const Frame *frame, const Settings *settings, GError **error)
{
    gboolean in_step = settings_in_step(settings, frame->live);
    gboolean by_region = settings->region == GST_MOBILENET_REGION_ROI_LIST;
    Job job = make_job(engine, frame, settings);

    if (by_region) { /* followed in each frame, so that they are not lost */
        job.n_regions = regions_find(frame->buffer, frame->info, job.regions);
        tracker_follow(&engine->tracker, job.regions, job.n_regions, engine->n_frames);
    }
    if (!may_go(engine, &job) || (by_region && job.n_regions == 0))
        return;
    if (in_step ? !worker_wait(engine->worker, G_MAXINT64) : !worker_idle(engine->worker)) {
        g_mutex_lock(&engine->lock);
        engine->stats.skipped++;
        g_mutex_unlock(&engine->lock);
        return;
    }

    engine->job = job;
    if (!set_picture(engine, frame, error))
        return;
    engine->job.origin.generation = history_generation(&engine->history);
    g_mutex_lock(&engine->lock);
    pace_start(&engine->pace, job.running_time, &settings->pace);
    g_mutex_unlock(&engine->lock);
    if (in_step)
        infer(engine);
    else
        worker_submit(engine->worker);
}

guint64 engine_frame(Engine *engine, const Frame *frame, const Settings *settings, GError **error)
{
    follow_settings(engine, settings);
    if (frame->info != NULL)
        classify(engine, frame, settings, error);
    g_mutex_lock(&engine->lock);
    engine->stats.frames++;
    g_mutex_unlock(&engine->lock);
    return engine->n_frames++;
}

void engine_await(Engine *engine, guint64 number)
{
    if (!worker_idle(engine->worker) && engine->job.frame == number)
        worker_wait(engine->worker, G_MAXINT64);
}

gboolean engine_finish(Engine *engine, gint64 timeout_us)
{
    return worker_wait(engine->worker, timeout_us);
}

/* ---- any thread's ------------------------------------------------------------------------- */

void engine_break_waits(Engine *engine, gboolean broken)
{
    worker_break_waits(engine->worker, broken);
}

void engine_heed_qos(Engine *engine, gdouble proportion, GstClockTimeDiff diff,
                     GstClockTime running_time)
{
    g_mutex_lock(&engine->lock);
    engine->proportion = proportion;
    engine->jitter = diff;
    pace_heed(&engine->pace, diff, running_time);
    g_mutex_unlock(&engine->lock);
}

void engine_add_time(Engine *engine, Stage stage, gint64 start_us)
{
    GstClockTime took = (GstClockTime)(g_get_monotonic_time() - start_us) * GST_USECOND;

    g_mutex_lock(&engine->lock);
    stats_add(&engine->stats, stage, took);
    g_mutex_unlock(&engine->lock);
}

GstClockTime engine_busy_time(Engine *engine)
{
    g_mutex_lock(&engine->lock);
    GstClockTime took = engine->busy_time;
    g_mutex_unlock(&engine->lock);
    return took;
}

GstStructure *engine_last_result(Engine *engine)
{
    return history_last(&engine->history);
}

GstStructure *engine_stats(Engine *engine)
{
    g_mutex_lock(&engine->lock);
    Stats stats = engine->stats;
    g_mutex_unlock(&engine->lock);
    return stats_to_structure(&stats);
}

GstStructure *engine_model(Engine *engine)
{
    g_mutex_lock(&engine->lock);
    GstStructure *model = gst_structure_copy(engine->model);
    g_mutex_unlock(&engine->lock);
    return model;
}

/* ---- life --------------------------------------------------------------------------------- */

void engine_free(Engine *engine)
{
    if (engine == NULL)
        return;
    loader_free(engine->loader);
    worker_free(engine->worker);
    classifier_free(engine->classifier);
    history_clear(&engine->history);
    g_clear_pointer(&engine->model, gst_structure_free);
    g_mutex_clear(&engine->lock);
    g_free(engine);
}

Engine *engine_new(GstElement *element, const Settings *settings, EngineWatch *watch,
                   GError **error)
{
    Engine *engine = g_new0(Engine, 1);
    Classifier *classifier = NULL;

    engine->element = element;
    engine->watch = watch;
    engine->name = g_intern_string(GST_OBJECT_NAME(element));
    history_init(&engine->history, element);
    g_mutex_init(&engine->lock);
    pace_init(&engine->pace);

    engine->worker = worker_new("mobilenet", infer, engine, error);
    if (engine->worker != NULL)
        engine->loader = loader_new(element, settings, error);
    if (engine->loader != NULL)
        classifier = classifier_new(settings, error);
    if (classifier == NULL) {
        engine_free(engine);
        return NULL;
    }
    use_classifier(engine, classifier);
    return engine;
}

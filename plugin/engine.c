/* SPDX-License-Identifier: MIT */
/* engine.c - the classifier is handed to and fro between the streaming thread and the worker; what
 * both read and write for longer stands under one lock, which is never held while calling out. */
#include "bus.h"
#include "classifier.h"
#include "engine.h"
#include "worker.h"

GST_DEBUG_CATEGORY_EXTERN(gst_mobilenet_debug);
#define GST_CAT_DEFAULT gst_mobilenet_debug

/* A picture on its way through the net. */
typedef struct {
    guint64 frame;
    guint generation; /* of what counts: see engine_forget() */
    gboolean live;
    gint64 arrival; /* monotonic, us */
    GstClockTime timestamp, stream_time, running_time, duration;
    Settings settings; /* when it was taken */
} Job;

struct Engine {
    GstElement *element;
    Worker *worker, *loader;

    /* the streaming thread's */
    guint64 n_frames;
    Settings wanted; /* load_count is that of the last load */

    /* the streaming thread's while the worker is idle, else the worker's */
    Classifier *classifier;
    Job job;

    /* the streaming thread's while the loader is idle, else the loader's */
    Classifier *loaded;

    GMutex lock; /* for all below */
    guint generation;
    gboolean have_result;
    gboolean start_over; /* the scores before do not count for the next result */
    Result result;       /* age is that of the moment it was made */
    Job result_job;
    Stats stats;
};

/* ---- results ------------------------------------------------------------------------------ */

/* How long ago the picture was taken: by the pipeline's clock when live, else since it came here.
 */
static GstClockTime age_of(Engine *engine, const Job *job)
{
    if (job->live && GST_CLOCK_TIME_IS_VALID(job->running_time)) {
        GstClockTime now = gst_element_get_current_running_time(engine->element);

        if (GST_CLOCK_TIME_IS_VALID(now))
            return now > job->running_time ? now - job->running_time : 0;
    }
    return (GstClockTime)(g_get_monotonic_time() - job->arrival) * GST_USECOND;
}

/* The smoother's view of the scores. */
static void describe(const Classifier *classifier, const Job *job, Result *result)
{
    gint indices[RESULT_MAX_TOP];
    gfloat scores[RESULT_MAX_TOP];
    ResultClass *shown = &result->shown;

    shown->index = smoother_shown(classifier->smoother, &shown->confidence);
    shown->label = shown->index >= 0 ? classifier->names[shown->index] : "";
    result->n_top = smoother_best(classifier->smoother, indices, scores, job->settings.top_k);
    for (guint i = 0; i < result->n_top; i++)
        result->top[i] = (ResultClass){indices[i], scores[i], classifier->names[indices[i]]};
    result->frame = job->frame;
    result->timestamp = job->timestamp;
    result->stream_time = job->stream_time;
    result->running_time = job->running_time;
    result->duration = job->duration;
}

/* Takes the scores of a run into what is shown, and tells those who listen. */
static void publish(Engine *engine, GstClockTime inference_time)
{
    const Job *job = &engine->job;
    Classifier *classifier = engine->classifier;
    GstMobilenetMessage message = job->settings.message;
    GstClockTime now = GST_CLOCK_TIME_IS_VALID(job->running_time)
                           ? job->running_time
                           : (GstClockTime)job->arrival * GST_USECOND;
    Result result = {.inference_time = inference_time, .age = age_of(engine, job)};

    g_mutex_lock(&engine->lock);
    if (job->generation != engine->generation) {
        g_mutex_unlock(&engine->lock);
        return;
    }
    if (engine->start_over)
        smoother_reset(classifier->smoother);
    engine->start_over = FALSE;

    gboolean first = !engine->have_result;
    gboolean changed =
        smoother_push(classifier->smoother, classifier->scores, now, &job->settings.smoother);
    describe(classifier, job, &result);
    engine->result = result;
    engine->result_job = *job;
    engine->have_result = TRUE;
    engine->stats.classified++;
    stats_add(&engine->stats, STAGE_INFERENCE, inference_time);
    g_mutex_unlock(&engine->lock);

    if (changed || first)
        g_object_notify(G_OBJECT(engine->element), "last-result");
    if (message == GST_MOBILENET_MESSAGE_ALL ||
        (message == GST_MOBILENET_MESSAGE_CHANGE && (changed || first)))
        bus_post_result(engine->element, &result, changed);
}

void engine_forget(Engine *engine, gboolean tell)
{
    g_mutex_lock(&engine->lock);
    gboolean was_shown = engine->have_result && engine->result.shown.index >= 0;
    Result gone = engine->result;
    Job job = engine->result_job;
    engine->generation++;
    engine->have_result = FALSE;
    engine->start_over = TRUE;
    g_mutex_unlock(&engine->lock);

    if (tell && was_shown && job.settings.message != GST_MOBILENET_MESSAGE_NONE) {
        gone.shown = (ResultClass){.index = -1, .label = ""};
        gone.n_top = 0;
        gone.age = age_of(engine, &job);
        bus_post_result(engine->element, &gone, TRUE);
    }
}

/* ---- jobs --------------------------------------------------------------------------------- */

/* On the worker's thread, or on the streaming thread while the worker is idle. */
static void infer(gpointer data)
{
    Engine *engine = data;
    gint64 start = g_get_monotonic_time();

    classifier_run(engine->classifier);
    publish(engine, (GstClockTime)(g_get_monotonic_time() - start) * GST_USECOND);
}

/* On the loader's thread. */
static void load(gpointer data)
{
    Engine *engine = data;
    const Settings *wanted = &engine->wanted;
    GError *error = NULL;

    engine->loaded =
        classifier_new(wanted->model_file, wanted->labels_file, wanted->threads, &error);
    if (error != NULL) {
        g_prefix_error(&error, "The model in use stays: ");
        bus_post_warning(engine->element, error);
        g_error_free(error);
    }
}

static void use_classifier(Engine *engine, Classifier *classifier)
{
    classifier_free(engine->classifier);
    engine->classifier = classifier;

    gchar *description = nn_net_describe(classifier->net);
    GST_INFO_OBJECT(engine->element, "using %s\n%s", classifier->path, description);
    g_free(description);
    if (classifier->warning != NULL)
        bus_post_warning(engine->element, classifier->warning);
}

/* Between frames: a changed model, labels file or number of threads is loaded aside, then takes
 * over. */
static void follow_settings(Engine *engine, const Settings *settings)
{
    if (!worker_idle(engine->loader))
        return;
    if (engine->loaded != NULL) {
        if (!worker_idle(engine->worker))
            return;
        use_classifier(engine, g_steal_pointer(&engine->loaded));
        engine_forget(engine, FALSE);
    }
    if (settings->load_count != engine->wanted.load_count) {
        engine->wanted = *settings;
        worker_submit(engine->loader);
    }
}

/* ---- frames ------------------------------------------------------------------------------- */

static void make_job(Engine *engine, const Frame *frame, const Settings *settings)
{
    GstClockTime pts = GST_BUFFER_PTS(frame->buffer);

    engine->job = (Job){
        .frame = engine->n_frames,
        .live = frame->live,
        .arrival = g_get_monotonic_time(),
        .timestamp = pts,
        .stream_time = gst_segment_to_stream_time(frame->segment, GST_FORMAT_TIME, pts),
        .running_time = gst_segment_to_running_time(frame->segment, GST_FORMAT_TIME, pts),
        .duration = GST_BUFFER_DURATION(frame->buffer),
        .settings = *settings,
    };
    g_mutex_lock(&engine->lock);
    engine->job.generation = engine->generation;
    g_mutex_unlock(&engine->lock);
}

/* Classifies the frame here and now, or starts it on the worker, or lets it pass. */
static gboolean classify(Engine *engine, const Frame *frame, const Settings *settings,
                         GError **error)
{
    gboolean in_step = settings->mode == GST_MOBILENET_MODE_EVERY_FRAME ||
                       (settings->mode == GST_MOBILENET_MODE_AUTO && !frame->live);

    if (in_step ? !worker_wait(engine->worker, G_MAXINT64) : !worker_idle(engine->worker)) {
        g_mutex_lock(&engine->lock);
        engine->stats.skipped++;
        g_mutex_unlock(&engine->lock);
        return TRUE;
    }

    make_job(engine, frame, settings);
    if (!classifier_set_picture(engine->classifier, frame->buffer, frame->info,
                                (NnFit)settings->fit, error))
        return FALSE;
    engine_add_time(engine, STAGE_PICTURE, engine->job.arrival);
    if (in_step)
        infer(engine);
    else
        worker_submit(engine->worker);
    return TRUE;
}

gboolean engine_frame(Engine *engine, const Frame *frame, const Settings *settings, Result *result,
                      GError **error)
{
    follow_settings(engine, settings);
    if (frame->info != NULL && engine->n_frames % settings->interval == 0)
        classify(engine, frame, settings, error);
    engine->n_frames++;

    g_mutex_lock(&engine->lock);
    gboolean have_result = engine->have_result;
    Job job = engine->result_job;
    *result = engine->result;
    engine->stats.frames++;
    g_mutex_unlock(&engine->lock);
    if (have_result)
        result->age = age_of(engine, &job);
    return have_result;
}

gboolean engine_finish(Engine *engine, gint64 timeout_us)
{
    return worker_wait(engine->worker, timeout_us);
}

void engine_break_waits(Engine *engine, gboolean broken)
{
    worker_break_waits(engine->worker, broken);
}

void engine_add_time(Engine *engine, Stage stage, gint64 start_us)
{
    GstClockTime took = (GstClockTime)(g_get_monotonic_time() - start_us) * GST_USECOND;

    g_mutex_lock(&engine->lock);
    stats_add(&engine->stats, stage, took);
    g_mutex_unlock(&engine->lock);
}

GstStructure *engine_last_result(Engine *engine)
{
    g_mutex_lock(&engine->lock);
    gboolean have_result = engine->have_result;
    Result result = engine->result;
    g_mutex_unlock(&engine->lock);
    return have_result ? result_to_structure(&result, "mobilenet") : NULL;
}

GstStructure *engine_stats(Engine *engine)
{
    g_mutex_lock(&engine->lock);
    Stats stats = engine->stats;
    g_mutex_unlock(&engine->lock);
    return stats_to_structure(&stats);
}

/* ---- life --------------------------------------------------------------------------------- */

void engine_free(Engine *engine)
{
    if (engine == NULL)
        return;
    worker_free(engine->loader);
    worker_free(engine->worker);
    classifier_free(engine->loaded);
    classifier_free(engine->classifier);
    g_mutex_clear(&engine->lock);
    g_free(engine);
}

Engine *engine_new(GstElement *element, const Settings *settings, GError **error)
{
    Engine *engine = g_new0(Engine, 1);
    Classifier *classifier;

    engine->element = element;
    engine->wanted = *settings;
    g_mutex_init(&engine->lock);

    engine->worker = worker_new("mobilenet", infer, engine, error);
    if (engine->worker != NULL)
        engine->loader = worker_new("mobilenet-load", load, engine, error);
    if (engine->loader == NULL ||
        (classifier = classifier_new(settings->model_file, settings->labels_file, settings->threads,
                                     error)) == NULL) {
        engine_free(engine);
        return NULL;
    }
    use_classifier(engine, classifier);
    return engine;
}

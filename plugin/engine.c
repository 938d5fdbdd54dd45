/* SPDX-License-Identifier: MIT */
/* engine.c - the classifier is handed to and fro between the streaming thread and the worker; what
 * both read and write for longer stands under one lock, which is never held while calling out. */
#include "bus.h"
#include "classifier.h"
#include "delay.h"
#include "engine.h"
#include "loader.h"
#include "pace.h"
#include "regions.h"
#include "worker.h"

GST_DEBUG_CATEGORY_EXTERN(gst_mobilenet_debug);
#define GST_CAT_DEFAULT gst_mobilenet_debug

/* Results that frames which are held back may still ask for. */
#define HISTORY (DELAY_MAX_FRAMES + 2)

/* A picture on its way through the net. */
typedef struct {
    guint64 frame;
    guint generation; /* of what counts: see engine_forget() */
    gboolean live;
    gint64 arrival; /* monotonic, us */
    GstClockTime timestamp, stream_time, running_time, duration;
    GstClockTime picture_cpu; /* CPU time that making the picture took */
    Settings settings;        /* when it was taken */
    guint n_regions;
    Region regions[RESULT_MAX_REGIONS];
} Job;

/* A result and what its age is reckoned from. */
typedef struct {
    Result result; /* age is that of the moment it was made */
    gboolean live;
    gint64 arrival;
    GstMobilenetMessage message;
} Past;

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

    GMutex lock; /* for all below */
    guint generation;
    guint64 n_results;   /* that count */
    Past past[HISTORY];  /* result n is past[n % HISTORY] */
    gboolean expired;    /* the last one was, and this has been told */
    gboolean start_over; /* the scores before do not count for the next result */
    GstClockTime busy_time;
    gdouble proportion; /* downstream's, of its last QoS event, with the jitter */
    GstClockTimeDiff jitter;
    Pace pace;
    Stats stats;
    GstStructure *model;
};

/* ---- results ------------------------------------------------------------------------------ */

/* How long ago a picture was taken: by the pipeline's clock when live, else since it came here. */
static GstClockTime age_of(Engine *engine, gboolean live, GstClockTime running_time, gint64 arrival)
{
    if (live && GST_CLOCK_TIME_IS_VALID(running_time)) {
        GstClockTime now = gst_element_get_current_running_time(engine->element);

        if (GST_CLOCK_TIME_IS_VALID(now))
            return now > running_time ? now - running_time : 0;
    }
    return (GstClockTime)(g_get_monotonic_time() - arrival) * GST_USECOND;
}

static GstClockTime past_age(Engine *engine, const Past *past)
{
    return age_of(engine, past->live, past->result.running_time, past->arrival);
}

/* The smoother's view of the scores. */
static guint describe(const Classifier *classifier, const Smoother *smoother,
                      const Settings *settings, ResultClass *shown, ResultClass *top)
{
    const gchar *unknown = settings->unknown_label != NULL ? settings->unknown_label : "";
    gint indices[RESULT_MAX_TOP];
    gfloat scores[RESULT_MAX_TOP];
    guint n = smoother_best(smoother, indices, scores, settings->top_k);

    shown->index = smoother_shown(smoother, &shown->confidence);
    shown->label = shown->index >= 0 ? classifier->names[shown->index] : unknown;
    for (guint i = 0; i < n; i++)
        top[i] = (ResultClass){indices[i], scores[i], classifier->names[indices[i]]};
    return n;
}

/* Runs the net on the picture or on those of the regions. Returns the CPU time. */
static GstClockTime run(Engine *engine, GstClockTime now, Result *result, gboolean *changed)
{
    const Job *job = &engine->job;
    const SmootherSettings *smoothing = &job->settings.smoother;
    Classifier *classifier = engine->classifier;
    GstClockTime cpu_time = 0;

    if (!result->by_region) {
        cpu_time = classifier_run(classifier, 0);
        *changed = smoother_push(classifier->smoother, classifier->scores, now, smoothing);
        result->n_top =
            describe(classifier, classifier->smoother, &job->settings, &result->shown, result->top);
        return cpu_time;
    }
    for (guint i = 0; i < job->n_regions; i++) {
        const Region *region = &job->regions[i];
        ResultRegion *out = &result->regions[i];
        Smoother *smoother = classifier_region_smoother(classifier, region);

        cpu_time += classifier_run(classifier, i);
        *changed |= smoother_push(smoother, classifier->scores, now, smoothing);
        *out = (ResultRegion){.x = region->x,
                              .y = region->y,
                              .w = region->w,
                              .h = region->h,
                              .type = region->type,
                              .id = region->id};
        out->n_top = describe(classifier, smoother, &job->settings, &out->shown, out->top);
    }
    result->n_regions = job->n_regions;
    regions_sum_up(result);
    return cpu_time;
}

/* Under the lock: is this result of the stream as it is now, and young enough to count? */
static gboolean counts(Engine *engine, const Job *job, const Result *result)
{
    if (job->generation != engine->generation)
        return FALSE;
    if (job->settings.expire == 0 || result->age <= job->settings.expire)
        return TRUE;
    engine->stats.dropped++;
    return FALSE;
}

/* Keeps the result of the job, and tells those who listen. */
static void publish(Engine *engine, Result *result, gboolean changed)
{
    const Job *job = &engine->job;
    GstMobilenetMessage message = job->settings.message;

    result->age = age_of(engine, job->live, job->running_time, job->arrival);
    g_mutex_lock(&engine->lock);
    engine->stats.classified++;
    stats_add(&engine->stats, STAGE_INFERENCE, result->inference_time);
    if (!counts(engine, job, result)) {
        g_mutex_unlock(&engine->lock);
        return;
    }
    gboolean first = engine->n_results == 0 || engine->expired;
    const Past *before = &engine->past[(engine->n_results + HISTORY - 1) % HISTORY];
    changed |= !first && before->result.n_regions != result->n_regions;
    Past *past = &engine->past[engine->n_results++ % HISTORY];
    result_clear(&past->result);
    *past = (Past){*result, job->live, job->arrival, message};
    if (result->embedding != NULL)
        g_bytes_ref(result->embedding);
    engine->expired = FALSE;
    g_mutex_unlock(&engine->lock);

    if (changed || first)
        g_object_notify(G_OBJECT(engine->element), "last-result");
    if (message == GST_MOBILENET_MESSAGE_ALL ||
        (message == GST_MOBILENET_MESSAGE_CHANGE && (changed || first)))
        bus_post_result(engine->element, result, changed);
}

/* Tells that the label of this result is gone. */
static void tell_gone(Engine *engine, const Past *past)
{
    Result gone = past->result;

    if (gone.shown.index < 0 || past->message == GST_MOBILENET_MESSAGE_NONE)
        return;
    gone.shown = (ResultClass){.index = -1, .label = ""};
    gone.n_top = gone.n_regions = 0;
    gone.embedding = NULL; /* the past's */
    gone.age = past_age(engine, past);
    bus_post_result(engine->element, &gone, TRUE);
}

void engine_forget(Engine *engine, gboolean tell)
{
    g_mutex_lock(&engine->lock);
    gboolean shown = engine->n_results > 0 && !engine->expired;
    Past last = engine->past[(engine->n_results + HISTORY - 1) % HISTORY];
    engine->generation++;
    engine->n_results = 0;
    engine->expired = FALSE;
    engine->start_over = TRUE;
    pace_restart(&engine->pace);
    g_mutex_unlock(&engine->lock);

    if (tell && shown)
        tell_gone(engine, &last);
}

gboolean engine_result(Engine *engine, guint64 number, const Settings *settings, Result *result)
{
    gboolean found = FALSE, newest = TRUE;
    Past past = {.live = FALSE};

    g_mutex_lock(&engine->lock);
    guint64 oldest = engine->n_results > HISTORY ? engine->n_results - HISTORY : 0;
    for (guint64 n = engine->n_results; n > oldest && !found; n--) {
        const Past *one = &engine->past[(n - 1) % HISTORY];

        found = one->result.frame <= number;
        newest = n == engine->n_results;
        if (found) {
            past = *one;
            if (past.result.embedding != NULL)
                g_bytes_ref(past.result.embedding);
        }
    }
    g_mutex_unlock(&engine->lock);
    if (!found)
        return FALSE;

    *result = past.result;
    result->age = past_age(engine, &past);
    if (settings->expire == 0 || result->age <= settings->expire)
        return TRUE;

    g_mutex_lock(&engine->lock);
    gboolean tell = newest && !engine->expired;
    engine->expired |= newest;
    engine->start_over |= newest;
    g_mutex_unlock(&engine->lock);
    if (tell)
        tell_gone(engine, &past);
    result_clear(result);
    return FALSE;
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

/* Between frames: a changed model, labels file or number of threads is loaded aside, then takes
 * over. */
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

/* Whether the scores before do not count for the next result; asked once. */
static gboolean take_start_over(Engine *engine)
{
    g_mutex_lock(&engine->lock);
    gboolean start_over = engine->start_over;
    engine->start_over = FALSE;
    g_mutex_unlock(&engine->lock);
    return start_over;
}

/* On the worker's thread, or on the streaming thread while the worker is idle. */
static void infer(gpointer data)
{
    Engine *engine = data;
    const Job *job = &engine->job;
    gint64 start = g_get_monotonic_time();
    GstClockTime now = GST_CLOCK_TIME_IS_VALID(job->running_time)
                           ? job->running_time
                           : (GstClockTime)job->arrival * GST_USECOND;
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

    if (take_start_over(engine))
        classifier_start_over(engine->classifier);
    classifier_filter(engine->classifier, job->settings.show_labels, job->settings.hide_labels);
    GstClockTime cpu_time = job->picture_cpu + run(engine, now, &result, &changed);
    gint64 end = g_get_monotonic_time();
    result.inference_time = (GstClockTime)(end - start) * GST_USECOND;

    g_mutex_lock(&engine->lock);
    engine->busy_time = (GstClockTime)(end - job->arrival) * GST_USECOND;
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
        .live = frame->live,
        .arrival = g_get_monotonic_time(),
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
    PaceVerdict verdict =
        pace_ask(&engine->pace, job->frame, job->running_time, job->arrival, &job->settings.pace);
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

        bus_post_qos(engine->element, job->live, &times, jitter, proportion, processed, dropped);
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
    g_mutex_lock(&engine->lock);
    engine->job.generation = engine->generation;
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
    g_mutex_lock(&engine->lock);
    gboolean have_result = engine->n_results > 0 && !engine->expired;
    Past past = engine->past[(engine->n_results + HISTORY - 1) % HISTORY];
    GstStructure *structure = have_result ? result_to_structure(&past.result, "mobilenet") : NULL;
    g_mutex_unlock(&engine->lock);
    return structure;
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
    for (guint i = 0; i < HISTORY; i++)
        result_clear(&engine->past[i].result);
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
    g_mutex_init(&engine->lock);
    pace_init(&engine->pace);

    engine->worker = worker_new("mobilenet", infer, engine, error);
    if (engine->worker != NULL)
        engine->loader = loader_new(element, settings, error);
    if (engine->loader != NULL)
        classifier =
            classifier_new(settings->model_file, settings->labels_file, settings->threads, error);
    if (classifier == NULL) {
        engine_free(engine);
        return NULL;
    }
    use_classifier(engine, classifier);
    return engine;
}

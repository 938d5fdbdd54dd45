/* SPDX-License-Identifier: MIT */
/* test_tune.c - fine-tuning: where blocks begin, that its steps go down the slope, that it learns
 * what the head alone cannot and gives nothing worse, that the file carries it, what is refused. */
#include "head.h"
#include "tiny.h"
#include "train.h"

#include <math.h>
#include <string.h>

enum { N = 48, CLASSES = 3, MOST = 2000 };

/* Faint patterns in much noise: random features do not tell them well. */
static void draw(float *input, size_t n, int class, int i)
{
    uint32_t pattern = 77 + 1000u * (uint32_t) class, noise = 5 + 13u * (uint32_t)i;
    for (size_t k = 0; k < n; k++)
        input[k] = (float)((next_bits(&pattern) % 200 + next_bits(&noise) % 400) / 300.0 - 1);
}

typedef struct {
    NnModel *model;
    int blocks, size, depth;
    float *features, *entering;
    int y[N];
} Set;

static void rows(NnModel *model, int blocks, int first, float *to, int size, int *y)
{
    NnOptions options = NN_OPTIONS_INIT;
    options.threads = 1;
    options.keep_embedding = true;
    options.keep_blocks = blocks;
    NnNet *net = nn_net_new(model, &options, NULL);
    for (int i = 0; i < N; i++) {
        y[i] = i % CLASSES;
        draw(nn_net_input(net), nn_model_input(model)->bytes / 4, y[i], first + i);
        nn_net_run(net);
        nn_net_embedding(net, to + (size_t)i * (size_t)size);
    }
    nn_net_free(net);
}

static Set make_set(NnModel *model, int blocks, int first)
{
    Set s = {.model = model, .blocks = blocks};
    s.size = nn_model_block_input_size(model, blocks);
    s.depth = nn_model_embedding_size(model);
    assert_true(s.size > 0);
    s.features = g_new(float, N *s.depth);
    s.entering = g_new(float, N *s.size);
    rows(model, 0, first, s.features, s.depth, s.y);
    rows(model, blocks, first, s.entering, s.size, s.y);
    return s;
}

static void free_set(Set *s)
{
    g_free(s->features);
    g_free(s->entering);
}

static void blocks_begin_at_their_expansion(void **state)
{
    (void)state;
    NnModel *v1 = tiny("mobilenet_v1_f32.tflite"), *v2 = tiny("mobilenet_v2_f32.tflite");
    assert_int_equal(nn_model_block_input_size(v1, 1), 6 * 6 * 12);
    assert_int_equal(nn_model_block_input_size(v1, 2), 6 * 6 * 8);
    assert_int_equal(nn_model_block_input_size(v1, 3), 0);
    assert_int_equal(nn_model_block_input_size(v2, 1), 6 * 6 * 6);
    assert_int_equal(nn_model_block_input_size(v2, 2), 6 * 6 * 6);
    assert_int_equal(nn_model_block_input_size(v2, 3), 0);
    nn_model_unref(v1);
    nn_model_unref(v2);
}

typedef struct {
    double loss[MOST], accuracy[MOST];
    int n, steps;
    int stop_at, stop_at_step; /* 0: never */
} Seen;

static bool watch(void *data, int epoch, double loss, double accuracy)
{
    Seen *seen = data;
    assert_int_equal(epoch, seen->n);
    assert_true(isfinite(loss) && accuracy >= 0 && accuracy <= 1);
    seen->accuracy[seen->n] = accuracy;
    seen->loss[seen->n++] = loss;
    return seen->n != seen->stop_at;
}

static bool count(void *data, double done)
{
    Seen *seen = data;
    assert_true(done > 0 && done <= 1);
    return ++seen->steps != seen->stop_at_step;
}

static NnHead *make_head(const Set *s)
{
    NnHeadOptions options = NN_HEAD_OPTIONS_INIT;
    NnSamples train = {N, s->features, s->y};
    options.unknown = 0;
    return nn_head_new(s->model, CLASSES, &train, NULL, &options, NULL);
}

static NnHead *tune_with(const Set *s, const Set *held, Seen *seen, const NnTuneOptions *how,
                         GError **error)
{
    NnHeadOptions options = NN_HEAD_OPTIONS_INIT;
    NnTuneOptions t = *how;
    options.unknown = 0;
    t.blocks = s->blocks;
    t.progress = watch;
    t.step = count;
    t.data = seen;
    NnSamples entering = {N, s->entering, s->y}, held_rows = {0};
    if (held)
        held_rows = (NnSamples){N, held->entering, held->y};
    NnHead *start = make_head(s);
    NnHead *head = nn_head_tune(start, &entering, &held_rows, &options, &t, error);
    nn_head_free(start);
    return head;
}

static NnHead *tune(const Set *s, const Set *held, Seen *seen, int epochs, GError **error)
{
    NnTuneOptions how = NN_TUNE_OPTIONS_INIT;
    how.epochs = epochs;
    how.rate = 0.01;
    return tune_with(s, held, seen, &how, error);
}

/* Mean of -log p(class), each class weighted the same, of a tuned head; its share of right ones. */
static double mean_loss(NnHead *head, const Set *s, int n, double *accuracy)
{
    float *features = g_new(float, s->depth), p[CLASSES];
    double loss = 0, right = 0;
    int count_of[CLASSES] = {0};
    for (int i = 0; i < n; i++)
        count_of[s->y[i]]++;
    for (int i = 0; i < n; i++) {
        nn_head_tuned_features(head, s->entering + (size_t)i * (size_t)s->size, features);
        nn_head_scores(head, features, p, NULL);
        int best = 0;
        for (int k = 1; k < CLASSES; k++)
            best = p[k] > p[best] ? k : best;
        right += best == s->y[i];
        loss -= log((double)p[s->y[i]]) / CLASSES / count_of[s->y[i]];
    }
    g_free(features);
    *accuracy = right / n;
    return loss;
}

/* The first step of all weights in the blocks, against central differences of the loss. A step's
 * length is bounded, so that it may be shorter than the rate times the slope, all parts alike. */
static void check_first_step(const char *name, int blocks, int first_class)
{
    enum { BATCH = 16 };
    const double rate = 2e-3, nudge = 5e-4;
    Set s = make_set(tiny(name), blocks, 0);
    for (int i = 0; i < BATCH; i++)
        s.y[i] = i < first_class ? 0 : i % CLASSES;
    NnSamples rows = {BATCH, s.features, s.y}, entering = {BATCH, s.entering, s.y}, none = {0};
    NnHeadOptions options = NN_HEAD_OPTIONS_INIT;
    NnTuneOptions t = NN_TUNE_OPTIONS_INIT;
    options.unknown = 0;
    t.blocks = blocks;
    t.epochs = 1;
    t.rate = rate;
    t.decay = 0;
    NnHead *start = nn_head_new(s.model, CLASSES, &rows, NULL, &options, NULL);
    NnHead *head = nn_head_tune(start, &entering, &none, &options, &t, NULL);
    assert_non_null(head);

    /* Back to where it came from, the steps kept. */
    GArray *params = head->tuned->params;
    float **step = g_new0(float *, params->len);
    double square = 0;
    for (guint i = 0; i < params->len; i++) {
        GradParam *p = &g_array_index(params, GradParam, i);
        const float *old = head->tuned->graph->tensors[p->tensor].data;
        step[i] = g_new(float, p->n);
        for (size_t k = 0; k < p->n; k++) {
            step[i][k] = old[k] - p->value[k];
            p->value[k] = old[k];
            square += (double)step[i][k] * (double)step[i][k];
        }
    }
    memcpy(head->w, start->w, sizeof *head->w * (size_t)CLASSES * (size_t)head->depth);
    memcpy(head->b, start->b, sizeof *head->b * CLASSES);

    double length = sqrt(square) / rate, ignored, product = 0, slopes = 0, steps = 0;
    assert_true(length < 1.01);
    for (guint i = 0; i < params->len; i++) {
        GradParam *p = &g_array_index(params, GradParam, i);
        for (size_t k = 0; k < p->n; k += 1 + p->n / 20) {
            float keep = p->value[k];
            p->value[k] = keep + (float)nudge;
            double above = mean_loss(head, &s, BATCH, &ignored), up = (double)p->value[k];
            p->value[k] = keep - (float)nudge;
            double below = mean_loss(head, &s, BATCH, &ignored), down = (double)p->value[k];
            p->value[k] = keep;
            double slope = (above - below) / (up - down), gone = (double)step[i][k] / rate;
            product += slope * gone;
            slopes += slope * slope;
            steps += gone * gone;
        }
        g_free(step[i]);
    }
    double cosine = product / sqrt(slopes * steps), ratio = product / slopes;
    if (cosine < 0.999 || ratio > 1.02 || (length < 0.99 && ratio < 0.98))
        fail_msg("%s: the step and the slope: cosine %g, ratio %g, length %g", name, cosine, ratio,
                 length);
    g_free(step);
    nn_head_free(start);
    nn_head_free(head);
    nn_model_unref(s.model);
    free_set(&s);
}

static void the_first_step_goes_down_the_slope(void **state)
{
    (void)state;
    check_first_step("mobilenet_v1_f32.tflite", 2, 0);
    check_first_step("mobilenet_v2_f32.tflite", 2, 0);
    check_first_step("mobilenet_v3_f32.tflite", 1, 0);
    check_first_step("mobilenet_v2_f32.tflite", 2, 9); /* most pictures of one class */
}

static void it_learns_what_the_head_cannot(void **state)
{
    (void)state;
    static const char *const names[] = {"mobilenet_v1_f32.tflite", "mobilenet_v2_f32.tflite",
                                        "mobilenet_v3_f32.tflite"};
    /* Of the head's; v3 has one block, and few weights. Sums in another order end elsewhere: what
     * ends below 0.6 with the NEON rows ends at 0.63 with the C ones of another compiler. */
    static const double falls_to[] = {0.8, 0.8, 0.95};
    for (size_t m = 0; m < G_N_ELEMENTS(names); m++) {
        Set s = make_set(tiny(names[m]), m < 2 ? 2 : 1, 0);
        Seen seen = {0};
        NnHead *head = tune(&s, NULL, &seen, 60, NULL);
        assert_int_equal(seen.n, 61);
        assert_int_equal(seen.steps, 60 * (N / 16));
        if (seen.loss[60] > falls_to[m] * seen.loss[0])
            fail_msg("%s: loss %g -> %g", names[m], seen.loss[0], seen.loss[60]);
        nn_head_free(head);
        nn_model_unref(s.model);
        free_set(&s);
    }
}

/* The runtime computes with the new weights what the head says. */
static void the_file_carries_the_new_weights(void **state)
{
    (void)state;
    static const char *const names[] = {"mobilenet_v1_f32.tflite", "mobilenet_v2_f32.tflite",
                                        "mobilenet_v3_f32.tflite"};
    for (size_t m = 0; m < G_N_ELEMENTS(names); m++) {
        Set s = make_set(tiny(names[m]), m < 2 ? 2 : 1, 0);
        Seen seen = {0};
        NnHead *head = tune(&s, NULL, &seen, 5, NULL);
        NnHeadInfo info;
        nn_head_info(head, &info);
        assert_true(info.is_tuned);
        GBytes *bytes =
            nn_head_export(head, (const char *const[]){"a", "b", "c"}, "", "", 0, 0, NULL);
        NnModel *model = nn_model_new_from_bytes(bytes, NULL);
        NnNet *net = nn_net_new(model, NULL, NULL);
        float *features = g_new(float, s.depth), ours[CLASSES], theirs[CLASSES];
        for (int i = 0; i < N; i++) {
            draw(nn_net_input(net), nn_model_input(model)->bytes / 4, s.y[i], i);
            nn_net_run(net);
            nn_net_scores(net, theirs);
            nn_head_tuned_features(head, s.entering + (size_t)i * (size_t)s.size, features);
            nn_head_scores(head, features, ours, NULL);
            for (int k = 0; k < CLASSES; k++)
                assert_true(fabsf(ours[k] - theirs[k]) < 1e-4f);
        }
        g_free(features);
        nn_net_free(net);
        nn_model_unref(model);
        g_bytes_unref(bytes);
        nn_head_free(head);
        nn_model_unref(s.model);
        free_set(&s);
    }
}

/* The head, as it was, in blocks as they were. */
static void assert_untouched(const NnHead *head, const Set *s)
{
    NnHead *start = make_head(s);
    for (guint i = 0; i < head->tuned->params->len; i++) {
        const GradParam *p = &g_array_index(head->tuned->params, GradParam, i);
        assert_memory_equal(p->value, head->tuned->graph->tensors[p->tensor].data,
                            p->n * sizeof(float));
    }
    for (int i = 0; i < CLASSES * s->depth; i++)
        assert_true(fabs(head->w[i] * head->info.temperature - start->w[i]) < 1e-9);
    nn_head_free(start);
}

static void held_out_pictures_keep_the_best_epoch(void **state)
{
    (void)state;
    NnModel *model = tiny("mobilenet_v2_f32.tflite");
    Set s = make_set(model, 2, 0), held = make_set(model, 2, 500);
    Seen seen = {0};
    double accuracy;
    NnHead *head = tune(&s, &held, &seen, 30, NULL);
    mean_loss(head, &held, N, &accuracy);
    assert_true(accuracy >= seen.accuracy[0]);
    int found = 0;
    for (int epoch = 0; epoch < seen.n; epoch++)
        found += fabs(seen.accuracy[epoch] - accuracy) < 1e-9;
    assert_true(found > 0);
    nn_head_free(head);
    nn_model_unref(model);
    free_set(&s);
    free_set(&held);
}

static void what_makes_it_worse_is_not_kept(void **state)
{
    (void)state;
    NnModel *model = tiny("mobilenet_v2_f32.tflite");
    Set s = make_set(model, 2, 0), held = make_set(model, 2, 0);
    NnTuneOptions how = NN_TUNE_OPTIONS_INIT;
    Seen seen = {0};
    how.epochs = 4;
    how.rate = 3; /* beyond all reason */
    NnHead *head = tune_with(&s, &held, &seen, &how, NULL);
    assert_true(seen.accuracy[4] < seen.accuracy[0]);
    assert_untouched(head, &s);
    nn_head_free(head);
    nn_model_unref(model);
    free_set(&s);
    free_set(&held);
}

/* After an epoch, and in the middle of one. */
static void who_stops_gets_the_best_so_far(void **state)
{
    (void)state;
    NnModel *model = tiny("mobilenet_v2_f32.tflite");
    Set s = make_set(model, 2, 0), held = make_set(model, 2, 500);
    Seen after = {.stop_at = 3}, at_once = {.stop_at_step = 1}, within = {.stop_at_step = 7};
    NnHead *head = tune(&s, &held, &after, 30, NULL);
    assert_int_equal(after.n, 3);
    double accuracy;
    mean_loss(head, &held, N, &accuracy);
    assert_true(accuracy >= after.accuracy[0]);
    nn_head_free(head);

    head = tune(&s, &held, &at_once, 30, NULL);
    assert_int_equal(at_once.n, 1);
    assert_int_equal(at_once.steps, 1);
    assert_untouched(head, &s);
    nn_head_free(head);

    /* Without held-out pictures: what the last whole epoch gave, that is, as if asked for these. */
    head = tune(&s, NULL, &within, 30, NULL);
    assert_int_equal(within.n, 3);
    assert_int_equal(within.steps, 7);
    Seen two = {.stop_at = 3};
    NnHead *same = tune(&s, NULL, &two, 30, NULL);
    for (guint i = 0; i < head->tuned->params->len; i++)
        assert_memory_equal(g_array_index(head->tuned->params, GradParam, i).value,
                            g_array_index(same->tuned->params, GradParam, i).value,
                            g_array_index(same->tuned->params, GradParam, i).n * sizeof(float));
    nn_head_free(head);
    nn_head_free(same);
    nn_model_unref(model);
    free_set(&s);
    free_set(&held);
}

/* Without a slope worth mentioning, weights fade and biases stay. */
static void weights_fade_and_biases_do_not(void **state)
{
    (void)state;
    Set s = make_set(tiny("mobilenet_v1_f32.tflite"), 1, 0);
    NnTuneOptions how = NN_TUNE_OPTIONS_INIT;
    Seen seen = {0};
    how.epochs = 3;
    how.rate = 1e-5;
    how.decay = 1000;
    NnHead *head = tune_with(&s, NULL, &seen, &how, NULL);
    for (guint i = 0; i < head->tuned->params->len; i++) {
        const GradParam *p = &g_array_index(head->tuned->params, GradParam, i);
        const float *old = head->tuned->graph->tensors[p->tensor].data;
        double was = 0, is = 0, product = 0;
        for (size_t k = 0; k < p->n; k++) {
            was += (double)old[k] * (double)old[k];
            is += (double)p->value[k] * (double)p->value[k];
            product += (double)old[k] * (double)p->value[k];
        }
        double kept = sqrt(is / was);
        if (p->bias ? fabs(kept - 1) > 1e-2 : kept > 0.95 || product / sqrt(was * is) < 0.99)
            fail_msg("%s %u: %g of it is left", p->bias ? "bias" : "weights", i, kept);
    }
    nn_head_free(head);
    nn_model_unref(s.model);
    free_set(&s);
}

static void the_seed_decides(void **state)
{
    (void)state;
    Set s = make_set(tiny("mobilenet_v1_f32.tflite"), 1, 0);
    NnHead *heads[3];
    for (int i = 0; i < 3; i++) {
        NnTuneOptions how = NN_TUNE_OPTIONS_INIT;
        Seen seen = {0};
        how.epochs = 2;
        how.seed = i < 2 ? 7 : 8;
        heads[i] = tune_with(&s, NULL, &seen, &how, NULL);
    }
    size_t bytes = sizeof(double) * (size_t)CLASSES * (size_t)s.depth;
    assert_memory_equal(heads[0]->w, heads[1]->w, bytes);
    assert_true(memcmp(heads[0]->w, heads[2]->w, bytes) != 0);
    for (int i = 0; i < 3; i++)
        nn_head_free(heads[i]);
    nn_model_unref(s.model);
    free_set(&s);
}

static void what_cannot_be_tuned_is_refused(void **state)
{
    (void)state;
    GError *error = NULL;
    Seen seen = {0};
    NnModel *model = tiny("mobilenet_v2_f32.tflite");
    Set s = make_set(model, 1, 0);
    s.blocks = 9;
    assert_null(tune(&s, NULL, &seen, 5, &error));
    assert_true(g_error_matches(error, NN_ERROR, NN_ERROR_ARGUMENT));
    g_clear_error(&error);
    nn_model_unref(model);
    s.blocks = 1;
    s.model = tiny("mobilenet_v2_s8.tflite");
    assert_null(tune(&s, NULL, &seen, 5, &error));
    assert_true(g_error_matches(error, NN_ERROR, NN_ERROR_UNSUPPORTED));
    assert_non_null(strstr(error->message, "float32"));
    g_clear_error(&error);
    nn_model_unref(s.model);
    free_set(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_begin_at_their_expansion),
        cmocka_unit_test(the_first_step_goes_down_the_slope),
        cmocka_unit_test(it_learns_what_the_head_cannot),
        cmocka_unit_test(the_file_carries_the_new_weights),
        cmocka_unit_test(held_out_pictures_keep_the_best_epoch),
        cmocka_unit_test(what_makes_it_worse_is_not_kept),
        cmocka_unit_test(who_stops_gets_the_best_so_far),
        cmocka_unit_test(weights_fade_and_biases_do_not),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(what_cannot_be_tuned_is_refused),
    };
    return cmocka_run_group_tests_name("tune", tests, NULL, NULL);
}

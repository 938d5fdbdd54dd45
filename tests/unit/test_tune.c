/* SPDX-License-Identifier: MIT */
/* test_tune.c - fine-tuning: where blocks begin, that it learns what the head alone cannot, that
 * the file carries it, and what is refused. */
#include "net.h"
#include "train.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { N = 48, CLASSES = 3, MOST = 2000 };

static NnModel *tiny(const char *name)
{
    char *path = g_build_filename(TINY_DIR, name, NULL);
    NnModel *model = nn_model_new_from_file(path, NULL);
    assert_non_null(model);
    g_free(path);
    return model;
}

static uint32_t next(uint32_t *x)
{
    *x = *x * 1664525 + 1013904223;
    return *x >> 8;
}

/* Faint patterns in much noise: random features do not tell them well. */
static void draw(float *input, size_t n, int class, int i)
{
    uint32_t pattern = 77 + 1000u * (uint32_t) class, noise = 5 + 13u * (uint32_t)i;
    for (size_t k = 0; k < n; k++)
        input[k] = (float)((next(&pattern) % 200 + next(&noise) % 400) / 300.0 - 1);
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
    double loss[MOST];
    int n, stop_at;
} Seen;

static bool watch(void *data, int epoch, double loss, double accuracy)
{
    Seen *seen = data;
    assert_int_equal(epoch, seen->n);
    assert_true(isfinite(loss) && accuracy >= 0 && accuracy <= 1);
    seen->loss[seen->n++] = loss;
    return seen->n != seen->stop_at;
}

static NnHead *tune(const Set *s, const Set *held, Seen *seen, int epochs, GError **error)
{
    NnHeadOptions options = NN_HEAD_OPTIONS_INIT;
    NnTuneOptions t = NN_TUNE_OPTIONS_INIT;
    options.unknown = 0;
    t.blocks = s->blocks;
    t.epochs = epochs;
    t.rate = 0.01;
    t.progress = watch;
    t.data = seen;
    NnSamples train = {N, s->features, s->y}, entering = {N, s->entering, s->y}, held_rows = {0};
    if (held)
        held_rows = (NnSamples){N, held->entering, held->y};
    NnHead *start = nn_head_new(s->model, CLASSES, &train, NULL, &options, NULL);
    NnHead *head = nn_head_tune(start, &entering, &held_rows, &options, &t, error);
    nn_head_free(start);
    return head;
}

static void loss_falls_in_all_networks(void **state)
{
    (void)state;
    static const char *const names[] = {"mobilenet_v1_f32.tflite", "mobilenet_v2_f32.tflite",
                                        "mobilenet_v3_f32.tflite"};
    for (size_t m = 0; m < G_N_ELEMENTS(names); m++) {
        Set s = make_set(tiny(names[m]), m < 2 ? 2 : 1, 0);
        Seen seen = {0};
        NnHead *head = tune(&s, NULL, &seen, 40, NULL);
        assert_int_equal(seen.n, 41);
        if (seen.loss[40] > 0.95 * seen.loss[0])
            fail_msg("%s: loss %g -> %g", names[m], seen.loss[0], seen.loss[40]);
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

static void held_out_pictures_keep_the_best_epoch(void **state)
{
    (void)state;
    NnModel *model = tiny("mobilenet_v2_f32.tflite");
    Set s = make_set(model, 2, 0), held = make_set(model, 2, 500);
    Seen seen = {0}, stopped = {.stop_at = 3};
    NnHead *head = tune(&s, &held, &seen, 30, NULL), *early = tune(&s, &held, &stopped, 30, NULL);
    assert_int_equal(stopped.n, 3); /* and a head all the same */
    assert_non_null(early);
    assert_non_null(head);
    nn_head_free(head);
    nn_head_free(early);
    nn_model_unref(model);
    free_set(&s);
    free_set(&held);
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
        cmocka_unit_test(loss_falls_in_all_networks),
        cmocka_unit_test(the_file_carries_the_new_weights),
        cmocka_unit_test(held_out_pictures_keep_the_best_epoch),
        cmocka_unit_test(what_cannot_be_tuned_is_refused),
    };
    return cmocka_run_group_tests_name("tune", tests, NULL, NULL);
}

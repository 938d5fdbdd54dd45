/* SPDX-License-Identifier: MIT */
/* test_head.c - the mathematics of teaching: the minimiser, logistic regression against another
 * implementation, imprinting, temperature, "unknown", imbalance, errors. */
#include "fit.h"
#include "lbfgs.h"
#include "softmax.h"
#include "tiny.h"

#include <math.h>
#include <string.h>

/* About normal. */
static double bell(uint32_t *x)
{
    return next(x) + next(x) + next(x);
}

/* ---- the minimiser ------------------------------------------------------------------------ */

static double rosenbrock(void *data, const double *x, double *g)
{
    double a = 1 - x[0], b = x[1] - x[0] * x[0];
    ++*(int *)data;
    g[0] = -2 * a - 400 * b * x[0];
    g[1] = 200 * b;
    return a * a + 100 * b * b;
}

static bool stop_at_three(void *data, int iteration)
{
    (void)data;
    return iteration < 2;
}

static void the_valley_is_walked_to_its_end(void **state)
{
    (void)state;
    int calls = 0;
    double x[2] = {-1.2, 1};
    Lbfgs f = {
        .n = 2, .value = rosenbrock, .data = &calls, .max_iterations = 200, .tolerance = 1e-9};
    assert_true(lbfgs_minimise(&f, x) < 1e-15);
    assert_true(fabs(x[0] - 1) < 1e-6 && fabs(x[1] - 1) < 1e-6);
    assert_true(calls < 120);
    double y[2] = {-1.2, 1};
    f.progress = stop_at_three;
    assert_true(lbfgs_minimise(&f, y) > 0.1);
}

/* ---- logistic regression ------------------------------------------------------------------ */

/* Probabilities of the first three rows, by scikit-learn's LogisticRegression with tol 1e-12. */
static const struct {
    int n, depth;
    double c;
    uint32_t seed;
    double p[3][3];
} known[] = {
    {30,
     5,
     2.0,
     9,
     {{0.830604129, 0.120447951, 0.048947921},
      {0.582530545, 0.295588379, 0.121881076},
      {0.049415533, 0.372997773, 0.577586694}}},
    /* Fewer rows than columns: by way of the factor. */
    {9,
     12,
     0.5,
     4,
     {{0.645372501, 0.190442258, 0.164185241},
      {0.132951262, 0.702323081, 0.164725657},
      {0.082759296, 0.226691423, 0.690549281}}},
};

static void logistic_regression_finds_the_known_optimum(void **state)
{
    (void)state;
    for (size_t t = 0; t < G_N_ELEMENTS(known); t++) {
        int n = known[t].n, depth = known[t].depth;
        double *x = g_new(double, n *depth), *w = g_new0(double, 3 * depth), b[3];
        int *y = g_new(int, n);
        uint32_t seed = known[t].seed;
        for (int i = 0; i < n * depth; i++)
            x[i] = next(&seed);
        for (int i = 0; i < n; i++) {
            y[i] = i % 3;
            for (int d = 0; d < depth; d++)
                x[i * depth + d] += 0.3 * ((d + y[i]) % 3);
        }
        SoftmaxProblem problem = {.n = n, .depth = depth, .n_classes = 3, .x = x, .y = y};
        SoftmaxSolver *solver = softmax_solver_new(&problem);
        softmax_solve(solver, known[t].c, w, b);
        for (int i = 0; i < 3; i++) {
            double z[3];
            for (int k = 0; k < 3; k++) {
                z[k] = b[k];
                for (int d = 0; d < depth; d++)
                    z[k] += w[k * depth + d] * x[i * depth + d];
            }
            softmax(z, 3);
            for (int k = 0; k < 3; k++)
                assert_true(fabs(z[k] - known[t].p[i][k]) < 2e-4);
        }
        softmax_solver_free(solver);
        g_free(x);
        g_free(y);
        g_free(w);
    }
}

/* ---- heads -------------------------------------------------------------------------------- */

/* Heads need a model for its features only: 16 of them here. */
static NnModel *model_of_16(void)
{
    char *path = g_build_filename(TINY_DIR, "mobilenet_v1_f32.tflite", NULL);
    NnModel *model = nn_model_new_from_file(path, NULL);
    assert_non_null(model);
    assert_int_equal(nn_model_embedding_size(model), 16);
    g_free(path);
    return model;
}

enum { DEPTH = 16, MOST = 600 };

typedef struct {
    float x[MOST * DEPTH];
    int y[MOST];
} Clouds;

/* Clouds of pictures: class k lies off in features k and k + 4. */
static NnSamples clouds(Clouds *c, int n, int n_classes, double spread, uint32_t seed)
{
    for (int i = 0; i < n; i++) {
        int k = c->y[i] = i % n_classes;
        for (int d = 0; d < DEPTH; d++)
            c->x[i * DEPTH + d] =
                (float)(2 + (d % 8 == k || d % 8 == k + 4 ? 3 : 0) + spread * bell(&seed));
    }
    return (NnSamples){n, c->x, c->y};
}

static int best_of(const NnHead *head, const float *x)
{
    float scores[10];
    NnHeadInfo info;
    nn_head_info(head, &info);
    int best = 0, outputs = info.n_classes + info.has_unknown;
    nn_head_scores(head, x, scores, NULL);
    for (int k = 1; k < outputs; k++)
        best = scores[k] > scores[best] ? k : best;
    return best;
}

static int right(const NnHead *head, const NnSamples *s)
{
    int n = 0;
    for (int i = 0; i < s->n; i++)
        n += best_of(head, s->x + i * DEPTH) == s->y[i];
    return n;
}

static void one_picture_a_class_answers(void **state)
{
    (void)state;
    static Clouds a, b;
    NnModel *model = model_of_16();
    NnSamples train = clouds(&a, 4, 4, 0.5, 1), test = clouds(&b, 100, 4, 0.5, 2);
    NnHead *head = nn_head_new(model, 4, &train, NULL, NULL, NULL);
    NnHeadInfo info;
    nn_head_info(head, &info);
    assert_int_equal(info.method, NN_HEAD_IMPRINT);
    assert_false(info.has_unknown); /* one picture does not say how far is far */
    assert_true(right(head, &test) >= 98);
    nn_head_free(head);
    nn_model_unref(model);
}

static void held_out_pictures_choose_the_strength(void **state)
{
    (void)state;
    static Clouds a, b, c;
    NnModel *model = model_of_16();
    NnSamples train = clouds(&a, 80, 4, 1.3, 1), held = clouds(&b, 200, 4, 1.3, 2),
              test = clouds(&c, 600, 4, 1.3, 3);
    NnHeadOptions options = NN_HEAD_OPTIONS_INIT;
    options.unknown = 0;
    NnHead *chosen = nn_head_new(model, 4, &train, &held, &options, NULL);
    options.strength = 1e6;
    NnHead *strong = nn_head_new(model, 4, &train, &held, &options, NULL);
    NnHeadInfo info;
    nn_head_info(chosen, &info);
    assert_true(info.strength < 1e6 && info.method == NN_HEAD_SOFTMAX);
    assert_true(right(chosen, &test) >= right(strong, &test));
    nn_head_free(chosen);
    nn_head_free(strong);
    nn_model_unref(model);
}

/* Labels drawn from softmax(z), logits given as four times z: the temperature is four. */
static void temperature_is_found(void **state)
{
    (void)state;
    static float x[3000 * 3];
    static int y[3000];
    uint32_t seed = 3;
    for (int i = 0; i < 3000; i++) {
        double z[3], draw;
        for (int k = 0; k < 3; k++) {
            z[k] = 2 * next(&seed);
            x[3 * i + k] = (float)(4 * z[k]);
        }
        softmax(z, 3);
        draw = (next(&seed) + 1) / 2;
        y[i] = draw < z[0] ? 0 : draw < z[0] + z[1] ? 1 : 2;
    }
    double w[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, b[3] = {0};
    NnHead head = {.depth = 3, .w = w, .b = b, .info = {.n_classes = 3}};
    fit_temperature(&head, &(NnSamples){3000, x, y});
    assert_true(fabs(head.info.temperature - 4) < 0.3);
    assert_true(fabs(w[0] * head.info.temperature - 1) < 1e-12);
}

static void what_is_far_from_all_classes_is_unknown(void **state)
{
    (void)state;
    static Clouds a, b, c;
    NnModel *model = model_of_16();
    NnSamples train = clouds(&a, 90, 3, 0.6, 1), held = clouds(&b, 60, 3, 0.6, 2),
              test = clouds(&c, 600, 3, 0.6, 3);
    NnHead *head = nn_head_new(model, 3, &train, &held, NULL, NULL);
    NnHead *alone = nn_head_new(model, 3, &train, NULL, NULL, NULL);
    NnHeadInfo info;
    nn_head_info(alone, &info);
    assert_true(info.has_unknown);
    int known_lost = test.n - right(head, &test), caught = 0, caught_alone = 0;
    uint32_t seed = 9;
    for (int i = 0; i < 100; i++) {
        float x[DEPTH];
        double distance;
        float scores[4];
        for (int d = 0; d < DEPTH; d++)
            x[d] = (float)(2 + (d % 8 == 3 || d % 8 == 7 ? 3 : 0) + 0.6 * bell(&seed));
        caught += best_of(head, x) == 3;
        caught_alone += best_of(alone, x) == 3;
        nn_head_scores(head, x, scores, &distance);
        assert_true((distance > 1) == (scores[3] > 0.5f) || scores[3] < 0.6f);
    }
    if (known_lost > 60 || caught < 95 || caught_alone < 95)
        fail_msg("%d known of 600 lost, %d and %d of 100 unknown caught", known_lost, caught,
                 caught_alone);
    nn_head_free(head);
    nn_head_free(alone);
    nn_model_unref(model);
}

/* 95 pictures of one class, 5 of each other: balanced, the rare ones are told better. */
static void rare_classes_count(void **state)
{
    (void)state;
    static Clouds a, b;
    NnModel *model = model_of_16();
    clouds(&a, 400, 4, 1.6, 1);
    NnSamples test = clouds(&b, 400, 4, 1.6, 2), train = {0, a.x, a.y};
    for (int i = 0; i < 400; i++) {
        if (a.y[i] != 0 && i >= 20)
            continue;
        memmove(a.x + train.n * DEPTH, a.x + i * DEPTH, sizeof(float) * DEPTH);
        a.y[train.n++] = a.y[i];
    }
    NnHeadOptions options = NN_HEAD_OPTIONS_INIT;
    options.unknown = 0;
    options.strength = 10;
    NnHead *balanced = nn_head_new(model, 4, &train, NULL, &options, NULL);
    options.balance = false;
    NnHead *plain = nn_head_new(model, 4, &train, NULL, &options, NULL);
    assert_true(right(balanced, &test) > right(plain, &test) + 10);
    nn_head_free(balanced);
    nn_head_free(plain);
    nn_model_unref(model);
}

static void assert_refused(NnModel *model, int n_classes, const NnSamples *s, const char *part)
{
    GError *error = NULL;
    assert_null(nn_head_new(model, n_classes, s, NULL, NULL, &error));
    assert_true(g_error_matches(error, NN_ERROR, NN_ERROR_ARGUMENT));
    if (!strstr(error->message, part))
        fail_msg("\"%s\" does not say \"%s\"", error->message, part);
    g_error_free(error);
}

static void what_cannot_be_learnt_is_refused(void **state)
{
    (void)state;
    static Clouds a;
    NnModel *model = model_of_16();
    NnSamples s = clouds(&a, 8, 2, 0.5, 1);
    assert_refused(model, 1, &s, "two are needed");
    assert_refused(model, 3, &s, "class 2 has no picture");
    assert_refused(model, 2, &(NnSamples){0}, "no picture to learn from");
    a.y[3] = 7;
    assert_refused(model, 2, &s, "picture 3 is of class 7");
    a.y[3] = 1;
    a.x[5] = NAN;
    assert_refused(model, 2, &s, "no number");
    nn_model_unref(model);
    char *path = g_build_filename(TINY_DIR, "add_f32.tflite", NULL);
    model = nn_model_new_from_file(path, NULL);
    a.x[5] = 0;
    assert_refused(model, 2, &s, "no features");
    nn_model_unref(model);
    g_free(path);
}

/* Pictures of one colour: all features alike. */
static void equal_pictures_do_no_harm(void **state)
{
    (void)state;
    static Clouds a;
    NnModel *model = model_of_16();
    NnSamples s = {6, a.x, a.y};
    for (int i = 0; i < 6; i++)
        a.y[i] = i % 2;
    NnHead *head = nn_head_new(model, 2, &s, &s, NULL, NULL);
    float scores[2];
    nn_head_scores(head, a.x, scores, NULL);
    assert_true(fabsf(scores[0] - 0.5f) < 1e-3f);
    GBytes *file = nn_head_export(head, (const char *const[]){"a", "b"}, "", "", 0, 0, NULL);
    assert_non_null(file);
    g_bytes_unref(file);
    nn_head_free(head);
    nn_model_unref(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_valley_is_walked_to_its_end),
        cmocka_unit_test(logistic_regression_finds_the_known_optimum),
        cmocka_unit_test(one_picture_a_class_answers),
        cmocka_unit_test(held_out_pictures_choose_the_strength),
        cmocka_unit_test(temperature_is_found),
        cmocka_unit_test(what_is_far_from_all_classes_is_unknown),
        cmocka_unit_test(rare_classes_count),
        cmocka_unit_test(what_cannot_be_learnt_is_refused),
        cmocka_unit_test(equal_pictures_do_no_harm),
    };
    return cmocka_run_group_tests_name("head", tests, NULL, NULL);
}

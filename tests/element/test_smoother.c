/* SPDX-License-Identifier: MIT */
/* test_smoother.c - synthetic score tracks and the label that is shown after each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "labelfilter.h"
#include "smoother.h"

#define N 3 /* classes a, b, c are 0, 1, 2 */

typedef struct {
    int ms; /* time of the picture */
    gfloat a, b, c;
    int shown;
} Step;

static void run(const SmootherSettings *settings, const Step *steps, size_t n)
{
    Smoother *smoother = smoother_new(N);
    int before = -1;

    for (size_t i = 0; i < n; i++) {
        const gfloat scores[N] = {steps[i].a, steps[i].b, steps[i].c};
        gboolean changed =
            smoother_push(smoother, scores, (GstClockTime)steps[i].ms * GST_MSECOND, settings);
        gfloat score;
        int shown = smoother_shown(smoother, &score);

        if (shown != steps[i].shown)
            fail_msg("step %zu: shows %d, not %d", i, shown, steps[i].shown);
        assert_int_equal(changed, shown != before);
        before = shown;
    }
    smoother_free(smoother);
}

static void first_result_shows_at_once(void **state)
{
    static const SmootherSettings settings = {0.9f, 0.3f, 0.1f, GST_SECOND};
    static const Step steps[] = {{0, 0.8f, 0.1f, 0.1f, 0}};

    (void)state;
    run(&settings, steps, G_N_ELEMENTS(steps));
}

static void threshold_hides(void **state)
{
    static const SmootherSettings settings = {0.0f, 0.5f, 0.0f, 0};
    static const Step steps[] = {
        {0, 0.4f, 0.3f, 0.3f, -1}, {1, 0.5f, 0.3f, 0.2f, 0}, {2, 0.4f, 0.3f, 0.3f, -1}};

    (void)state;
    run(&settings, steps, G_N_ELEMENTS(steps));
}

static void hysteresis_keeps_the_label(void **state)
{
    static const SmootherSettings settings = {0.0f, 0.4f, 0.1f, 0};
    static const Step steps[] = {
        {0, 0.45f, 0.40f, 0.0f, 0},  /* enters */
        {1, 0.45f, 0.50f, 0.0f, 0},  /* b is better, but not by more than 0.1 */
        {2, 0.42f, 0.55f, 0.0f, 1},  /* now it is */
        {3, 0.20f, 0.32f, 0.0f, 1},  /* under the threshold, within the hysteresis */
        {4, 0.20f, 0.25f, 0.0f, -1}, /* and out */
    };

    (void)state;
    run(&settings, steps, G_N_ELEMENTS(steps));
}

static void hold_bridges_a_gap(void **state)
{
    static const SmootherSettings settings = {0.0f, 0.5f, 0.1f, GST_SECOND};
    static const Step steps[] = {
        {0, 0.9f, 0.0f, 0.0f, 0},     {500, 0.1f, 0.1f, 0.1f, 0},  {900, 0.1f, 0.1f, 0.1f, 0},
        {950, 0.9f, 0.0f, 0.0f, 0},   {1900, 0.1f, 0.1f, 0.1f, 0}, {2000, 0.1f, 0.1f, 0.1f, -1},
        {2100, 0.1f, 0.1f, 0.1f, -1}, {2200, 0.1f, 0.9f, 0.0f, 1}, {2300, 0.1f, 0.1f, 0.1f, 1},
        {2400, 0.1f, 0.1f, 0.9f, 2}, /* another one that is sure does not wait */
    };

    (void)state;
    run(&settings, steps, G_N_ELEMENTS(steps));
}

static void average_outvotes_a_blip(void **state)
{
    static const SmootherSettings settings = {0.6f, 0.3f, 0.1f, GST_SECOND};
    static const Step steps[] = {
        {0, 0.9f, 0.1f, 0.0f, 0},   {33, 0.0f, 1.0f, 0.0f, 0}, /* 0.54, 0.46 */
        {66, 0.9f, 0.1f, 0.0f, 0},  {99, 0.9f, 0.1f, 0.0f, 0},
        {132, 0.0f, 1.0f, 0.0f, 0}, /* 0.46, 0.54 */
        {165, 0.0f, 1.0f, 0.0f, 1}, /* 0.28, 0.72 */
    };

    (void)state;
    run(&settings, steps, G_N_ELEMENTS(steps));
}

static void best_are_sorted_and_stable(void **state)
{
    static const SmootherSettings settings = {0.0f, 0.0f, 0.0f, 0};
    static const gfloat scores[7] = {0.1f, 0.3f, 0.2f, 0.3f, 0.0f, 0.3f, 0.05f};
    static const gint order[7] = {1, 3, 5, 2, 0, 6, 4};
    Smoother *smoother = smoother_new(7);
    gint indices[7];
    gfloat best[7];

    (void)state;
    assert_int_equal(smoother_best(smoother, indices, best, 7), 0);
    smoother_push(smoother, scores, 0, &settings);
    for (guint k = 1; k <= 7; k++) {
        assert_int_equal(smoother_best(smoother, indices, best, k), k);
        for (guint i = 0; i < k; i++) {
            assert_int_equal(indices[i], order[i]);
            assert_true(best[i] == scores[order[i]]);
        }
    }
    smoother_reset(smoother);
    assert_int_equal(smoother_best(smoother, indices, best, 3), 0);
    smoother_free(smoother);
}

/* ---- which labels ------------------------------------------------------------------------- */

static void patterns_choose_labels(void **state)
{
    static const gchar *const labels[] = {"tabby, tabby cat", "Egyptian cat", "wolf",
                                          ("\xc3\x84"
                                           "ffchen"),
                                          "class 3"};
    static const struct {
        const gchar *show, *hide, *allowed;
    } cases[] = {
        {NULL, NULL, "11111"},
        {"*cat", NULL, "11000"},
        {"*CAT;Wolf", NULL, "11100"},
        {NULL, "*cat", "00111"},
        {"*cat;wolf", "tabby*", "01100"},
        {"tabby, tabby cat", NULL, "10000"},
        {" wolf ; ; class ? ", NULL, "00101"},
        {"cat", NULL, "00000"},
        {"*", "*", "00000"},
        {"\xc3\xa4*", NULL, "00010"},
        {";", NULL, "00000"},
        {NULL, ";", "11111"},
    };
    guint8 allowed[5];

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        label_filter(cases[i].show, cases[i].hide, labels, 5, allowed);
        for (size_t k = 0; k < 5; k++) {
            if (allowed[k] != cases[i].allowed[k] - '0')
                fail_msg("case %zu: %s: %d", i, labels[k], allowed[k]);
        }
    }
}

static void hidden_classes_are_never_shown(void **state)
{
    static const SmootherSettings settings = {0.0f, 0.3f, 0.0f, 10 * GST_SECOND};
    guint8 allowed[N] = {0, 1, 1};
    Smoother *smoother = smoother_new(N);
    gint best[N];
    gfloat scores[N];

    (void)state;
    smoother_allow(smoother, allowed);
    assert_true(smoother_push(smoother, (gfloat[]){0.6f, 0.35f, 0.05f}, 0, &settings));
    assert_int_equal(smoother_shown(smoother, scores), 1);
    assert_int_equal(smoother_best(smoother, best, scores, N), 2);
    assert_int_equal(best[0], 1);
    assert_int_equal(best[1], 2);

    /* what is hidden now goes at once, whatever the hold time */
    allowed[0] = 1;
    allowed[1] = 0;
    assert_true(smoother_push(smoother, (gfloat[]){0.1f, 0.85f, 0.05f}, 1, &settings));
    assert_int_equal(smoother_shown(smoother, scores), -1);
    allowed[0] = allowed[2] = 0;
    assert_false(smoother_push(smoother, (gfloat[]){0.1f, 0.85f, 0.05f}, 2, &settings));
    assert_int_equal(smoother_best(smoother, best, scores, N), 0);
    smoother_free(smoother);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_result_shows_at_once),
        cmocka_unit_test(threshold_hides),
        cmocka_unit_test(hysteresis_keeps_the_label),
        cmocka_unit_test(hold_bridges_a_gap),
        cmocka_unit_test(average_outvotes_a_blip),
        cmocka_unit_test(best_are_sorted_and_stable),
        cmocka_unit_test(patterns_choose_labels),
        cmocka_unit_test(hidden_classes_are_never_shown),
    };

    return cmocka_run_group_tests_name("smoother", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* test_pace.c - when the network runs: simulated minutes of frames, rates, budgets, late sinks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "pace.h"

#define MINUTE (60 * GST_SECOND)

typedef struct {
    guint n;             /* classified */
    guint most_a_second; /* in any second */
    GstClockTime cpu;    /* used */
} Outcome;

/* Frames come at fps for a minute. An inference takes cost_ms CPU time, give or take half of it,
 * and as long on the clock (times slow); the network takes no frame meanwhile. */
static Outcome simulate(const PaceSettings *settings, guint fps, guint cost_ms, gdouble slow)
{
    GRand *random = g_rand_new_with_seed(cost_ms * 1000 + fps);
    GArray *starts = g_array_new(FALSE, FALSE, sizeof(GstClockTime));
    GstClockTime busy_until = 0, cpu = 0;
    Outcome outcome = {0};
    Pace pace;

    pace_init(&pace);
    for (guint i = 0; i < 60 * fps; i++) {
        GstClockTime now = i * GST_SECOND / fps;

        if (cpu > 0 && now >= busy_until) {
            pace_spend(&pace, cpu, (gint64)(busy_until / GST_USECOND) + 1, settings);
            outcome.cpu += cpu;
            cpu = 0;
        }
        if (cpu > 0 ||
            pace_ask(&pace, i, now, (gint64)(now / GST_USECOND) + 1, settings) != PACE_GO)
            continue;
        pace_start(&pace, now, settings);
        cpu = cost_ms * GST_MSECOND / 100 * (GstClockTime)g_rand_int_range(random, 50, 150);
        busy_until = now + (GstClockTime)((gdouble)cpu * slow);
        g_array_append_val(starts, now);
    }
    outcome.n = starts->len;
    for (guint i = 0, first = 0; i < starts->len; i++) {
        while (g_array_index(starts, GstClockTime, i) -
                   g_array_index(starts, GstClockTime, first) >=
               GST_SECOND)
            first++;
        outcome.most_a_second = MAX(outcome.most_a_second, i - first + 1);
    }
    g_array_unref(starts);
    g_rand_free(random);
    return outcome;
}

static void budget_is_held_within_five_points(void **state)
{
    static const struct {
        guint budget, fps, cost_ms;
        gdouble slow; /* 1: one thread; less: several; more: on a busy machine */
    } cases[] = {
        {10, 30, 7, 1.0},  {25, 30, 7, 1.0},    {25, 30, 40, 1.0},  {25, 30, 200, 1.0},
        {50, 30, 40, 0.3}, {80, 30, 60, 0.3},   {150, 30, 60, 0.3}, {25, 60, 7, 3.0},
        {25, 5, 40, 1.0},  {100, 250, 10, 0.5}, {5, 15, 30, 1.5},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        PaceSettings settings = {.interval = 1, .cpu_budget = cases[i].budget};
        PaceSettings free_run = {.interval = 1};
        Outcome outcome = simulate(&settings, cases[i].fps, cases[i].cost_ms, cases[i].slow);
        Outcome most = simulate(&free_run, cases[i].fps, cases[i].cost_ms, cases[i].slow);
        gdouble used = 100.0 * (gdouble)outcome.cpu / MINUTE;
        gdouble could = 100.0 * (gdouble)most.cpu / MINUTE;
        gdouble wanted = MIN((gdouble)cases[i].budget, could);

        if (used < wanted - 5.0 || used > cases[i].budget + 5.0)
            fail_msg("case %zu: %.1f %% of a core, not %.0f", i, used, wanted);
    }
}

static void a_changed_budget_is_held_too(void **state)
{
    PaceSettings settings = {.interval = 1, .cpu_budget = 10};
    GstClockTime used = 0;
    Pace pace;

    (void)state;
    pace_init(&pace);
    for (guint i = 0; i < 30 * 120; i++) {
        gint64 now = (gint64)i * 33333 + 1;

        if (i == 30 * 60) { /* the second minute */
            settings.cpu_budget = 60;
            used = 0;
        }
        if (pace_ask(&pace, i, GST_CLOCK_TIME_NONE, now, &settings) != PACE_GO)
            continue;
        pace_start(&pace, GST_CLOCK_TIME_NONE, &settings);
        pace_spend(&pace, 25 * GST_MSECOND, now + 25000, &settings);
        used += 25 * GST_MSECOND;
    }
    assert_in_range(used * 100 / MINUTE, 55, 65);
}

static void rate_is_reached_and_kept(void **state)
{
    static const struct {
        gdouble rate;
        guint fps, expected; /* in a minute */
    } cases[] = {{0, 30, 1800}, {10, 30, 600},  {7, 30, 420},
                 {0.5, 30, 30}, {29, 30, 1740}, {100, 30, 1800}};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        PaceSettings settings = {.interval = 1, .max_rate = cases[i].rate};
        Outcome outcome = simulate(&settings, cases[i].fps, 1, 0.1);

        assert_in_range(outcome.n, cases[i].expected - 1, cases[i].expected + 1);
        if (cases[i].rate > 0)
            assert_true(outcome.most_a_second <= (guint)cases[i].rate + 1);
    }
}

static void a_pause_is_not_made_up_for(void **state)
{
    PaceSettings settings = {.interval = 1, .max_rate = 10};
    Pace pace;
    guint n = 0;

    (void)state;
    pace_init(&pace);
    pace_start(&pace, 0, &settings);
    for (guint i = 0; i < 30; i++) { /* a second, a minute later */
        GstClockTime now = MINUTE + i * GST_SECOND / 30;

        if (pace_ask(&pace, i, now, 1, &settings) == PACE_GO) {
            pace_start(&pace, now, &settings);
            n++;
        }
    }
    assert_in_range(n, 10, 11);
}

static void interval_counts_frames(void **state)
{
    PaceSettings settings = {.interval = 7};
    Outcome outcome = simulate(&settings, 30, 1, 0.1);

    (void)state;
    assert_int_equal(outcome.n, (1800 + 6) / 7);
}

static void late_sinks_are_heeded_until_they_catch_up(void **state)
{
    PaceSettings settings = {.interval = 1, .qos = TRUE};
    Pace pace;

    (void)state;
    pace_init(&pace);
    assert_int_equal(pace_ask(&pace, 0, GST_SECOND, 1, &settings), PACE_GO);
    pace_heed(&pace, 100 * GST_MSECOND, GST_SECOND);
    assert_int_equal(pace_ask(&pace, 0, GST_SECOND, 1, &settings), PACE_LATE);
    assert_int_equal(pace_ask(&pace, 0, GST_SECOND + 199 * GST_MSECOND, 1, &settings), PACE_LATE);
    assert_int_equal(pace_ask(&pace, 0, GST_SECOND + 200 * GST_MSECOND, 1, &settings), PACE_GO);
    assert_int_equal(pace_ask(&pace, 0, GST_CLOCK_TIME_NONE, 1, &settings), PACE_GO);
    settings.qos = FALSE;
    assert_int_equal(pace_ask(&pace, 0, GST_SECOND, 1, &settings), PACE_GO);
    settings.qos = TRUE;
    pace_heed(&pace, -GST_MSECOND, GST_SECOND);
    assert_int_equal(pace_ask(&pace, 0, GST_SECOND, 1, &settings), PACE_GO);
    pace_heed(&pace, GST_SECOND, GST_SECOND);
    pace_restart(&pace);
    assert_int_equal(pace_ask(&pace, 0, 0, 1, &settings), PACE_GO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(budget_is_held_within_five_points),
        cmocka_unit_test(a_changed_budget_is_held_too),
        cmocka_unit_test(rate_is_reached_and_kept),
        cmocka_unit_test(a_pause_is_not_made_up_for),
        cmocka_unit_test(interval_counts_frames),
        cmocka_unit_test(late_sinks_are_heeded_until_they_catch_up),
    };

    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}

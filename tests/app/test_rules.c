/* SPDX-License-Identifier: MIT */
/* test_rules.c - rules of --on: what can be read, what cannot, and when they fire on made-up
 * scores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "viewer/rules.h"

static void reads_all(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    Rule *rule = rule_parse(" School Bus > 0.7 for 2s every 500ms : snapshot,clip 5s , post "
                            "http://a.example/x?y=1, exec echo 'a, b'",
                            &error);
    assert_non_null(rule);
    assert_string_equal(rule->label, "school bus");
    assert_true(rule->confidence == 0.7 && rule->hold == 2 && rule->every == 0.5);
    assert_int_equal(rule->actions->len, 4);
    const Action *actions = (const Action *)(void *)rule->actions->data;
    assert_int_equal(actions[0].kind, ACTION_SNAPSHOT);
    assert_int_equal(actions[1].kind, ACTION_CLIP);
    assert_true(actions[1].seconds == 5);
    assert_int_equal(actions[2].kind, ACTION_POST);
    assert_string_equal(actions[2].text, "http://a.example/x?y=1");
    assert_int_equal(actions[3].kind, ACTION_EXEC);
    assert_string_equal(actions[3].argv[1], "a, b");
    assert_true(rule_means(rule, "school bus") && rule_means(rule, "SCHOOL BUS"));
    assert_false(rule_means(rule, "school"));
    rule_free(rule);
}

static void refuses(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"", "no LABEL>CONFIDENCE"},
        {"cat", "no LABEL>CONFIDENCE"},
        {">0.5: snapshot", "no label before"},
        {"cat>: snapshot", "confidence"},
        {"cat>1: snapshot", "confidence"},
        {"cat>-1: snapshot", "confidence"},
        {"cat>nan: snapshot", "confidence"},
        {"cat>0.5.5: snapshot", "confidence"},
        {"cat>0x1: snapshot", "a : must stand"},
        {"cat>0.5 snapshot", "a : must stand"},
        {"cat>0.5 for: snapshot", "for: how long"},
        {"cat>0.5 for 2: snapshot", "for: how long"},
        {"cat>0.5 for 99h: snapshot", "for: how long"},
        {"cat>0.5 every x: snapshot", "every: how often"},
        {"cat>0.5:", "an action is"},
        {"cat>0.5: snapshot,", "an action is"},
        {"cat>0.5: snapshots", "an action is"},
        {"cat>0.5: snapshot clip 1s", "parted by commas"},
        {"cat>0.5: clip", "clip: how long"},
        {"cat>0.5: clip 0s", "clip: how long"},
        {"cat>0.5: post", "post: needs an address"},
        {"cat>0.5: post file:///etc/passwd", "post: needs an address"},
        {"cat>0.5: exec", "exec: needs a command"},
        {"cat>0.5: exec 'x", "exec: needs a command"},
        {"c\xff>0.5: snapshot", "not UTF-8"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autoptr(GError) error = NULL;
        if (rule_parse(pairs[i][0], &error))
            fail_msg("was read: %s", pairs[i][0]);
        assert_true(g_str_has_prefix(error->message, "--on "));
        if (!strstr(error->message, pairs[i][1]))
            fail_msg("%s: %s", pairs[i][0], error->message);
    }
}

/* Confidences, one each half second, and where it fires. */
static void check_track(const char *text, const double *track, const char *fires)
{
    Rule *rule = rule_parse(text, NULL);
    assert_non_null(rule);
    for (size_t i = 0; fires[i]; i++) {
        bool fired = rule_update(rule, track[i], 100 + 0.5 * (double)i);
        if (fired != (fires[i] == '!'))
            fail_msg("%s: at %zu it %s", text, i, fired ? "fired" : "did not fire");
    }
    rule_free(rule);
}

static void fires_in_time(void **state)
{
    (void)state;
    static const double steady[] = {.8, .8, .8, .8, .8, .8, .8, .8};
    static const double broken[] = {.8, .8, .5, .8, .8, .8, .1, .8};
    static const double twice[] = {.8, .1, .8, .1, .1, .8, .8, .1};
    check_track("a>0.7: snapshot", steady, "!.......");
    check_track("a>0.8: snapshot", steady, "........");
    check_track("a>0.7 for 1s: snapshot", steady, "..!.....");
    check_track("a>0.7 for 1s: snapshot", broken, ".....!..");
    check_track("a>0.7 every 0s: snapshot", twice, "!.!..!..");
    check_track("a>0.7 every 2s: snapshot", twice, "!....!..");
    check_track("a>0.7: snapshot", twice, "!.......");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all),
        cmocka_unit_test(refuses),
        cmocka_unit_test(fires_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

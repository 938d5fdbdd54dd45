/* SPDX-License-Identifier: MIT */
/* rules.c - reading rules, and when they fire. */
#include <math.h>
#include <string.h>

#include "rules.h"

enum { LONGEST_RULE = 4096, MOST_ACTIONS = 16 };

#define DEFAULT_EVERY 10.0
#define LONGEST_TIME  (24.0 * 3600)

static bool fail(GError **error, const char *text, const char *why)
{
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "--on %.80s: %s; a rule is like \"cat>0.7 for 2s: snapshot, clip 5s\"", text, why);
    return false;
}

static const char *skip_blanks(const char *c)
{
    while (g_ascii_isspace(*c))
        c++;
    return c;
}

/* A word of the language, not followed by more letters. */
static bool take_word(const char **at, const char *word)
{
    const char *c = skip_blanks(*at);
    size_t length = strlen(word);
    if (g_ascii_strncasecmp(c, word, length) != 0 || g_ascii_isalnum(c[length]))
        return false;
    *at = c + length;
    return true;
}

/* Digits and a point, nothing else that strtod() might like. */
static bool take_number(const char **at, double *number)
{
    const char *c = skip_blanks(*at);
    size_t length = strspn(c, "0123456789.");
    if (length == 0 || length > 15)
        return false;
    g_autofree char *digits = g_strndup(c, length);
    char *end;
    *number = g_ascii_strtod(digits, &end);
    *at = c + length;
    return *end == '\0';
}

static bool take_time(const char **at, double *seconds)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}};
    if (!take_number(at, seconds))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (take_word(at, units[i].unit)) {
            *seconds *= units[i].seconds;
            return *seconds <= LONGEST_TIME;
        }
    }
    return false;
}

static bool take_action(const char **at, Action *action, const char **why)
{
    *action = (Action){0};
    if (take_word(at, "snapshot")) {
        action->kind = ACTION_SNAPSHOT;
        return true;
    }
    if (take_word(at, "clip")) {
        action->kind = ACTION_CLIP;
        *why = "clip: how long? Say clip 5s";
        return take_time(at, &action->seconds) && action->seconds > 0;
    }
    if (take_word(at, "post")) {
        const char *c = skip_blanks(*at);
        size_t length = strcspn(c, ", \t\r\n");
        action->kind = ACTION_POST;
        action->text = g_strndup(c, length);
        *at = c + length;
        *why = "post: needs an address, http:// or https://";
        return (g_str_has_prefix(action->text, "http://") ||
                g_str_has_prefix(action->text, "https://")) &&
               g_uri_is_valid(action->text, G_URI_FLAGS_NONE, NULL);
    }
    if (take_word(at, "exec")) {
        action->kind = ACTION_EXEC;
        action->text = g_strdup(skip_blanks(*at));
        *at += strlen(*at);
        *why = "exec: needs a command, quoted as for a shell";
        return g_shell_parse_argv(action->text, NULL, &action->argv, NULL);
    }
    *why = "an action is snapshot, clip TIME, post URL or exec COMMAND";
    return false;
}

static void clear_action(gpointer data)
{
    Action *action = data;
    g_free(action->text);
    g_strfreev(action->argv);
}

static bool take_actions(Rule *rule, const char *at, GError **error)
{
    do {
        const char *why = NULL;
        Action action;
        bool ok = take_action(&at, &action, &why);
        g_array_append_val(rule->actions, action); /* frees what there is of it, too */
        if (!ok)
            return fail(error, rule->text, why);
        if (rule->actions->len > MOST_ACTIONS)
            return fail(error, rule->text, "too many actions");
        at = skip_blanks(at);
    } while (*at++ == ',');
    return *--at == '\0' || fail(error, rule->text, "actions are parted by commas");
}

/* "LABEL>NUMBER", and how long and how often. */
static bool take_condition(Rule *rule, const char **at, GError **error)
{
    const char *greater = strchr(*at, '>');
    if (!greater)
        return fail(error, rule->text, "there is no LABEL>CONFIDENCE");
    g_autofree char *label = g_strndup(*at, (gsize)(greater - *at));
    g_strstrip(label);
    rule->label = g_utf8_strdown(label, -1);
    *at = greater + 1;
    if (!*rule->label)
        return fail(error, rule->text, "there is no label before the >; * means any");
    if (!take_number(at, &rule->confidence) || rule->confidence >= 1)
        return fail(error, rule->text, "the confidence behind > must be from 0 to below 1");
    if (take_word(at, "for") && !take_time(at, &rule->hold))
        return fail(error, rule->text, "for: how long? Say for 2s");
    if (take_word(at, "every") && !take_time(at, &rule->every))
        return fail(error, rule->text, "every: how often? Say every 60s");
    *at = skip_blanks(*at);
    if (**at != ':')
        return fail(error, rule->text, "a : must stand before the actions");
    (*at)++;
    return true;
}

Rule *rule_parse(const char *text, GError **error)
{
    if (!g_utf8_validate(text, -1, NULL)) {
        fail(error, "(bytes)", "it is not UTF-8");
        return NULL;
    }
    if (strlen(text) > LONGEST_RULE) {
        fail(error, text, "it is too long");
        return NULL;
    }
    Rule *rule = g_new0(Rule, 1);
    const char *at = text;
    rule->text = g_strdup(text);
    rule->every = DEFAULT_EVERY;
    rule->since = rule->fired = -1;
    rule->armed = true;
    rule->actions = g_array_new(FALSE, FALSE, sizeof(Action));
    g_array_set_clear_func(rule->actions, clear_action);
    if (take_condition(rule, &at, error) && take_actions(rule, at, error))
        return rule;
    rule_free(rule);
    return NULL;
}

void rule_free(Rule *rule)
{
    if (!rule)
        return;
    g_free(rule->text);
    g_free(rule->label);
    g_array_unref(rule->actions);
    g_free(rule);
}

bool rule_means(const Rule *rule, const char *label)
{
    g_autofree char *lower = g_utf8_strdown(label, -1);
    return g_pattern_match_simple(rule->label, lower);
}

bool rule_update(Rule *rule, double confidence, double now)
{
    if (!(confidence > rule->confidence)) {
        rule->since = -1;
        rule->armed = true;
        return false;
    }
    if (rule->since < 0)
        rule->since = now;
    if (!rule->armed || now - rule->since < rule->hold)
        return false;
    if (rule->fired >= 0 && now - rule->fired < rule->every)
        return false;
    rule->armed = false;
    rule->fired = now;
    return true;
}

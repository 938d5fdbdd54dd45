/* SPDX-License-Identifier: MIT */
/* rules.h - --on "cat>0.7 for 2s every 60s: snapshot, clip 5s, post URL, exec CMD": reading such a
 * rule, and when it fires. Knows nothing of pictures, networks or clocks. */
#ifndef VIEWER_RULES_H
#define VIEWER_RULES_H

#include <glib.h>
#include <stdbool.h>

typedef enum {
    ACTION_SNAPSHOT,
    ACTION_CLIP,
    ACTION_POST,
    ACTION_EXEC,
} ActionKind;

typedef struct {
    ActionKind kind;
    double seconds; /* of a clip after the event */
    char *text;     /* address, or command */
    char **argv;    /* of a command */
} Action;

typedef struct {
    char *text;         /* as given */
    char *label;        /* with * and ? as in file names; letters of either case */
    double confidence;  /* above it, 0...1 */
    double hold, every; /* seconds: so long without a break; at most once in so many */
    GArray *actions;    /* of Action */

    /* where it stands; times in seconds, negative: never */
    double since, fired;
    bool armed;
} Rule;

/* NULL and error (G_OPTION_ERROR_BAD_VALUE, starting with "--on TEXT: ") if it makes no sense.
 *
 *   RULE     = LABEL ">" NUMBER ["for" TIME] ["every" TIME] ":" ACTION {"," ACTION}
 *   ACTION   = "snapshot" | "clip" TIME | "post" URL | "exec" COMMAND-TO-THE-END
 *   TIME     = NUMBER ("ms" | "s" | "m" | "h") */
Rule *rule_parse(const char *text, GError **error);
void rule_free(Rule *rule); /* NULL is fine */

/* The confidence, 0...1, of the surest class whose label the rule means, at a time that never goes
 * back. Whether it fires now: once the confidence has been high for as long as it must be, and
 * again only after it was low. */
bool rule_update(Rule *rule, double confidence, double now);

/* Whether the rule means this label. */
bool rule_means(const Rule *rule, const char *label);

#endif

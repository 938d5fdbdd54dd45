/* SPDX-License-Identifier: MIT */
/* labelfilter.c - patterns against labels, without regard to case. */
#include "labelfilter.h"

static gchar **fold_patterns(const gchar *list)
{
    gchar **patterns = g_strsplit(list != NULL ? list : "", ";", -1);

    for (guint i = 0; patterns[i] != NULL; i++) {
        gchar *folded = g_utf8_casefold(g_strstrip(patterns[i]), -1);

        g_free(patterns[i]);
        patterns[i] = folded;
    }
    return patterns;
}

static gboolean matches(gchar *const *patterns, const gchar *label)
{
    for (guint i = 0; patterns[i] != NULL; i++) {
        if (*patterns[i] != '\0' && g_pattern_match_simple(patterns[i], label))
            return TRUE;
    }
    return FALSE;
}

void label_filter(const gchar *show, const gchar *hide, const gchar *const *labels, guint n,
                  guint8 *allowed)
{
    gchar **shown = fold_patterns(show), **hidden = fold_patterns(hide);

    for (guint i = 0; i < n; i++) {
        gchar *label = g_utf8_casefold(labels[i], -1);

        allowed[i] = (show == NULL || matches(shown, label)) && !matches(hidden, label);
        g_free(label);
    }
    g_strfreev(shown);
    g_strfreev(hidden);
}

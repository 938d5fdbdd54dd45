/* SPDX-License-Identifier: MIT */
/* fuzz_rules.c - any bytes as a rule of --on: it is read or refused with a reason, and a rule that
 * was read can be asked. */
#include <stdint.h>
#include <string.h>

#include "viewer/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 8192)
        return 0;
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    Rule *rule = rule_parse(text, &error);
    if (!rule) {
        g_assert(error && g_str_has_prefix(error->message, "--on "));
        return 0;
    }
    g_assert(!error && rule->actions->len > 0 && rule->confidence >= 0 && rule->confidence < 1);
    for (int i = 0; i < 8; i++)
        rule_update(rule, i % 3 ? 1 : 0, i * 0.7);
    rule_means(rule, text);
    rule_free(rule);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* prompt.c - keys to names and holds. */
#include <string.h>

#include "prompt.h"

enum {
    LONGEST_NAME = 40, /* that fits on the video */
    RELEASE_MS = 150,  /* a key that is held comes up and goes down again all the time */
};

typedef enum { ASK_CLASS, ASK_NEW_NAME, CHOSEN } Step;

struct Prompt {
    Teaching *teaching;
    void (*changed)(gpointer data);
    gpointer data;
    bool open;
    Step step;
    GString *typed;
    char *chosen;  /* class */
    char *problem; /* with what was pressed last; NULL: none */
    bool shift, held;
    guint release;
};

static void ask(Prompt *p, Step step)
{
    p->step = step;
    g_string_truncate(p->typed, 0);
}

/* What Enter takes; g_free() it. */
static char *name_so_far(const Prompt *p)
{
    return p->typed->len          ? g_strstrip(g_strdup(p->typed->str))
           : p->step == ASK_CLASS ? teaching_free_name(p->teaching)
                                  : g_strdup(p->chosen);
}

/* ---- holding ------------------------------------------------------------------------------ */

static void let_go(Prompt *p)
{
    g_clear_handle_id(&p->release, g_source_remove);
    if (p->held)
        teaching_done(p->teaching);
    p->held = false;
}

static gboolean on_release(gpointer data)
{
    Prompt *p = data;
    p->release = 0;
    let_go(p);
    return G_SOURCE_REMOVE;
}

static void hold(Prompt *p, bool down, GError **error)
{
    g_clear_handle_id(&p->release, g_source_remove);
    if (!down) {
        if (p->held)
            p->release = g_timeout_add(RELEASE_MS, on_release, p);
    } else if (!p->held) {
        p->held = teaching_hold(p->teaching, p->chosen, error);
    }
}

/* ---- keys --------------------------------------------------------------------------------- */

/* The character of a key, 0 if it has none that is fit for a name here. */
static char character(const Prompt *p, const char *key)
{
    static const struct {
        const char *key;
        char c;
    } named[] = {{"space", ' '}, {"minus", '-'}, {"period", '.'}, {"underscore", '_'}};
    if (key[0] && !key[1] && g_ascii_isalnum(key[0]))
        return p->shift ? g_ascii_toupper(key[0]) : key[0];
    for (size_t i = 0; i < G_N_ELEMENTS(named); i++)
        if (g_str_equal(key, named[i].key))
            return named[i].c;
    return 0;
}

static void take_name(Prompt *p, GError **error)
{
    g_autofree char *name = name_so_far(p);
    if (p->step == ASK_NEW_NAME && !teaching_rename(p->teaching, p->chosen, name, error))
        return;
    g_free(p->chosen);
    p->chosen = g_steal_pointer(&name);
    p->step = CHOSEN;
}

static void type(Prompt *p, const char *key, GError **error)
{
    char c = character(p, key);
    if (g_str_equal(key, "Return") || g_str_equal(key, "KP_Enter"))
        take_name(p, error);
    else if (g_str_equal(key, "BackSpace") && p->typed->len)
        g_string_truncate(p->typed, p->typed->len - 1);
    else if (c && p->typed->len < LONGEST_NAME)
        g_string_append_c(p->typed, c);
}

static void command(Prompt *p, const char *key, GError **error)
{
    if (g_str_equal(key, "Return") || g_str_equal(key, "KP_Enter")) {
        ask(p, ASK_CLASS);
    } else if (g_str_equal(key, "BackSpace")) {
        teaching_undo(p->teaching, error);
    } else if (g_str_equal(key, "Delete")) {
        if (teaching_forget(p->teaching, p->chosen, error))
            ask(p, ASK_CLASS);
    } else if (g_ascii_strcasecmp(key, "r") == 0) {
        ask(p, ASK_NEW_NAME);
    }
}

void prompt_key(Prompt *p, const char *key, bool down)
{
    g_autoptr(GError) error = NULL;
    bool shift = g_str_has_prefix(key, "Shift_");
    if (shift)
        p->shift = down;
    if (p->step == CHOSEN && g_str_equal(key, "space")) {
        hold(p, down, &error);
    } else if (!down || shift) {
        return;
    } else if (g_str_equal(key, "Escape")) {
        g_free(prompt_set_open(p, false));
    } else {
        let_go(p);
        if (p->step == CHOSEN)
            command(p, key, &error);
        else
            type(p, key, &error);
    }
    g_free(p->problem);
    p->problem = error ? g_strdup(error->message) : NULL;
    p->changed(p->data);
}

/* ------------------------------------------------------------------------------------------- */

char *prompt_panel(const Prompt *p)
{
    g_autofree char *classes = teaching_classes(p->teaching), *text = teaching_text(p->teaching);
    const char *known = *classes ? classes : "nothing yet";
    g_autofree char *name = name_so_far(p);
    const char *typed = p->typed->len ? p->typed->str : name;
    const char *last = p->problem ? p->problem : text;
    switch (p->step) {
    case ASK_CLASS:
        return g_strdup_printf(
            "Teach: what do you show?  %s_\nEnter\tgo on    Esc  end\nknown\t%s\n%s", typed, known,
            last);
    case ASK_NEW_NAME:
        return g_strdup_printf("Another name for %s:  %s_\nEnter\tgo on    Esc  end\n%s", p->chosen,
                               typed, last);
    case CHOSEN:
        break;
    }
    if (teaching_is_taking(p->teaching))
        return g_strdup_printf("%s\nLet go of space, and it learns.", text);
    return g_strdup_printf("Teach: %s\nspace\thold it while you show it\nEnter\tanother class    "
                           "Backspace  undo\nr\trename    Delete  forget    Esc  end\n%s",
                           p->chosen, last);
}

char *prompt_set_open(Prompt *p, bool open)
{
    g_autoptr(GError) error = NULL;
    let_go(p);
    if (!teaching_set_on(p->teaching, open, &error))
        return g_strdup(error->message);
    p->open = open;
    p->shift = false;
    g_clear_pointer(&p->problem, g_free);
    ask(p, ASK_CLASS);
    p->changed(p->data);
    return NULL;
}

bool prompt_is_open(const Prompt *p)
{
    return p->open && teaching_is_on(p->teaching);
}

void prompt_free(Prompt *p)
{
    if (!p)
        return;
    g_clear_handle_id(&p->release, g_source_remove);
    g_string_free(p->typed, TRUE);
    g_free(p->chosen);
    g_free(p->problem);
    g_free(p);
}

Prompt *prompt_new(Teaching *teaching, void (*changed)(gpointer data), gpointer data)
{
    Prompt *p = g_new0(Prompt, 1);
    p->teaching = teaching;
    p->changed = changed;
    p->data = data;
    p->typed = g_string_new(NULL);
    return p;
}

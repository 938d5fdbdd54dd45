/* SPDX-License-Identifier: MIT */
/* report.c - accuracy, classes, confusions and doubtful pictures, as text, JSON and HTML. */
#include "teach/report.h"

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

#include "jsonline.h"

#define PAIRS      10 /* shown in text */
#define DOUBTFUL   10
#define PAGE_PAIRS 50
#define PAGE_DOUBT 40
#define THUMBNAILS 12 /* of a pair */

typedef struct {
    char *path;
    double seconds; /* in a video; else REPORT_NO_VIDEO */
    int truth, taken;
    float own, best; /* probabilities of the truth and of what it was taken for */
} Judged;

struct Report {
    char **labels;
    int n;
    GArray *judged;
};

typedef struct {
    int truth, taken, times;
} Pair;

static void clear_judged(void *data)
{
    g_free(((Judged *)data)->path);
}

Report *report_new(const char *const *labels, int n)
{
    Report *r = g_new0(Report, 1);
    r->labels = g_new0(char *, n + 1);
    for (int i = 0; i < n; i++)
        r->labels[i] = g_strdup(labels[i]);
    r->n = n;
    r->judged = g_array_new(FALSE, FALSE, sizeof(Judged));
    g_array_set_clear_func(r->judged, clear_judged);
    return r;
}

void report_free(Report *r)
{
    g_strfreev(r->labels);
    g_array_unref(r->judged);
    g_free(r);
}

void report_add(Report *r, const char *path, double seconds, int truth, const float *scores)
{
    Judged j = {.path = g_strdup(path), .seconds = seconds, .truth = truth};
    for (int k = 1; k < r->n; k++)
        j.taken = scores[k] > scores[j.taken] ? k : j.taken;
    j.best = scores[j.taken];
    j.own = truth >= 0 ? scores[truth] : 0;
    g_array_append_val(r->judged, j);
}

int report_images(const Report *r)
{
    return (int)r->judged->len;
}

static int count(const Report *r, int truth, bool right_only)
{
    int n = 0;
    for (guint i = 0; i < r->judged->len; i++) {
        const Judged *j = &g_array_index(r->judged, Judged, i);
        n += (truth < -1 || j->truth == truth) && (!right_only || j->taken == j->truth);
    }
    return n;
}

static double share(int part, int whole)
{
    return whole ? (double)part / whole : 0;
}

double report_accuracy(const Report *r)
{
    return share(count(r, -2, true), report_images(r));
}

static const char *label(const Report *r, int k)
{
    return k < 0 ? "(none of the classes)" : r->labels[k];
}

/* ---- pairs and doubts --------------------------------------------------------------------- */

static int by_times(gconstpointer a, gconstpointer b)
{
    const Pair *x = a, *y = b;
    if (x->times != y->times)
        return y->times - x->times;
    return x->truth != y->truth ? x->truth - y->truth : x->taken - y->taken;
}

static GArray *find_pairs(const Report *r)
{
    GArray *pairs = g_array_new(FALSE, FALSE, sizeof(Pair));
    for (guint i = 0; i < r->judged->len; i++) {
        const Judged *j = &g_array_index(r->judged, Judged, i);
        guint at = 0;
        if (j->taken == j->truth)
            continue;
        for (; at < pairs->len; at++) {
            Pair *p = &g_array_index(pairs, Pair, at);
            if (p->truth == j->truth && p->taken == j->taken)
                break;
        }
        Pair fresh = {j->truth, j->taken, 0};
        if (at == pairs->len)
            g_array_append_val(pairs, fresh);
        g_array_index(pairs, Pair, at).times++;
    }
    g_array_sort(pairs, by_times);
    return pairs;
}

static int by_doubt(gconstpointer a, gconstpointer b)
{
    const Judged *x = *(Judged *const *)a, *y = *(Judged *const *)b;
    if (x->own != y->own)
        return x->own < y->own ? -1 : 1;
    int order = strcmp(x->path, y->path);
    return order ? order : (x->seconds > y->seconds) - (x->seconds < y->seconds);
}

/* All pictures, those whose own class is least probable first. */
static GPtrArray *find_doubtful(const Report *r)
{
    GPtrArray *doubtful = g_ptr_array_new();
    for (guint i = 0; i < r->judged->len; i++)
        g_ptr_array_add(doubtful, &g_array_index(r->judged, Judged, i));
    g_ptr_array_sort(doubtful, by_doubt);
    return doubtful;
}

/* " at 12 s", or "" for a picture. */
static char *place_in_video(const Judged *j)
{
    return j->seconds < 0 ? g_strdup("") : g_strdup_printf(" at %g s", j->seconds);
}

/* ---- text --------------------------------------------------------------------------------- */

void report_print(const Report *r, FILE *out)
{
    g_autoptr(GArray) pairs = find_pairs(r);
    g_autoptr(GPtrArray) doubtful = find_doubtful(r);
    fprintf(out, "%8s %8s  class\n", "pictures", "right");
    for (int k = -1; k < r->n; k++) {
        int images = count(r, k, false);
        if (images)
            fprintf(out, "%8d %6.1f %%  %s\n", images, 100 * share(count(r, k, true), images),
                    label(r, k));
    }
    if (pairs->len)
        fprintf(out, "\nTaken for another most often:\n");
    for (guint i = 0; i < MIN(pairs->len, PAIRS); i++) {
        const Pair *p = &g_array_index(pairs, Pair, i);
        fprintf(out, "%8d times  %s -> %s\n", p->times, label(r, p->truth), label(r, p->taken));
    }
    if (doubtful->len)
        fprintf(out, "\nMost doubtful:\n");
    for (guint i = 0; i < MIN(doubtful->len, DOUBTFUL); i++) {
        const Judged *j = doubtful->pdata[i];
        g_autofree char *place = place_in_video(j);
        fprintf(out, "%6.1f %%  %s%s: %s\n", 100 * (double)j->own, j->path, place,
                j->taken == j->truth ? "right" : label(r, j->taken));
    }
    fprintf(out, "\n%d pictures: %.2f %% right\n", report_images(r), 100 * report_accuracy(r));
}

void report_print_json(const Report *r, const char *model)
{
    g_autoptr(GArray) pairs = find_pairs(r);
    for (int k = 0; k < r->n; k++) {
        int images = count(r, k, false);
        if (!images)
            continue;
        JsonBuilder *line = json_line_new();
        json_add_string(line, "class", r->labels[k]);
        json_add_int(line, "images", images);
        json_add_double(line, "right", share(count(r, k, true), images));
        json_line_print(line);
    }
    for (guint i = 0; i < MIN(pairs->len, PAIRS); i++) {
        const Pair *p = &g_array_index(pairs, Pair, i);
        JsonBuilder *line = json_line_new();
        json_add_string(line, "truth", label(r, p->truth));
        json_add_string(line, "taken_for", label(r, p->taken));
        json_add_int(line, "times", p->times);
        json_line_print(line);
    }
    JsonBuilder *line = json_line_new();
    json_add_path(line, "model", model);
    json_add_int(line, "images", report_images(r));
    json_add_double(line, "accuracy", report_accuracy(r));
    json_line_print(line);
}

/* ---- page --------------------------------------------------------------------------------- */

/* The number and its sign stay in one line. */
#define PERCENT(number) " " number "&nbsp;%%"

static void add_escaped(GString *page, const char *format, const char *text)
{
    g_autofree char *safe = g_markup_escape_text(text, -1);
    g_string_append_printf(page, "%s%s", format, safe);
}

static void add_picture(GString *page, const Report *r, const Judged *j)
{
    g_autoptr(GFile) file = g_file_new_for_commandline_arg(j->path);
    g_autofree char *uri = g_file_get_uri(file);
    g_autofree char *name = g_filename_display_basename(j->path);
    add_escaped(page, "<figure><a href=\"", uri);
    if (j->seconds < 0) {
        add_escaped(page, "\"><img loading=\"lazy\" src=\"", uri);
        add_escaped(page, "\" alt=\"", name);
        g_string_append(page, "\">");
    } else { /* shows the frame */
        add_escaped(page, "\"><video muted preload=\"metadata\" src=\"", uri);
        g_string_append_printf(page, "#t=%g\"></video>", j->seconds);
    }
    g_autofree char *place = place_in_video(j);
    add_escaped(page, "</a><figcaption>", label(r, j->truth));
    g_string_append_printf(page, PERCENT("%.0f"), 100 * (double)j->own);
    if (j->taken != j->truth) {
        add_escaped(page, "<br><b>", label(r, j->taken));
        g_string_append_printf(page, PERCENT("%.0f") "</b>", 100 * (double)j->best);
    }
    add_escaped(page, "<small title=\"", name);
    add_escaped(page, "\">", name);
    add_escaped(page, "", place);
    g_string_append(page, "</small></figcaption></figure>\n");
}

static void add_table(GString *page, const Report *r)
{
    g_string_append(page, "<table><tr><th>Class</th><th>Pictures</th><th>Right</th></tr>\n");
    for (int k = -1; k < r->n; k++) {
        int images = count(r, k, false);
        double right = share(count(r, k, true), images);
        if (!images)
            continue;
        add_escaped(page, "<tr><td>", label(r, k));
        g_string_append_printf(
            page,
            "</td><td>%d</td><td><meter value=\"%.3f\"></meter>" PERCENT("%.1f") "</td></tr>\n",
            images, right, 100 * right);
    }
    g_string_append(page, "</table>\n");
}

static void add_pairs(GString *page, const Report *r)
{
    g_autoptr(GArray) pairs = find_pairs(r);
    if (pairs->len)
        g_string_append(page, "<h2>Taken for another</h2>\n<div>");
    for (guint i = 0; i < MIN(pairs->len, PAGE_PAIRS); i++) {
        const Pair *p = &g_array_index(pairs, Pair, i);
        int shown = 0;
        add_escaped(page, "<section><h3>", label(r, p->truth));
        add_escaped(page, " &rarr; ", label(r, p->taken));
        g_string_append_printf(page, ": %d</h3>\n<div>", p->times);
        for (guint k = 0; k < r->judged->len && shown < THUMBNAILS; k++) {
            const Judged *j = &g_array_index(r->judged, Judged, k);
            if (j->truth != p->truth || j->taken != p->taken)
                continue;
            add_picture(page, r, j);
            shown++;
        }
        g_string_append(page, "</div></section>\n");
    }
    if (pairs->len)
        g_string_append(page, "</div>\n");
}

bool report_write_html(const Report *r, const char *path, const char *title, GError **error)
{
    g_autoptr(GString) page = g_string_new(
        "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n<style>\n"
        ":root{color-scheme:light dark}body{font:16px/1.4 system-ui,sans-serif;margin:2em auto;"
        "max-width:60em;padding:0 1em}\n"
        "h1{font-size:1.5em;overflow-wrap:anywhere}h3{font-size:1em;margin:.7em 0 .3em}\n"
        "table{border-collapse:collapse}td,th{padding:.2em 1em .2em 0;text-align:left}\n"
        "td:nth-child(2){text-align:right}td:nth-child(3){white-space:nowrap}\n"
        "section{margin-right:2em}\n"
        "div{display:flex;flex-wrap:wrap;gap:.7em}figure{margin:0;width:8em;font-size:.8em;"
        "overflow-wrap:anywhere}\n"
        "img,video{width:8em;height:8em;object-fit:cover;border-radius:.3em}\n"
        "small{display:block;opacity:.7;overflow:hidden;white-space:nowrap;text-overflow:ellipsis}"
        "\nb{color:#c22}@media(prefers-color-scheme:dark){b{color:#f88}}\n</style>\n");
    add_escaped(page, "<title>", title);
    add_escaped(page, "</title>\n<h1>", title);
    g_string_append_printf(page, "</h1>\n<p>%d pictures, %.1f %% right.</p>\n", report_images(r),
                           100 * report_accuracy(r));
    add_table(page, r);
    add_pairs(page, r);
    g_autoptr(GPtrArray) doubtful = find_doubtful(r);
    g_string_append(page, "<h2>Most doubtful</h2>\n<div>");
    for (guint i = 0; i < MIN(doubtful->len, PAGE_DOUBT); i++)
        add_picture(page, r, doubtful->pdata[i]);
    g_string_append(page, "</div>\n");
    return g_file_set_contents(path, page->str, (gssize)page->len, error);
}

/* SPDX-License-Identifier: MIT */
/* report.h - how well a taught model does on pictures whose class is known. */
#ifndef TEACH_REPORT_H
#define TEACH_REPORT_H

#include <stdio.h>

#include "nn.h"

typedef struct Report Report;

/* labels: names of n classes, "unknown" among them where there is one; copied. */
Report *report_new(const char *const *labels, int n);
void report_free(Report *report);

/* One picture judged: scores are n probabilities; truth a class, or -1: none of them. seconds: of a
 * video, where in it the picture is. */
#define REPORT_NO_VIDEO (-1.0)
void report_add(Report *report, const char *path, double seconds, int truth, const float *scores);

int report_images(const Report *report);
double report_accuracy(const Report *report); /* 0...1; of no picture: 0 */

/* The table of classes, the pairs taken for one another, the most doubtful pictures. */
void report_print(const Report *report, FILE *out);
void report_print_json(const Report *report, const char *model);

/* The same as a page with thumbnails, which are the pictures themselves. */
bool report_write_html(const Report *report, const char *path, const char *title, GError **error);

#endif

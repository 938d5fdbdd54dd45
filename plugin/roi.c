/* SPDX-License-Identifier: MIT */
/* roi.c - text -> rectangle -> pixels. */
#include <math.h>

#include "nn.h"
#include "roi.h"

gboolean roi_parse(const gchar *text, Roi *roi, GError **error)
{
    gchar **words = g_strsplit(text != NULL ? text : "", ",", -1);
    gdouble numbers[4] = {0.0};
    gboolean good = g_strv_length(words) == 4;

    *roi = (Roi){.w = 0.0};
    for (guint i = 0; good && i < 4; i++) {
        gchar *end;

        numbers[i] = g_ascii_strtod(g_strstrip(words[i]), &end);
        good = end != words[i] && *end == '\0' && isfinite(numbers[i]) && numbers[i] >= 0.0 &&
               numbers[i] <= 65536.0;
    }
    g_strfreev(words);
    if (text == NULL)
        return TRUE;
    if (!good || numbers[2] <= 0.0 || numbers[3] <= 0.0) {
        g_set_error(
            error, NN_ERROR, NN_ERROR_ARGUMENT,
            "roi: \"%s\" is no region; write x,y,width,height in pixels (\"100,50,320,240\") "
            "or in fractions of the picture (\"0.25,0.25,0.5,0.5\"); the whole picture is "
            "looked at",
            text);
        return FALSE;
    }
    *roi = (Roi){numbers[0], numbers[1], numbers[2], numbers[3],
                 numbers[0] <= 1.0 && numbers[1] <= 1.0 && numbers[2] <= 1.0 && numbers[3] <= 1.0};
    return TRUE;
}

/* One direction: from and length in a picture that is so long. */
static void clip(gdouble from, gdouble length, gint size, gint *start, gint *n)
{
    gint first = (gint)CLAMP(lround(from), 0, size - 1);
    gint last = (gint)CLAMP(lround(from + length), first + 1, size);

    *start = first;
    *n = last - first;
}

void roi_pixels(const Roi *roi, gint width, gint height, gint box[4])
{
    gdouble scale_x = roi->fractions ? width : 1.0, scale_y = roi->fractions ? height : 1.0;

    if (roi->w <= 0.0) {
        box[0] = box[1] = 0;
        box[2] = width;
        box[3] = height;
        return;
    }
    clip(roi->x * scale_x, roi->w * scale_x, width, &box[0], &box[2]);
    clip(roi->y * scale_y, roi->h * scale_y, height, &box[1], &box[3]);
}

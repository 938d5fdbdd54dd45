/* SPDX-License-Identifier: MIT */
/* view.c - region of interest, fit in display aspect, and turning: pure geometry. */
#include "view.h"

#include <math.h>

#define MAX_SIZE 32768
#define MIN_SEEN (1.0 / 256) /* of a pixel, whatever its aspect ratio */

static const char *complaint(const NnImageFormat *f, const ImageTarget *t)
{
    if (f->width < 1 || f->width > MAX_SIZE || f->height < 1 || f->height > MAX_SIZE)
        return "a picture must be 1 to 32768 pixels wide and high";
    if (t->width < 1 || t->width > MAX_SIZE || t->height < 1 || t->height > MAX_SIZE)
        return "an input tensor must be 1 to 32768 pixels wide and high";
    if (f->par_n < 0 || f->par_d < 0 || !f->par_n != !f->par_d)
        return "a pixel aspect ratio must be two positive numbers, or 0/0 for square pixels";
    if (f->roi_w && (f->roi_x < 0 || f->roi_y < 0 || f->roi_w < 0 || f->roi_h < 1 ||
                     f->roi_x >= f->width || f->roi_y >= f->height ||
                     f->roi_w > f->width - f->roi_x || f->roi_h > f->height - f->roi_y))
        return "the region of interest must lie inside the picture";
    if ((unsigned)f->fit > NN_FIT_LETTERBOX)
        return "fit must be crop, stretch or letterbox";
    if ((unsigned)f->turn >= NN_TURN_COUNT)
        return "there are eight ways to turn a picture; this is none of them";
    return NULL;
}

/* To a grid of 1/65536 pixel, so that edges that ought to fall between pixels do. */
static double snap(double x)
{
    return round(x * 65536) / 65536;
}

static bool swaps_axes(NnTurn turn)
{
    return turn == NN_TURN_90R || turn == NN_TURN_90L || turn == NN_TURN_UL_LR ||
           turn == NN_TURN_UR_LL;
}

/* max * part, to the nearest pixel, but something of it; halves go up though part be a little off.
 */
static int share(int max, double part)
{
    int n = (int)floor(max * part + 0.500001);
    return n < 1 ? 1 : n > max ? max : n;
}

/* Where pixel (0, 0) of the turned-back picture and its neighbours stand in the rectangle of
 * w x h pixels at (x, y) of a target `row` pixels wide. */
static void place(View *view, NnTurn turn, int x, int y, int w, int h, int row)
{
    ptrdiff_t left_top = (ptrdiff_t)y * row + x;
    ptrdiff_t right = w - 1, bottom = (ptrdiff_t)(h - 1) * row;
    static const struct {
        bool from_right, from_bottom;
    } starts[NN_TURN_COUNT] = {
        [NN_TURN_90R] = {true, false},  [NN_TURN_180] = {true, true},
        [NN_TURN_90L] = {false, true},  [NN_TURN_HORIZ] = {true, false},
        [NN_TURN_VERT] = {false, true}, [NN_TURN_UL_LR] = {false, false},
        [NN_TURN_UR_LL] = {true, true},
    };
    ptrdiff_t across = starts[turn].from_right ? -1 : 1;
    ptrdiff_t down = starts[turn].from_bottom ? -row : row;
    view->origin =
        left_top + (starts[turn].from_right ? right : 0) + (starts[turn].from_bottom ? bottom : 0);
    view->step_x = swaps_axes(turn) ? down : across;
    view->step_y = swaps_axes(turn) ? across : down;
}

bool view_init(View *view, const NnImageFormat *format, const ImageTarget *target, const char **why)
{
    const char *text = complaint(format, target);
    if (text) {
        *why = text;
        return false;
    }
    bool whole = !format->roi_w, swap = swaps_axes(format->turn);
    view->x = whole ? 0 : format->roi_x;
    view->y = whole ? 0 : format->roi_y;
    view->w = whole ? format->width : format->roi_w;
    view->h = whole ? format->height : format->roi_h;

    /* Over 1: the picture is wider for its height, as displayed, than the target. */
    double par = format->par_n ? (double)format->par_n / format->par_d : 1;
    double shape =
        swap ? (double)target->height / target->width : (double)target->width / target->height;
    double wider = view->w * par / view->h / shape;
    int w = target->width, h = target->height;
    if (format->fit == NN_FIT_CROP) {
        double seen_w = wider > 1 ? fmax(view->w / wider, MIN_SEEN) : view->w;
        double seen_h = wider < 1 ? fmax(view->h * wider, MIN_SEEN) : view->h;
        double right = snap(view->x + (view->w + seen_w) / 2);
        double bottom = snap(view->y + (view->h + seen_h) / 2);
        view->x = snap(view->x + (view->w - seen_w) / 2);
        view->y = snap(view->y + (view->h - seen_h) / 2);
        view->w = right - view->x;
        view->h = bottom - view->y;
    } else if (format->fit == NN_FIT_LETTERBOX) {
        bool bars_above = (wider > 1) != swap;
        double part = wider > 1 ? 1 / wider : wider;
        if (bars_above)
            h = share(h, part);
        else
            w = share(w, part);
    }
    view->out_w = swap ? h : w;
    view->out_h = swap ? w : h;
    view->bars = w < target->width || h < target->height;
    place(view, format->turn, (target->width - w) / 2, (target->height - h) / 2, w, h,
          target->width);
    return true;
}

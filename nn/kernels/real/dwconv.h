/* SPDX-License-Identifier: MIT */
/* dwconv.h - depthwise convolution: four outputs side by side (and two below each
 * other for 3x3 without stride) share the input cells they have in common. Walks channels in the
 * innermost loop, so memory is read in order.
 *
 * Packed form: for each group of LANES channels a vector of bias, then one for each tap. If the
 * channels are no multiple of LANES the last group overlaps the one before. */
#ifndef NN_REAL_DWCONV_H
#define NN_REAL_DWCONV_H

enum { TILE_W = 4 };

/* The first channel of group g. */
static int group_start(const NnWindow *w, int g)
{
    return LANES * g + LANES <= w->out_c ? LANES * g : w->out_c - LANES;
}

static int n_groups(const NnWindow *w)
{
    return (w->out_c + LANES - 1) / LANES;
}

static size_t packed_size(const NnArgs *args)
{
    const NnWindow *w = &args->conv.win;
    return (size_t)n_groups(w) * LANES * ((size_t)w->k_h * (size_t)w->k_w + 1) * sizeof(Real);
}

static void pack(const NnArgs *args, const void *weights, const void *bias, void *packed)
{
    const NnWindow *w = &args->conv.win;
    Real *to = packed;

    for (int g = 0; g < n_groups(w); g++) {
        const size_t at = (size_t)group_start(w, g) * sizeof(float);
        if (bias)
            real_read(to, (const char *)bias + at, LANES);
        else
            memset(to, 0, LANES * sizeof(Real));
        to += LANES;
        for (int k = 0; k < w->k_h * w->k_w; k++, to += LANES)
            real_read(to, (const char *)weights + (size_t)k * w->out_c * sizeof(float) + at, LANES);
    }
}

/* What a tile is made of, all constant once inlined: kernel size, stride, rows of outputs; edge:
 * cells left or right of the input are possible. */
typedef struct {
    int k, stride, rows;
    bool edge;
} Kind;

enum {
    MAX_ROWS_IN = 5,
    MAX_COLS_IN = (TILE_W - 1) * 2 + 5,
};

/* Where a tile reads: rows of input (a line of zeros for those above or below it), the distance in
 * bytes from there to each column, and for edges all ones or all zeros for each column. */
typedef struct {
    const char *row[MAX_ROWS_IN];
    ptrdiff_t col[MAX_COLS_IN];
    Mask mask[MAX_COLS_IN];
} Source;

/* Addresses are a row plus the distance of a column, in bytes: that is one load instruction. */
NN_INLINE Vec load(const char *row, ptrdiff_t col)
{
    return vec_load((const Real *)(row + col));
}

NN_INLINE void tile(const Kind kind, const NnConv *c, const Source *s, const Real *w, Real *to)
{
    const int k = kind.k, stride = kind.stride;
    const int rows_in = (kind.rows - 1) * stride + k, cols_in = (TILE_W - 1) * stride + k;
    const Vec lo = vec_set(c->f_min), hi = vec_set(c->f_max);
    const ptrdiff_t cell = (ptrdiff_t)c->win.out_c * (ptrdiff_t)sizeof(Real);
    const char *row[MAX_ROWS_IN];
    ptrdiff_t col[MAX_COLS_IN], out_col[TILE_W];
    char *out[2];

    NN_UNROLL
    for (int i = 0; i < rows_in; i++)
        row[i] = s->row[i];
    NN_UNROLL
    for (int j = 0; j < cols_in; j++)
        col[j] = s->col[j];
    NN_UNROLL
    for (int p = 0; p < TILE_W; p++) {
        out_col[p] = p * cell;
        NN_STEP(out_col[p]);
    }
    NN_UNROLL
    for (int r = 0; r < kind.rows; r++)
        out[r] = (char *)to + r * cell * c->win.out_w;

    for (int left = c->win.out_c, step; left > 0; left -= step) {
        Vec sum[2][TILE_W], x[MAX_COLS_IN];
        NN_UNROLL
        for (int r = 0; r < kind.rows; r++) {
            NN_UNROLL
            for (int p = 0; p < TILE_W; p++)
                sum[r][p] = vec_load(w);
        }
        /* the last group may overlap the one before */
        step = left >= 2 * LANES || left == LANES ? LANES : left - LANES;
        NN_UNROLL
        for (int i = 0; i < rows_in; i++) {
            NN_UNROLL
            for (int j = 0; j < cols_in; j++) {
                x[j] = load(row[i], col[j]);
                if (kind.edge && (j < k / 2 || j >= cols_in - k / 2))
                    x[j] = vec_and(x[j], s->mask[j]);
            }
            row[i] += step * sizeof(Real);
            /* output row r sees input row i through its kernel row i - r * stride */
            NN_UNROLL
            for (int j = 0; j < k; j++) {
                NN_UNROLL
                for (int r = 0; r < kind.rows; r++) {
                    const int tap = i - r * stride;
                    if (tap < 0 || tap >= k)
                        continue;
                    const Vec weight = vec_load(w + LANES * (1 + tap * k + j));
                    NN_UNROLL
                    for (int p = 0; p < TILE_W; p++)
                        sum[r][p] = vec_fma(sum[r][p], x[p * stride + j], weight);
                }
            }
        }
        w += LANES * (1 + k * k);
        NN_UNROLL
        for (int r = 0; r < kind.rows; r++) {
            NN_UNROLL
            for (int p = 0; p < TILE_W; p++)
                vec_store((Real *)(out[r] + out_col[p]), vec_min(vec_max(sum[r][p], lo), hi));
            out[r] += step * sizeof(Real);
        }
    }
}

typedef void TileFn(const NnConv *c, const Source *s, const Real *w, Real *out);

#define TILE(k, stride, rows, edge)                                                                \
    static void tile_##k##_##stride##_##rows##_##edge(const NnConv *c, const Source *s,            \
                                                      const Real *w, Real *out)                    \
    {                                                                                              \
        tile((Kind){k, stride, rows, edge}, c, s, w, out);                                         \
    }
TILE(3, 1, 1, 0)
TILE(3, 1, 1, 1)
TILE(3, 1, 2, 0)
TILE(3, 1, 2, 1)
TILE(3, 2, 1, 0)
TILE(3, 2, 1, 1)
TILE(5, 1, 1, 0)
TILE(5, 1, 1, 1)
TILE(5, 2, 1, 0)
TILE(5, 2, 1, 1)
#undef TILE

static TileFn *find_tile(int k, int stride, int rows, bool edge)
{
    if (k == 3 && stride == 1)
        return rows == 2 ? (edge ? tile_3_1_2_1 : tile_3_1_2_0)
                         : (edge ? tile_3_1_1_1 : tile_3_1_1_0);
    if (k == 3)
        return edge ? tile_3_2_1_1 : tile_3_2_1_0;
    if (stride == 1)
        return edge ? tile_5_1_1_1 : tile_5_1_1_0;
    return edge ? tile_5_2_1_1 : tile_5_2_1_0;
}

static bool accepts(const NnArgs *args)
{
    const NnConv *c = &args->conv;
    const NnWindow *w = &c->win;
    const int right = (w->out_w - 1) * w->stride_w - w->pad_l + w->k_w - w->in_w;
    return c->depth_mult == 1 && w->k_h == w->k_w && (w->k_w == 3 || w->k_w == 5) &&
           w->stride_h == w->stride_w && w->stride_w <= 2 && w->dil_h == 1 && w->dil_w == 1 &&
           w->out_c >= LANES && w->out_w >= TILE_W && w->pad_l <= w->k_w / 2 && right <= w->k_w / 2;
}

static int columns_in(const NnWindow *w)
{
    return (TILE_W - 1) * w->stride_w + w->k_w;
}

/* A line of zeros, as wide as a tile. */
static size_t scratch_size(const NnArgs *args)
{
    const NnWindow *w = &args->conv.win;
    return (size_t)columns_in(w) * (size_t)w->in_c * sizeof(Real);
}

/* Rows of a tile whose outputs begin at (y, x). Columns outside stand for the nearest inside, and
 * the mask takes them out. True if there are any. */
static bool find_source(Source *s, const NnWindow *w, const NnBuffers *b, int y, int x, int rows)
{
    const ptrdiff_t cell = (ptrdiff_t)w->in_c * (ptrdiff_t)sizeof(Real);
    const int in_y = y * w->stride_h - w->pad_t, in_x = x * w->stride_w - w->pad_l;
    const int n = columns_in(w), first = in_x < 0 ? 0 : in_x;
    const bool edge = in_x < 0 || in_x + n > w->in_w;

    for (int i = 0; i < (rows - 1) * w->stride_h + w->k_h; i++) {
        const bool inside = in_y + i >= 0 && in_y + i < w->in_h;
        s->row[i] = inside
                        ? (const char *)b->in[0] + ((ptrdiff_t)(in_y + i) * w->in_w + first) * cell
                        : b->scratch;
    }
    for (int j = 0; j < n; j++) {
        const int at = in_x + j;
        const bool inside = at >= 0 && at < w->in_w;
        s->col[j] = ((inside ? at : at < 0 ? 0 : w->in_w - 1) - first) * cell;
        s->mask[j] = mask_set(inside);
    }
    return edge;
}

static void run(const NnArgs *args, const NnBuffers *b, int y0, int y1)
{
    const NnConv *c = &args->conv;
    const NnWindow *w = &c->win;
    const bool pairs = w->k_w == 3 && w->stride_w == 1;
    Real *out = b->out;
    Source s;

    memset(b->scratch, 0, scratch_size(args));
    for (int y = y0, rows; y < y1; y += rows) {
        rows = pairs && y1 - y >= 2 ? 2 : 1;
        for (int x = 0; x < w->out_w; x += TILE_W) {
            /* the last tile may overlap the one before */
            const int at = x + TILE_W <= w->out_w ? x : w->out_w - TILE_W;
            const bool edge = find_source(&s, w, b, y, at, rows);
            find_tile(w->k_w, w->stride_w, rows,
                      edge)(c, &s, b->packed, out + ((ptrdiff_t)y * w->out_w + at) * w->out_c);
        }
    }
}

#endif

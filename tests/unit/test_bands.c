/* SPDX-License-Identifier: MIT */
/* test_bands.c - a net gives the same bytes however its steps are grouped, and needs less memory in
 * groups; maps hold the rows that are wanted and no more. */
#include "bands.h"
#include "nn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const models[] = {"mobilenet_v1_u8", "mobilenet_v2_s8", "mobilenet_v2_f32"};

/* Runs a model with NN_BANDS set and gives its output; g_free() it. */
static void *run(const char *name, const char *bands, int threads, size_t *bytes, NnNetInfo *info)
{
    char *path = g_strdup_printf("%s/%s.tflite", TINY_DIR, name);
    GError *error = NULL;
    NnModel *model = nn_model_new_from_file(path, &error);
    if (!model)
        fail_msg("%s", error->message);
    g_setenv("NN_BANDS", bands, TRUE);
    NnNet *net = nn_net_new(model, &(NnOptions){.threads = threads, .cpu = NN_CPU_ALL}, &error);
    if (!net)
        fail_msg("%s", error->message);
    g_unsetenv("NN_BANDS");
    const NnTensorInfo *in = nn_model_input(model);
    for (size_t i = 0; i < in->bytes / (in->type == NN_F32 ? 4 : 1); i++) {
        if (in->type == NN_F32)
            ((float *)nn_net_input(net))[i] = (float)(i * 2654435761u % 1000) / 500 - 1;
        else
            ((uint8_t *)nn_net_input(net))[i] = (uint8_t)(i * 2654435761u >> 8);
    }
    nn_net_run(net);
    nn_net_info(net, info);
    *bytes = nn_model_output(model)->bytes;
    void *output = g_memdup2(nn_net_output(net), *bytes);
    nn_net_free(net);
    nn_model_unref(model);
    g_free(path);
    return output;
}

static void bands_change_no_byte(void **state)
{
    (void)state;
    static const char *const caches[] = {"1", "2", "3", "5", "8", "16", "32"};
    for (size_t m = 0; m < G_N_ELEMENTS(models); m++) {
        size_t bytes;
        NnNetInfo off, on;
        void *due = run(models[m], "off", 1, &bytes, &off);
        for (size_t b = 0; b < G_N_ELEMENTS(caches); b++) {
            for (int threads = 1; threads <= 4; threads++) {
                void *got = run(models[m], caches[b], threads, &bytes, &on);
                assert_memory_equal(got, due, bytes);
                g_free(got);
            }
        }
        g_free(due);
    }
}

static void groups_need_a_smaller_arena(void **state)
{
    (void)state;
    for (size_t m = 0; m < G_N_ELEMENTS(models); m++) {
        size_t bytes;
        NnNetInfo off, on;
        g_free(run(models[m], "off", 1, &bytes, &off));
        g_free(run(models[m], "16", 1, &bytes, &on));
        /* of the small v1 the input alone is more than half */
        assert_true(on.arena_bytes < off.arena_bytes);
        assert_true(m == 0 || 2 * on.arena_bytes <= off.arena_bytes);
    }
}

/* ---- maps --------------------------------------------------------------------------------- */

enum { HEIGHT = 32 };

/* A step of k rows high windows, made two rows at a time, that reads steps a and b. */
static PlanStep step(NnOp op, int k, int stride, int in_h, int a, int b, int last_reader)
{
    PlanStep s = {.args = {.op = op}, .from = {a, b}, .last_reader = last_reader, .band = 2};
    s.rows = in_h / stride;
    if (op != NN_OP_ADD)
        s.args.conv.win = (NnWindow){.in_h = in_h,
                                     .out_h = s.rows,
                                     .k_h = k,
                                     .stride_h = stride,
                                     .dil_h = 1,
                                     .pad_t = k == 3 && stride == 1};
    return s;
}

/* Convolution, a block with a residual, a depthwise layer with stride 2, convolution. */
static Plan make_plan(PlanStep steps[7])
{
    steps[0] = step(NN_OP_CONV, 1, 1, HEIGHT, -1, -1, 4);
    steps[1] = step(NN_OP_CONV, 1, 1, HEIGHT, 0, -1, 2);
    steps[2] = step(NN_OP_DWCONV, 3, 1, HEIGHT, 1, -1, 3);
    steps[3] = step(NN_OP_CONV, 1, 1, HEIGHT, 2, -1, 4);
    steps[4] = step(NN_OP_ADD, 1, 1, HEIGHT, 3, 0, 5);
    steps[5] = step(NN_OP_DWCONV, 3, 2, HEIGHT, 4, -1, 6);
    steps[6] = step(NN_OP_CONV, 1, 1, HEIGHT / 2, 5, -1, 7);
    return (Plan){.steps = steps, .n_steps = 7};
}

static void maps_hold_what_is_wanted(void **state)
{
    (void)state;
    PlanStep steps[7];
    Plan plan = make_plan(steps);
    PlanGroup group = {.first = 0, .n = 7, .task_rows = HEIGHT / 2};
    int most[7] = {0};
    bands_measure(&plan, &group, (BandsRows){0, HEIGHT / 2}, most);
    assert_int_equal(most[0],
                     4); /* two that the addition still wants, a band below for the window */
    assert_int_equal(most[1], 5); /* what two windows see, and the second row of the band below */
    assert_int_equal(most[2], 2);
    assert_int_equal(most[3], 2);
    assert_int_equal(most[4], 6); /* what two windows with stride 2 see, likewise */
    assert_int_equal(most[5], 2);
}

static void rows_needed_widen_towards_the_input(void **state)
{
    (void)state;
    PlanStep steps[7];
    Plan plan = make_plan(steps);
    PlanGroup group = {.first = 0, .n = 7, .task_rows = 4};
    BandsRows need[7];
    bands_needed(&plan, &group, (BandsRows){4, 8}, need);
    static const BandsRows due[] = {{7, 18}, {7, 18}, {8, 17}, {8, 17}, {8, 17}, {4, 8}, {4, 8}};
    for (int i = 0; i < 7; i++) {
        assert_int_equal(need[i].y0, due[i].y0);
        assert_int_equal(need[i].y1, due[i].y1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bands_change_no_byte),
        cmocka_unit_test(groups_need_a_smaller_arena),
        cmocka_unit_test(maps_hold_what_is_wanted),
        cmocka_unit_test(rows_needed_widen_towards_the_input),
    };
    return cmocka_run_group_tests_name("bands", tests, NULL, NULL);
}

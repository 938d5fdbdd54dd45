/* SPDX-License-Identifier: MIT */
/* test_bands.c - a net gives the same bytes in whatever bands its blocks run, and needs less memory
 * in small ones. */
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
    static const char *const budgets[] = {"1", "2", "3", "5", "64"};
    for (size_t m = 0; m < G_N_ELEMENTS(models); m++) {
        size_t bytes;
        NnNetInfo off, on;
        void *due = run(models[m], "off", 1, &bytes, &off);
        for (size_t b = 0; b < G_N_ELEMENTS(budgets); b++) {
            for (int threads = 1; threads <= 4; threads++) {
                void *got = run(models[m], budgets[b], threads, &bytes, &on);
                assert_memory_equal(got, due, bytes);
                g_free(got);
            }
        }
        g_free(due);
    }
}

static void small_bands_need_a_smaller_arena(void **state)
{
    (void)state;
    size_t bytes;
    NnNetInfo off, on;
    g_free(run("mobilenet_v2_s8", "off", 1, &bytes, &off));
    g_free(run("mobilenet_v2_s8", "1", 1, &bytes, &on));
    assert_true(2 * on.arena_bytes < off.arena_bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bands_change_no_byte),
        cmocka_unit_test(small_bands_need_a_smaller_arena),
    };
    return cmocka_run_group_tests_name("bands", tests, NULL, NULL);
}

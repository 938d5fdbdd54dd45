/* SPDX-License-Identifier: MIT */
/* test_net.c - the public API on a model of the tiny set: life cycle, options, threads, top-k,
 * memory limits, finding models. */
#include "tiny.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_error(GError *error, NnError code, const char *part)
{
    assert_non_null(error);
    assert_true(g_error_matches(error, NN_ERROR, (int)code));
    if (!strstr(error->message, part))
        fail_msg("\"%s\" does not say \"%s\"", error->message, part);
    g_error_free(error);
}

static void missing_file_is_not_found(void **state)
{
    (void)state;
    GError *error = NULL;
    assert_null(nn_model_new_from_file("/nowhere/x.tflite", &error));
    assert_error(error, NN_ERROR_NOT_FOUND, "/nowhere/x.tflite");
}

static void folder_is_no_model(void **state)
{
    (void)state;
    GError *error = NULL;
    assert_null(nn_model_new_from_file("/", &error));
    assert_error(error, NN_ERROR_OPEN, "folder");
}

static void impossible_options_are_refused(void **state)
{
    (void)state;
    NnModel *model = tiny("softmax_s8.tflite");
    GError *error = NULL;
    assert_null(nn_net_new(model, &(NnOptions){.threads = 65}, &error));
    assert_error(error, NN_ERROR_ARGUMENT, "65");
    error = NULL;
    assert_null(nn_net_new(model, &(NnOptions){.threads = 1, .max_bytes = 1}, &error));
    assert_error(error, NN_ERROR_LIMIT, "memory");
    nn_model_unref(model);
}

static void nets_share_a_model_that_outlives_its_owner(void **state)
{
    (void)state;
    NnModel *model = tiny("softmax_s8.tflite");
    NnNet *a = nn_net_new(model, NULL, NULL);
    NnNet *b = nn_net_new(model, &(NnOptions){.threads = 3, .cpu = 0}, NULL);
    nn_model_unref(model);
    assert_ptr_equal(nn_net_model(a), nn_net_model(b));
    assert_int_equal(nn_net_threads(b), 3);
    size_t in = nn_model_input(nn_net_model(a))->bytes,
           out = nn_model_output(nn_net_model(a))->bytes;
    for (size_t i = 0; i < in; i++)
        ((int8_t *)nn_net_input(a))[i] = ((int8_t *)nn_net_input(b))[i] = (int8_t)(i * 37);
    nn_net_run(a);
    nn_net_run(b);
    assert_memory_equal(nn_net_output(a), nn_net_output(b), out);
    nn_net_free(a);
    nn_net_free(b);
    nn_net_free(NULL);
    nn_model_unref(NULL);
}

/* Runs the bundled model, whose classifier is worth cutting by channels. */
static void *run_bundled(NnModel *model, int threads)
{
    NnNet *net = nn_net_new(model, &(NnOptions){.threads = threads, .cpu = NN_CPU_ALL}, NULL);
    assert_non_null(net);
    for (size_t i = 0; i < nn_model_input(model)->bytes; i++)
        ((uint8_t *)nn_net_input(net))[i] = (uint8_t)(i * 2654435761u >> 8);
    nn_net_run(net);
    void *output = g_memdup2(nn_net_output(net), nn_model_output(model)->bytes);
    nn_net_free(net);
    return output;
}

/* KiB of a mapped file that lie in this process's memory; -1 if it is not mapped. */
static int resident_kib(const char *name)
{
    char *maps = NULL;
    int kib = -1;
    assert_true(g_file_get_contents("/proc/self/smaps", &maps, NULL, NULL));
    char *at = strstr(maps, name);
    if (at && (at = strstr(at, "Rss:")))
        kib = atoi(at + strlen("Rss:"));
    g_free(maps);
    return kib;
}

/* Weights are packed; a second net reads them from the file once more. */
static void the_files_pages_do_not_stay(void **state)
{
    (void)state;
    NnModel *model = tiny("mobilenet_v2_u8.tflite");
    assert_true(resident_kib("mobilenet_v2_u8.tflite") > 0);
    size_t in = nn_model_input(model)->bytes, out = nn_model_output(model)->bytes;
    uint8_t *first = NULL;
    for (int round = 0; round < 2; round++) {
        NnNet *net = nn_net_new(model, NULL, NULL);
        assert_int_equal(resident_kib("mobilenet_v2_u8.tflite"), 0);
        memset(nn_net_input(net), 77, in);
        nn_net_run(net);
        if (first)
            assert_memory_equal(nn_net_output(net), first, out);
        else
            first = g_memdup2(nn_net_output(net), out);
        nn_net_free(net);
    }
    g_free(first);
    nn_model_unref(model);
}

static void threads_change_no_byte(void **state)
{
    (void)state;
    NnModel *model = nn_model_new_from_file(TINY_DIR "/../everyday.tflite", NULL);
    assert_non_null(model);
    void *one = run_bundled(model, 1);
    for (int threads = 2; threads < 10; threads += 3) {
        void *several = run_bundled(model, threads);
        assert_memory_equal(several, one, nn_model_output(model)->bytes);
        g_free(several);
    }
    g_free(one);
    nn_model_unref(model);
}

static void topk_is_sorted_and_breaks_ties_by_index(void **state)
{
    (void)state;
    NnModel *model = tiny("softmax_s8.tflite");
    NnNet *net = nn_net_new(model, NULL, NULL);
    int n = nn_model_n_classes(model);
    NnClass best[64];
    float scores[64];
    assert_true(n > 2 && n < 64);
    memset(nn_net_input(net), 0, nn_model_input(model)->bytes);
    ((int8_t *)nn_net_input(net))[2] = 50;
    nn_net_run(net);
    nn_net_scores(net, scores);
    assert_int_equal(nn_net_topk(net, best, 64), n);
    assert_int_equal(best[0].index, 2);
    assert_int_equal(best[1].index, 0);
    assert_int_equal(best[2].index, 1);
    float sum = 0;
    for (int i = 0; i < n; i++) {
        assert_true(best[i].confidence == scores[best[i].index]);
        assert_true(i == 0 || best[i].confidence <= best[i - 1].confidence);
        sum += scores[i];
    }
    assert_true(sum > 0.9f && sum < 1.1f);
    assert_int_equal(nn_net_topk(net, best, 1), 1);
    assert_int_equal(best[0].index, 2);
    nn_net_free(net);
    nn_model_unref(model);
}

static void net_describes_itself(void **state)
{
    (void)state;
    NnModel *model = tiny("softmax_s8.tflite");
    NnNet *net = nn_net_new(model, &(NnOptions){.threads = 1}, NULL);
    char *text = nn_net_describe(net);
    NnNetInfo info;
    NnStepInfo step;
    nn_net_info(net, &info);
    nn_net_step_info(net, info.n_steps - 1, &step);
    assert_string_equal(step.op, "SOFTMAX");
    assert_non_null(strstr(text, step.kernel));
    assert_true(info.arena_bytes > 0);
    g_free(text);
    nn_net_free(net);
    nn_model_unref(model);
}

static void names_are_found_where_the_environment_says(void **state)
{
    (void)state;
    GError *error = NULL;
    g_setenv("MOBILENET_MODELS", TINY_DIR, TRUE);
    char *path = nn_model_find("softmax_s8", &error);
    assert_non_null(path);
    assert_true(g_str_has_suffix(path, "/softmax_s8.tflite"));
    g_free(path);
    path = nn_model_find("./there/or/not.tflite", &error);
    assert_string_equal(path, "./there/or/not.tflite");
    g_free(path);
    assert_null(nn_model_find("no-such-model", &error));
    assert_error(error, NN_ERROR_NOT_FOUND, "no-such-model");
    g_unsetenv("MOBILENET_MODELS");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_file_is_not_found),
        cmocka_unit_test(folder_is_no_model),
        cmocka_unit_test(impossible_options_are_refused),
        cmocka_unit_test(nets_share_a_model_that_outlives_its_owner),
        cmocka_unit_test(the_files_pages_do_not_stay),
        cmocka_unit_test(threads_change_no_byte),
        cmocka_unit_test(topk_is_sorted_and_breaks_ties_by_index),
        cmocka_unit_test(net_describes_itself),
        cmocka_unit_test(names_are_found_where_the_environment_says),
    };
    return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}

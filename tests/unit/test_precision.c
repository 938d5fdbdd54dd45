/* SPDX-License-Identifier: MIT */
/* test_precision.c - who chooses between float32 and half precision, and which steps then run in
 * it. What comes out is compared by tests/golden. */
#include "net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static NnModel *tiny(const char *name)
{
    char *path = g_build_filename(TINY_DIR, name, NULL);
    NnModel *model = nn_model_new_from_file(path, NULL);
    assert_non_null(model);
    g_free(path);
    return model;
}

static NnNet *net_new(NnModel *model, NnPrecision precision, unsigned cpu)
{
    NnNet *net =
        nn_net_new(model, &(NnOptions){.threads = 1, .cpu = cpu, .precision = precision}, NULL);
    assert_non_null(net);
    return net;
}

static bool is_half(const NnNet *net)
{
    for (int i = 0; i < net->plan->n_steps; i++)
        if (net->plan->steps[i].args.type == NN_KERNEL_F16)
            return true;
    return false;
}

static bool chosen(NnModel *model, NnPrecision precision, unsigned cpu)
{
    NnNet *net = net_new(model, precision, cpu);
    const bool half = is_half(net);
    nn_net_free(net);
    return half;
}

static void the_core_the_caller_and_the_environment_choose(void **state)
{
    (void)state;
    NnModel *model = tiny("mobilenet_v2_f32.tflite");
    const bool core = nn_cpu_flags() & NN_CPU_FP16;
    g_unsetenv("NN_PRECISION");
    assert_int_equal(chosen(model, NN_PRECISION_AUTO, NN_CPU_ALL), core);
    assert_false(chosen(model, NN_PRECISION_AUTO, NN_CPU_NEON));
    assert_false(chosen(model, NN_PRECISION_FP32, NN_CPU_ALL));
    assert_true(chosen(model, NN_PRECISION_FP16, 0));
    g_setenv("NN_PRECISION", "fp16", TRUE);
    assert_true(chosen(model, NN_PRECISION_AUTO, 0));
    assert_false(chosen(model, NN_PRECISION_FP32, NN_CPU_ALL));
    g_setenv("NN_PRECISION", "fp32", TRUE);
    assert_false(chosen(model, NN_PRECISION_AUTO, NN_CPU_ALL));
    g_setenv("NN_PRECISION", "fp8", TRUE);
    GError *error = NULL;
    assert_null(nn_net_new(model, NULL, &error));
    assert_true(g_error_matches(error, NN_ERROR, NN_ERROR_ARGUMENT));
    assert_non_null(strstr(error->message, "NN_PRECISION=fp8"));
    g_error_free(error);
    g_unsetenv("NN_PRECISION");
    nn_model_unref(model);
}

static void quantised_models_are_not_concerned(void **state)
{
    (void)state;
    NnModel *model = tiny("mobilenet_v2_s8.tflite");
    assert_false(chosen(model, NN_PRECISION_FP16, NN_CPU_ALL));
    nn_model_unref(model);
}

/* Maps are half; the picture, what is behind the pool, and what the caller reads are not. */
static void maps_are_half_and_the_rest_is_not(void **state)
{
    (void)state;
    static const char *const names[] = {"mobilenet_v1_f32.tflite", "mobilenet_v2_f32.tflite",
                                        "mobilenet_v3_f32.tflite"};
    for (size_t n = 0; n < G_N_ELEMENTS(names); n++) {
        NnModel *model = tiny(names[n]);
        NnNet *net = nn_net_new(
            model,
            &(NnOptions){.threads = 1, .precision = NN_PRECISION_FP16, .keep_embedding = true},
            NULL);
        const Plan *plan = net->plan;
        int casts = 0;
        for (int i = 0; i < plan->n_steps; i++) {
            const PlanStep *step = &plan->steps[i];
            if (step->args.op == NN_OP_CONVERT) {
                casts++;
                continue;
            }
            if (step->args.op == NN_OP_CONV)
                assert_int_equal(step->args.type == NN_KERNEL_F16,
                                 step->args.conv.win.out_h * step->args.conv.win.out_w > 1);
            if (step->args.op == NN_OP_DWCONV)
                assert_int_equal(step->args.type, NN_KERNEL_F16);
            if (step->args.op == NN_OP_SOFTMAX)
                assert_int_equal(step->args.type, NN_KERNEL_F32);
        }
        assert_true(casts >= 2);
        assert_int_equal(plan->graph->tensors[plan->graph->input].type, NN_F32);
        assert_int_equal(plan->graph->tensors[plan->graph->output].type, NN_F32);
        assert_int_equal(plan->graph->tensors[plan->kept].type, NN_F32);
        nn_net_free(net);
        nn_model_unref(model);
    }
}

/* The maps take half the memory, and so do their weights. */
static void memory_is_saved(void **state)
{
    (void)state;
    NnModel *model = tiny("mobilenet_v1_f32.tflite");
    NnNet *full = net_new(model, NN_PRECISION_FP32, 0),
          *half = net_new(model, NN_PRECISION_FP16, 0);
    NnNetInfo of_full, of_half;
    nn_net_info(full, &of_full);
    nn_net_info(half, &of_half);
    assert_true(of_half.weight_bytes < of_full.weight_bytes);
    assert_int_equal(of_half.macs, of_full.macs);
    assert_int_equal(of_half.params, of_full.params);
    nn_net_free(full);
    nn_net_free(half);
    nn_model_unref(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_core_the_caller_and_the_environment_choose),
        cmocka_unit_test(quantised_models_are_not_concerned),
        cmocka_unit_test(maps_are_half_and_the_rest_is_not),
        cmocka_unit_test(memory_is_saved),
    };
    return cmocka_run_group_tests_name("precision", tests, NULL, NULL);
}

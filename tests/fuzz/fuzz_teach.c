/* SPDX-License-Identifier: MIT */
/* fuzz_teach.c - libFuzzer target: bytes -> model -> features made up -> head -> file -> model. */
#include <math.h>

#include "train.h"

#define MAX_FEATURES 4096
#define PICTURES     6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void teach(NnModel *model)
{
    size_t depth = (size_t)nn_model_embedding_size(model);
    float *x = g_new(float, PICTURES *depth);
    const int y[PICTURES] = {0, 1, 0, 1, 0, 1};
    for (size_t i = 0; i < PICTURES * depth; i++)
        x[i] = sinf((float)(i * i));
    NnHead *head = nn_head_new(model, 2, &(NnSamples){PICTURES, x, y}, NULL, NULL, NULL);
    GError *error = NULL;
    GBytes *bytes = nn_head_export(head, (const char *const[]){"a", "b"}, "n", "d", 0, 0, &error);
    g_assert_true((bytes == NULL) == (error != NULL));
    g_clear_error(&error);
    g_clear_pointer(&bytes, g_bytes_unref);
    nn_head_free(head);
    g_free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GBytes *bytes = g_bytes_new_take(g_memdup2(data, size), size);
    NnModel *model = nn_model_new_from_bytes(bytes, NULL);
    g_bytes_unref(bytes);
    if (model && nn_model_embedding_size(model) > 0 &&
        nn_model_embedding_size(model) <= MAX_FEATURES)
        teach(model);
    nn_model_unref(model);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* fuzz_tflite.c - libFuzzer target: bytes -> model -> net -> one run. */
#include "try_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GError *error = NULL;
    if (!try_model(data, size, &error))
        g_assert_nonnull(error);
    g_clear_error(&error);
    return 0;
}

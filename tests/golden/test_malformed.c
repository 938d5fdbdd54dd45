/* SPDX-License-Identifier: MIT */
/* test_malformed.c - broken files are refused with the error that is due; whatever is done to the
 * bytes of sound ones, nothing crashes. */
#include "try_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define MUTATIONS 30000

typedef struct {
    char *data;
    size_t size;
} File;

static File load(const char *folder, const char *name)
{
    File file = {0};
    char *path = g_build_filename(folder, name, NULL);
    g_file_get_contents(path, &file.data, &file.size, NULL);
    g_free(path);
    return file;
}

/* Lines of a table after its header, each split at tabs; NULL if there is no such file. */
static GPtrArray *load_table(const char *folder)
{
    File file = load(folder, "MANIFEST.tsv");
    if (!file.data)
        return NULL;
    GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    char **lines = g_strsplit(file.data, "\n", -1);
    for (int i = 1; lines[0] && lines[i]; i++)
        if (*lines[i])
            g_ptr_array_add(rows, g_strsplit(lines[i], "\t", -1));
    g_strfreev(lines);
    g_free(file.data);
    return rows;
}

static int code_of(const char *name)
{
    static const char *const names[] = {"NOT_FOUND",   "OPEN",  "FORMAT",  "CORRUPT",
                                        "UNSUPPORTED", "LIMIT", "ARGUMENT"};
    for (int i = 0; i < (int)G_N_ELEMENTS(names); i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static void broken_files_give_the_error_that_is_due(void **state)
{
    (void)state;
    GPtrArray *rows = load_table(TINY_DIR "/broken");
    int wrong = 0;
    assert_non_null(rows);
    for (guint i = 0; i < rows->len; i++) {
        char **row = rows->pdata[i];
        File file = load(TINY_DIR "/broken", row[0]);
        GError *error = NULL;
        assert_non_null(file.data);
        if (try_model(file.data, file.size, &error)) {
            print_message("%s: is taken\n", row[0]);
            wrong++;
        } else if (!g_error_matches(error, NN_ERROR, code_of(row[1])) ||
                   !strstr(error->message, row[2])) {
            print_message("%s: %s \"%s\" is due, not %d \"%s\"\n", row[0], row[1], row[2],
                          error->code, error->message);
            wrong++;
        }
        g_clear_error(&error);
        g_free(file.data);
    }
    print_message("%u files\n", rows->len);
    g_ptr_array_unref(rows);
    assert_int_equal(wrong, 0);
}

static char *shared_folder(void)
{
    const char *shared = g_getenv("MOBILENET_SHARED");
    return g_build_filename(shared ? shared : "../shared", "malformed", NULL);
}

static void shared_files_are_refused_or_run(void **state)
{
    (void)state;
    char *folder = shared_folder();
    GPtrArray *rows = load_table(folder);
    int wrong = 0;
    if (!rows) {
        print_message("no %s: not tested\n", folder);
        g_free(folder);
        skip();
    }
    for (guint i = 0; i < rows->len; i++) {
        char **row = rows->pdata[i];
        File file = load(folder, row[0]);
        GError *error = NULL;
        if (!file.data)
            continue;
        bool taken = try_model(file.data, file.size, &error);
        print_message("%s: %s\n", row[0], taken ? "runs" : error->message);
        wrong += taken && strcmp(row[4], "reject") == 0;
        g_clear_error(&error);
        g_free(file.data);
    }
    g_ptr_array_unref(rows);
    g_free(folder);
    assert_int_equal(wrong, 0);
}

/* ---- mutations ---------------------------------------------------------------------------- */

static uint32_t next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static void put_word(File *file, size_t at, uint32_t word)
{
    for (size_t i = 0; i < 4 && at + i < file->size; i++)
        file->data[at + i] = (char)(word >> (8 * i));
}

static uint32_t get_word(const File *file, size_t at)
{
    uint32_t word = 0;
    for (size_t i = 0; i < 4 && at + i < file->size; i++)
        word |= (uint32_t)(uint8_t)file->data[at + i] << (8 * i);
    return word;
}

static void mutate(File *file, uint32_t *seed)
{
    static const uint32_t words[] = {0,          1,          2,          4,          0x7f,
                                     0xff,       0x8000,     0xffff,     0x10000,    0x7fffffff,
                                     0x80000000, 0xffffffff, 0x7fc00000, 0x7f800000, 0x00000001};
    if (file->size == 0)
        return;
    size_t at = next(seed) % file->size, word_at = at & ~(size_t)3;
    switch (next(seed) % 8) {
    case 0: /* a bit */
        file->data[at] = (char)(file->data[at] ^ (1 << next(seed) % 8));
        break;
    case 1: /* a byte */
        file->data[at] = (char)next(seed);
        break;
    case 2: /* a word that is an edge of something */
        put_word(file, word_at, words[next(seed) % G_N_ELEMENTS(words)]);
        break;
    case 3: /* an offset, count or index a little off */
        put_word(file, word_at, get_word(file, word_at) + next(seed) % 9 - 4);
        break;
    case 4: /* somewhere else in the file */
        put_word(file, word_at, next(seed) % (uint32_t)file->size);
        break;
    case 5: /* a word from elsewhere */
        put_word(file, word_at, get_word(file, next(seed) % file->size & ~(size_t)3));
        break;
    case 6: /* sixteen bytes of nothing */
        memset(file->data + at, 0, MIN(16, file->size - at));
        break;
    case 7: /* cut short, mostly near the end */
        if (next(seed) % 4 == 0)
            file->size = at;
        else
            file->size -= MIN(file->size, next(seed) % 64);
        break;
    }
}

static void mutations_do_not_crash(void **state)
{
    static const char *const names[] = {
        "mobilenet_v1_u8.tflite",    "mobilenet_v2_s8.tflite",     "mobilenet_v3_f32.tflite",
        "conv_3x3_s8.tflite",        "runtime_shape_u8.tflite",    "concatenation_s8.tflite",
        "labels_inside.tflite",      "labels_in_zip_only.tflite",  "half_weights_f32.tflite",
        "external_buffers.tflite",   "pad_conv_u8.tflite",         "mul_gate_s8.tflite",
        "requantize_u8_s8.tflite",   "mean_3d_u8.tflite",          "average_pool_f32.tflite",
        "dwconv_stride2_u8.tflite",  "l2_normalization_s8.tflite", "hard_swish_u8.tflite",
        "fully_connected_f32.tflite"};
    int taken = 0;
    (void)state;
    for (int i = 0; i < MUTATIONS; i++) {
        uint32_t seed = (uint32_t)i * 2654435761u + 12345;
        File file = load(TINY_DIR, names[(size_t)i % G_N_ELEMENTS(names)]);
        assert_non_null(file.data);
        for (uint32_t n = 1 + next(&seed) % 3; n > 0; n--)
            mutate(&file, &seed);
        if (g_getenv("VERBOSE"))
            print_message("case %d\n", i);
        GError *error = NULL;
        bool ok = try_model(file.data, file.size, &error);
        assert_true(ok || (error && error->domain == NN_ERROR && *error->message));
        taken += ok;
        g_clear_error(&error);
        g_free(file.data);
    }
    print_message("%d mutations, %d still sound\n", MUTATIONS, taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_files_give_the_error_that_is_due),
        cmocka_unit_test(shared_files_are_refused_or_run),
        cmocka_unit_test(mutations_do_not_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

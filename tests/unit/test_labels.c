/* SPDX-License-Identifier: MIT */
/* test_labels.c - every form of label file gives the same names; what does not fit is said. The
 * model has ten classes. */
#include "labels_text.h"
#include "nn.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

/* ---- text -> names ------------------------------------------------------------------------ */

static void names_are(const char *text, int n_classes, const char *const *due)
{
    GPtrArray *names = labels_parse(text, n_classes);
    guint n = 0;
    for (; due[n]; n++) {
        const char *name = n < names->len ? names->pdata[n] : "(end)";
        if (!name)
            name = "";
        if (strcmp(name, due[n]) != 0)
            print_message("%u: \"%s\" instead of \"%s\" in \"%s\"\n", n, name, due[n], text);
        assert_string_equal(name, due[n]);
    }
    assert_int_equal(names->len, n);
    g_ptr_array_unref(names);
}

#define NAMES(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

#define BOM "\xef\xbb\xbf"

static void every_form_gives_the_names(void **state)
{
    static const char *const forms[] = {
        "cat\ndog\nbird\n",
        "cat\ndog\nbird",
        "cat\r\ndog\r\nbird\r\n",
        "cat\rdog\rbird\r",
        BOM "cat\n dog \nbird\n\n\n",
        "0:cat\n1:dog\n2:bird\n",
        "0: cat\n1: dog\n2: bird\n",
        "2:bird\n0:cat\n1:dog\n",
        "0 cat\n1 dog\n2 bird\n",
        "0\tcat\n1\tdog\n2\tbird\n",
        "0  cat\n1  dog\n\n2  bird\n",
        "0,cat\n1,dog\n2,bird\n",
        "1:cat\n2:dog\n3:bird\n", /* counts from one */
        "1 cat\n2 dog\n3 bird\n",
        "index,label\n0,cat\n1,dog\n2,bird\n",
        "label,index\ncat,0\ndog,1\nbird,2\n",
        "id,name\n2,bird\n1,dog\n0,cat\n",
        "id;display_name\n0;\"cat\"\n1;dog\n2;bird\n",
        "mid\tName\n/m/1\tcat\n/m/2\tdog\n/m/3\tbird\n",
        "n02123045 cat\nn02084071 dog\nn01503061 bird\n",
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        char *text = labels_decode(forms[i], strlen(forms[i]));
        names_are(text, 3, NAMES("cat", "dog", "bird"));
        g_free(text);
    }
}

static void what_only_looks_like_a_form_is_plain(void **state)
{
    (void)state;
    names_are("3 doors\n5 doors\n", 2, NAMES("3 doors", "5 doors"));
    names_are("0\n1\n2\n", 3, NAMES("0", "1", "2"));
    names_are("tench, Tinca tinca\ngoldfish\n", 2, NAMES("tench, Tinca tinca", "goldfish"));
    names_are("0:cat\ndog\n", 2, NAMES("0:cat", "dog"));
    names_are("label\nname\n", 2, NAMES("label", "name"));
    names_are("99999999999999999999 a\n", 1, NAMES("99999999999999999999 a"));
    names_are("0:a\n0:b\n", 2, NAMES("0:a", "0:b"));
}

static void blank_lines_are_unnamed_classes(void **state)
{
    (void)state;
    names_are("cat\n\nbird\n\n", 4, NAMES("cat", "", "bird"));
    names_are("0:cat\n4:bird\n", 5, NAMES("cat", "", "", "", "bird"));
    names_are("name,id\n\"a \"\"b\"\", c\",2\n", 3, NAMES("", "", "a \"b\", c"));
    names_are("\n\n", 3, (const char *const[]){NULL});
}

static void other_encodings_become_utf8(void **state)
{
    (void)state;
    char *text = labels_decode("K\xe4tzchen\n", 9);
    assert_string_equal(text, "Kätzchen\n");
    g_free(text);
    text = labels_decode("\xff\xfeK\0\xe4\0", 6);
    assert_string_equal(text, "Kä");
    g_free(text);
    text = labels_decode("\xfe\xff\0K\0\xe4", 6);
    assert_string_equal(text, "Kä");
    g_free(text);
    assert_null(labels_decode("\x89PNG\0\0", 6));
}

/* ---- labels of a model -------------------------------------------------------------------- */

typedef struct {
    char *dir;
    NnModel *model; /* ten classes, no labels inside, in dir */
} Place;

static void write_file(const char *dir, const char *name, const char *text)
{
    char *path = g_build_filename(dir, name, NULL);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    g_free(path);
}

static int set_up(void **state)
{
    Place *place = g_new0(Place, 1);
    char *from = g_build_filename(TINY_DIR, "mobilenet_v1_u8.tflite", NULL), *data;
    gsize size;
    place->dir = g_dir_make_tmp("test_labels_XXXXXX", NULL);
    char *to = g_build_filename(place->dir, "net.tflite", NULL);
    assert_true(g_file_get_contents(from, &data, &size, NULL));
    assert_true(g_file_set_contents(to, data, (gssize)size, NULL));
    place->model = nn_model_new_from_file(to, NULL);
    assert_non_null(place->model);
    assert_int_equal(nn_model_n_classes(place->model), 10);
    g_free(from);
    g_free(data);
    g_free(to);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    Place *place = *state;
    GDir *dir = g_dir_open(place->dir, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        char *path = g_build_filename(place->dir, name, NULL);
        g_remove(path);
        g_free(path);
    }
    g_dir_close(dir);
    g_rmdir(place->dir);
    nn_model_unref(place->model);
    g_free(place->dir);
    g_free(place);
    return 0;
}

/* n labels "label 0"...; with a first line of its own if given. */
static char *lines(const char *first, int n)
{
    GString *text = g_string_new(first);
    for (int i = 0; i < n; i++)
        g_string_append_printf(text, "label %c\n", 'a' + i);
    return g_string_free(text, FALSE);
}

static NnLabels *given(const Place *place, const char *first, int n)
{
    char *text = lines(first, n), *path = g_build_filename(place->dir, "given.txt", NULL);
    write_file(place->dir, "given.txt", text);
    NnLabels *labels = nn_labels_new(place->model, path, NULL);
    assert_non_null(labels);
    assert_string_equal(nn_labels_source(labels), path);
    g_free(text);
    g_free(path);
    return labels;
}

static void background_is_resolved(void **state)
{
    const Place *place = *state;
    NnLabels *labels = given(place, NULL, 10);
    assert_string_equal(nn_labels_get(labels, 0), "label a");
    assert_null(nn_labels_warning(labels));
    nn_labels_free(labels);
    labels = given(place, NULL, 9); /* one less: class 0 has none */
    assert_string_equal(nn_labels_get(labels, 0), "background");
    assert_string_equal(nn_labels_get(labels, 1), "label a");
    assert_null(nn_labels_warning(labels));
    nn_labels_free(labels);
    labels = given(place, "???\n", 10); /* one more */
    assert_string_equal(nn_labels_get(labels, 0), "label a");
    assert_string_equal(nn_labels_get(labels, 9), "label j");
    assert_null(nn_labels_warning(labels));
    nn_labels_free(labels);
}

static void a_mismatch_is_said(void **state)
{
    const Place *place = *state;
    static const int counts[] = {1, 8, 11, 20};
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        NnLabels *labels = given(place, NULL, counts[i]);
        char *count = g_strdup_printf("%d labels", counts[i]);
        assert_non_null(strstr(nn_labels_warning(labels), count));
        assert_non_null(strstr(nn_labels_warning(labels), "10 classes"));
        assert_string_equal(nn_labels_get(labels, 0), "label a");
        if (counts[i] < 10)
            assert_string_equal(nn_labels_get(labels, 9), "class 9");
        g_free(count);
        nn_labels_free(labels);
    }
}

static void any_index_and_name_is_safe(void **state)
{
    NnLabels *labels = given(*state, NULL, 10);
    assert_non_null(nn_labels_get(labels, -1));
    assert_non_null(nn_labels_get(labels, 10));
    assert_non_null(nn_labels_get(labels, INT_MAX));
    assert_int_equal(nn_labels_find(labels, "label c"), 2);
    assert_int_equal(nn_labels_find(labels, "LABEL C"), 2);
    assert_int_equal(nn_labels_find(labels, "class 3"), -1);
    assert_int_equal(nn_labels_find(labels, ""), -1);
    nn_labels_free(labels);
    nn_labels_free(NULL);
}

static void fails_with(const Place *place, const char *name, NnError code)
{
    char *path = g_build_filename(place->dir, name, NULL);
    GError *error = NULL;
    assert_null(nn_labels_new(place->model, path, &error));
    assert_true(g_error_matches(error, NN_ERROR, (int)code));
    assert_non_null(strstr(error->message, path));
    g_error_free(error);
    g_free(path);
}

static void bad_files_are_errors(void **state)
{
    const Place *place = *state;
    char *binary = g_build_filename(place->dir, "binary", NULL);
    write_file(place->dir, "empty.txt", "\n\n");
    g_file_set_contents(binary, "\0\1\2\3", 4, NULL);
    fails_with(place, "missing.txt", NN_ERROR_NOT_FOUND);
    fails_with(place, "empty.txt", NN_ERROR_FORMAT);
    fails_with(place, "binary", NN_ERROR_FORMAT);
    fails_with(place, ".", NN_ERROR_OPEN);
    g_free(binary);
}

static void source_is(const Place *place, const char *name)
{
    NnLabels *labels = nn_labels_new(place->model, NULL, NULL);
    char *base = g_path_get_basename(nn_labels_source(labels));
    assert_string_equal(base, name);
    g_free(base);
    nn_labels_free(labels);
}

static void labels_beside_the_model_are_found(void **state)
{
    const Place *place = *state;
    char *text = lines(NULL, 10);
    source_is(place, "none");
    write_file(place->dir, "labels.txt", "of\nanother\nmodel\n");
    source_is(place, "none");
    NnLabels *labels = nn_labels_new(place->model, NULL, NULL);
    assert_non_null(strstr(nn_labels_warning(labels), "3 labels for a model of 10 classes"));
    assert_string_equal(nn_labels_get(labels, 3), "class 3");
    nn_labels_free(labels);
    write_file(place->dir, "dict.txt", text);
    source_is(place, "dict.txt");
    write_file(place->dir, "labels.txt", text);
    source_is(place, "labels.txt");
    write_file(place->dir, "net.labels", text);
    source_is(place, "net.labels");
    write_file(place->dir, "net_labels.txt", text);
    source_is(place, "net_labels.txt");
    write_file(place->dir, "net.txt", text);
    source_is(place, "net.txt");
    g_free(text);
}

static void labels_inside_the_model_come_first(void **state)
{
    (void)state;
    NnModel *model = nn_model_new_from_file(TINY_DIR "/labels_inside.tflite", NULL);
    NnLabels *labels = nn_labels_new(model, NULL, NULL);
    assert_string_equal(nn_labels_source(labels), "inside the model");
    assert_string_equal(nn_labels_get(labels, 9), "nio");
    assert_null(nn_labels_warning(labels));
    nn_labels_free(labels);
    nn_model_unref(model);
}

static void wordnet_ids_inside_the_model_are_found(void **state)
{
    (void)state;
    NnModel *model = nn_model_new_from_file(TINY_DIR "/../everyday.tflite", NULL);
    assert_non_null(model);
    const char *const *wnids = nn_model_wnids(model);
    assert_int_equal(g_strv_length((char **)wnids), nn_model_n_classes(model));
    NnLabels *labels = nn_labels_new(model, NULL, NULL);
    assert_int_equal(nn_labels_find(labels, "n01443537"), nn_labels_find(labels, "goldfish"));
    assert_true(nn_labels_find(labels, "n01443537") >= 0);
    assert_int_equal(nn_labels_find(labels, "n00000000"), -1);
    nn_labels_free(labels);
    nn_model_unref(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_gives_the_names),
        cmocka_unit_test(what_only_looks_like_a_form_is_plain),
        cmocka_unit_test(blank_lines_are_unnamed_classes),
        cmocka_unit_test(other_encodings_become_utf8),
        cmocka_unit_test_setup_teardown(background_is_resolved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_mismatch_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_index_and_name_is_safe, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_files_are_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(labels_beside_the_model_are_found, set_up, tear_down),
        cmocka_unit_test(labels_inside_the_model_come_first),
        cmocka_unit_test(wordnet_ids_inside_the_model_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

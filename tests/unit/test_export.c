/* SPDX-License-Identifier: MIT */
/* test_export.c - a taught model is a sound file, answers as its head does, and keeps all of the
 * old one but the top. */
#include "flat_verify.h"
#include "net.h"
#include "tiny.h"
#include "train.h"

#include <math.h>
#include <string.h>

#define CLASSES  3
#define PICTURES 24

/* Picture i of its class: a pattern of the class, and noise. */
static void draw(void *input, const NnTensorInfo *info, int class, int i)
{
    uint32_t pattern = 77 + 1000u * (uint32_t) class, noise = 5 + 13u * (uint32_t)i;
    size_t n = info->type == NN_F32 ? info->bytes / 4 : info->bytes;
    for (size_t k = 0; k < n; k++) {
        double v = (next_bits(&pattern) % 200 + next_bits(&noise) % 55) / 254.0;
        if (info->type == NN_F32)
            ((float *)input)[k] = (float)(2 * v - 1);
        else
            ((uint8_t *)input)[k] = (uint8_t)(255 * v) ^ (info->type == NN_S8 ? 0x80 : 0);
    }
}

typedef struct {
    NnModel *model;
    float *x;
    int y[PICTURES];
    int depth;
} Set;

static Set make_set(const char *name)
{
    Set s = {.model = tiny(name)};
    NnOptions options = NN_OPTIONS_INIT;
    options.threads = 1;
    options.keep_embedding = true;
    NnNet *net = nn_net_new(s.model, &options, NULL);
    s.depth = nn_model_embedding_size(s.model);
    s.x = g_new(float, (size_t)PICTURES *(size_t)s.depth);
    for (int i = 0; i < PICTURES; i++) {
        s.y[i] = i % CLASSES;
        draw(nn_net_input(net), nn_model_input(s.model), s.y[i], i);
        nn_net_run(net);
        nn_net_embedding(net, s.x + (size_t)i * (size_t)s.depth);
    }
    nn_net_free(net);
    return s;
}

static void free_set(Set *s)
{
    nn_model_unref(s->model);
    g_free(s->x);
}

static const char *const labels[] = {"a cup", "a key", "a pen"};

static GBytes *teach(const Set *s, const NnHeadOptions *options, NnHead **head)
{
    NnSamples samples = {PICTURES, s->x, s->y};
    GError *error = NULL;
    *head = nn_head_new(s->model, CLASSES, &samples, NULL, options, &error);
    if (!*head)
        print_error("%s\n", error->message);
    assert_non_null(*head);
    GBytes *bytes = nn_head_export(*head, labels, "Desk", "Taught for a test.", 0, 0, &error);
    if (!bytes)
        print_error("%s\n", error->message);
    assert_non_null(bytes);
    return bytes;
}

/* The taught file, run by the runtime, against the head on the features: the largest difference of
 * a probability, which must leave the winner wherever that is clear. */
static double worst_difference(const Set *s, const NnHead *head, GBytes *bytes, double clear)
{
    NnModel *model = nn_model_new_from_bytes(bytes, NULL);
    NnHeadInfo info;
    nn_head_info(head, &info);
    int outputs = CLASSES + info.has_unknown;
    assert_int_equal(nn_model_n_classes(model), outputs);
    NnNet *net = nn_net_new(model, NULL, NULL);
    float ours[CLASSES + 1], theirs[CLASSES + 1];
    double worst = 0;
    for (int i = 0; i < PICTURES; i++) {
        draw(nn_net_input(net), nn_model_input(model), s->y[i], i);
        nn_net_run(net);
        nn_net_scores(net, theirs);
        nn_head_scores(head, s->x + (size_t)i * (size_t)s->depth, ours, NULL);
        int best = 0;
        for (int k = 0; k < outputs; k++) {
            worst = fmax(worst, (double)fabsf(ours[k] - theirs[k]));
            best = ours[k] > ours[best] ? k : best;
        }
        for (int k = 0; k < outputs; k++)
            if ((double)(ours[best] - ours[k]) > 2 * clear && theirs[best] <= theirs[k])
                fail_msg("picture %d: %g %g -> %g %g", i, ours[best], ours[k], theirs[best],
                         theirs[k]);
    }
    nn_net_free(net);
    nn_model_unref(model);
    return worst;
}

static const char *const nets[] = {"mobilenet_v1_f32", "mobilenet_v2_f32", "mobilenet_v3_f32",
                                   "mobilenet_v1_s8",  "mobilenet_v2_s8",  "mobilenet_v3_s8",
                                   "mobilenet_v1_u8",  "mobilenet_v2_u8",  "mobilenet_v3_u8"};

static void the_file_answers_as_the_head(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(nets); i++) {
        for (int unknown = 0; unknown < 2; unknown++) {
            char *name = g_strconcat(nets[i], ".tflite", NULL);
            Set s = make_set(name);
            NnHeadOptions options = NN_HEAD_OPTIONS_INIT;
            options.unknown = unknown * 0.05;
            NnHead *head;
            GBytes *bytes = teach(&s, &options, &head);
            gsize size;
            const uint8_t *data = g_bytes_get_data(bytes, &size);
            verify_tflite(data, size);
            double allowed = g_str_has_suffix(nets[i], "f32") ? 1e-5 : 0.25;
            double worst = worst_difference(&s, head, bytes, allowed);
            if (worst > allowed)
                fail_msg("%s, unknown %d: off by %g", name, unknown, worst);
            g_bytes_unref(bytes);
            nn_head_free(head);
            free_set(&s);
            g_free(name);
        }
    }
}

static const GraphTensor *find(const NnGraph *graph, const char *name)
{
    for (int i = 0; i < graph->n_tensors; i++)
        if (graph->tensors[i].name && strcmp(graph->tensors[i].name, name) == 0)
            return &graph->tensors[i];
    return NULL;
}

static NnGraph *read_bytes(GBytes *bytes)
{
    gsize size;
    const uint8_t *data = g_bytes_get_data(bytes, &size);
    return tflite_read(data, size, NULL);
}

/* As read, before any pass: operators up to the features, and the constants they use. */
static void what_is_not_the_top_stays(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(nets); i++) {
        char *name = g_strconcat(nets[i], ".tflite", NULL);
        Set s = make_set(name);
        NnHead *head;
        GBytes *bytes = teach(&s, NULL, &head);
        NnGraph *old = read_bytes(s.model->bytes), *new = read_bytes(bytes);
        int top = s.model->graph->tensors[s.model->graph->embedding].in_file;
        int constants = 0;
        for (int k = 0;; k++) {
            const GraphOp *a = &old->ops[k], *b = &new->ops[k];
            assert_int_equal(a->kind, b->kind);
            assert_int_equal(a->act, b->act);
            assert_int_equal(a->stride_w, b->stride_w);
            assert_int_equal(a->stride_h, b->stride_h);
            assert_int_equal(a->pad_same, b->pad_same);
            assert_int_equal(a->n_in, b->n_in);
            for (int j = 0; j < a->n_in; j++) {
                const GraphTensor *x = &old->tensors[a->in[j]], *y = &new->tensors[b->in[j]];
                assert_string_equal(x->name, y->name);
                assert_int_equal(x->type, y->type);
                assert_int_equal(x->n_scales, y->n_scales);
                assert_memory_equal(x->dims, y->dims, sizeof x->dims);
                for (int c = 0; c < x->n_scales; c++)
                    assert_true(x->scale[c] == y->scale[c] && x->zero[c] == y->zero[c]);
                assert_true((x->data == NULL) == (y->data == NULL));
                if (x->data) {
                    assert_memory_equal(x->data, y->data, x->bytes);
                    constants++;
                }
            }
            if (a->out == top)
                break;
        }
        assert_true(constants > 5);
        assert_null(find(new, old->tensors[old->output].name));
        assert_int_equal(new->tensors[new->output].type, old->tensors[old->output].type);
        assert_int_equal(new->tensors[new->input].type, old->tensors[old->input].type);
        graph_free(old);
        graph_free(new);
        g_bytes_unref(bytes);
        nn_head_free(head);
        free_set(&s);
        g_free(name);
    }
}

static void labels_name_and_normalisation_are_inside(void **state)
{
    (void)state;
    Set s = make_set("mobilenet_v2_f32.tflite");
    NnHead *head;
    GBytes *bytes = teach(&s, NULL, &head);
    NnModel *model = nn_model_new_from_bytes(bytes, NULL);
    const char *const *found = nn_model_labels(model);
    assert_string_equal(nn_model_name(model), "Desk");
    assert_non_null(found);
    assert_string_equal(found[1], "a key");
    assert_string_equal(found[3], "unknown");
    assert_null(found[4]);
    assert_true(model->graph->has_norm && model->graph->mean[0] == 127.5f);
    nn_model_unref(model);
    g_bytes_unref(bytes);
    nn_head_free(head);
    free_set(&s);
}

/* A taught model is a model: it can be taught again, from the same features. */
static void taught_models_can_be_taught(void **state)
{
    (void)state;
    Set s = make_set("mobilenet_v3_s8.tflite");
    NnHead *head, *second;
    GBytes *bytes = teach(&s, NULL, &head), *again;
    nn_model_unref(s.model);
    s.model = nn_model_new_from_bytes(bytes, NULL);
    assert_int_equal(nn_model_embedding_size(s.model), s.depth);
    again = teach(&s, NULL, &second);
    assert_true(g_bytes_get_size(again) <= g_bytes_get_size(bytes) + 64);
    assert_true(worst_difference(&s, second, again, 0.25) < 0.25);
    g_bytes_unref(bytes);
    g_bytes_unref(again);
    nn_head_free(head);
    nn_head_free(second);
    free_set(&s);
}

static void the_same_samples_give_the_same_file(void **state)
{
    (void)state;
    Set s = make_set("mobilenet_v2_s8.tflite");
    NnHead *a, *b;
    GBytes *first = teach(&s, NULL, &a), *second = teach(&s, NULL, &b);
    assert_true(g_bytes_equal(first, second));
    g_bytes_unref(first);
    g_bytes_unref(second);
    nn_head_free(a);
    nn_head_free(b);
    free_set(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_answers_as_the_head),
        cmocka_unit_test(what_is_not_the_top_stays),
        cmocka_unit_test(labels_name_and_normalisation_are_inside),
        cmocka_unit_test(taught_models_can_be_taught),
        cmocka_unit_test(the_same_samples_give_the_same_file),
    };
    return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}

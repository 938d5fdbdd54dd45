/* SPDX-License-Identifier: MIT */
/* heads.c - trains a head on features from a file and names the classes of others: for compare.py.
 * usage: heads MODEL TRAIN TEST STRENGTH METHOD
 * TRAIN and TEST: int32 n, n int32 classes, n rows of float32 features. STRENGTH 0: the default.
 * Prints the seconds of CPU time that training took, then the class of each test row. */
#include "train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static NnSamples load(const char *path, int depth, char **data)
{
    gsize size;
    NnSamples s = {0};
    if (!g_file_get_contents(path, data, &size, NULL) || size < 4)
        g_error("%s: cannot be read", path);
    memcpy(&s.n, *data, 4);
    if (size != 4 + (gsize)s.n * 4 * (gsize)(depth + 1))
        g_error("%s: has not %d rows of %d features", path, s.n, depth);
    s.y = (const int *)(const void *)(*data + 4);
    s.x = (const float *)(const void *)(*data + 4 + 4 * (gsize)s.n);
    return s;
}

int main(int argc, char **argv)
{
    GError *error = NULL;
    if (argc != 6)
        return 2;
    NnModel *model = nn_model_new_from_file(argv[1], &error);
    if (!model)
        g_error("%s", error->message);
    char *train_data, *test_data;
    int depth = nn_model_embedding_size(model), classes = 0;
    NnSamples train = load(argv[2], depth, &train_data), test = load(argv[3], depth, &test_data);
    for (int i = 0; i < train.n; i++)
        classes = MAX(classes, train.y[i] + 1);
    NnHeadOptions options = NN_HEAD_OPTIONS_INIT;
    options.unknown = 0;
    options.strength = atof(argv[4]);
    options.method = (NnHeadMethod)atoi(argv[5]);
    clock_t start = clock(); /* it is one thread */
    NnHead *head = nn_head_new(model, classes, &train, NULL, &options, &error);
    if (!head)
        g_error("%s", error->message);
    printf("%.3f\n", (double)(clock() - start) / CLOCKS_PER_SEC);
    float *scores = g_new(float, classes);
    for (int i = 0; i < test.n; i++) {
        int best = 0;
        nn_head_scores(head, test.x + (size_t)i * (size_t)depth, scores, NULL);
        for (int k = 1; k < classes; k++)
            best = scores[k] > scores[best] ? k : best;
        printf("%d\n", best);
    }
    g_free(scores);
    g_free(train_data);
    g_free(test_data);
    nn_head_free(head);
    nn_model_unref(model);
    return 0;
}

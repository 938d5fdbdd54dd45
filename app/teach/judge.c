/* SPDX-License-Identifier: MIT */
/* judge.c - how well a model knows a folder of classes. */
#include "teach/judge.h"

#include "teach/lesson_private.h"
#include "tool/ahead.h"

typedef struct {
    const Judge *judge;
    Report *report;
    const char *path;
    int truth, frames;
    float *scores;
} Judging;

static bool judge_picture(Judging *j, const Picture *picture, double seconds, GError **error)
{
    NnNet *net = j->judge->net;
    if (!picture_show(picture, net, j->judge->settings->fit, error))
        return false;
    nn_net_run(net);
    nn_net_scores(net, j->scores);
    report_add(j->report, j->path, seconds, j->truth, j->scores);
    return true;
}

static bool judge_frame(void *data, const Picture *picture, GError **error)
{
    Judging *j = data;
    const ViewSettings *settings = j->judge->settings;
    return judge_picture(j, picture, j->frames * settings->interval, error) &&
           ++j->frames < settings->most_frames;
}

static bool judge_file(Judging *j, Ahead *ahead, GError **error)
{
    GError *failure = NULL;
    Picture picture;
    if (views_is_video(j->path)) {
        j->frames = 0;
        picture_each(j->path, j->judge->settings->interval, judge_frame, j, &failure);
    } else if (ahead_open(ahead, &picture, j->path, &failure)) {
        judge_picture(j, &picture, REPORT_NO_VIDEO, &failure);
        picture_close(&picture);
    }
    if (failure)
        g_propagate_error(error, failure);
    return !failure;
}

/* All files of a class, however deep they lie. */
static void find_files(const char *folder, GPtrArray *paths)
{
    g_autoptr(GPtrArray) names = lesson_list(folder);
    for (guint i = 0; i < names->len; i++) {
        char *path = g_build_filename(folder, names->pdata[i], NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            find_files(path, paths);
            g_free(path);
        } else {
            g_ptr_array_add(paths, path);
        }
    }
}

/* FALSE if it was told to stop. */
static bool judge_class(Judging *j, const char *folder, int *failed)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    bool going = true;
    guint ahead_of = 0;
    find_files(folder, paths);
    Ahead *ahead = ahead_new();
    for (guint i = 0; i < paths->len && going; i++) {
        g_autoptr(GError) error = NULL;
        going = !j->judge->tell || j->judge->tell(j->judge->data, (int)i, (int)paths->len);
        for (; ahead_of < MIN(i + AHEAD_PICTURES, paths->len) && going; ahead_of++)
            if (!views_is_video(paths->pdata[ahead_of]))
                ahead_want(ahead, paths->pdata[ahead_of]);
        j->path = paths->pdata[i];
        if (!going || judge_file(j, ahead, &error))
            continue;
        j->judge->unreadable(j->judge->data, error->message);
        ++*failed;
    }
    ahead_free(ahead);
    return going;
}

int judge_folder(const Judge *judge, const char *dir, Report *report)
{
    g_autoptr(GPtrArray) names = lesson_list(dir);
    g_autofree float *scores = g_new(float, nn_model_n_classes(nn_net_model(judge->net)));
    Judging j = {.judge = judge, .report = report, .scores = scores};
    bool going = true;
    int failed = 0;
    for (guint i = 0; i < names->len && going; i++) {
        g_autofree char *folder = g_build_filename(dir, names->pdata[i], NULL);
        if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
            continue;
        j.truth = nn_labels_find(judge->labels, names->pdata[i]);
        if (j.truth < 0)
            j.truth = nn_labels_find(judge->labels, "unknown");
        going = judge_class(&j, folder, &failed);
    }
    return failed;
}

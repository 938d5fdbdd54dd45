/* SPDX-License-Identifier: MIT */
/* try_model.c - loads, plans and runs whatever it is given. */
#include "try_model.h"

#include <string.h>

#define MAX_BYTES ((size_t)64 << 20)
#define MAX_MACS  20000000

static void run(NnNet *net)
{
    NnNetInfo info;
    nn_net_info(net, &info);
    if (info.macs > MAX_MACS)
        return;
    NnClass best[5];
    memset(nn_net_input(net), 0x5a, nn_model_input(nn_net_model(net))->bytes);
    nn_net_run(net);
    nn_net_topk(net, best, 5);
    g_free(nn_net_describe(net));
}

bool try_model(const void *data, size_t size, GError **error)
{
    GBytes *bytes = g_bytes_new_take(g_memdup2(data, size), size);
    NnOptions options = NN_OPTIONS_INIT;
    options.threads = 1;
    options.max_bytes = MAX_BYTES;
    NnModel *model = nn_model_new_from_bytes(bytes, error);
    NnNet *net = model ? nn_net_new(model, &options, error) : NULL;
    g_bytes_unref(bytes);
    if (model)
        nn_labels_free(nn_labels_new(model, NULL, NULL));
    if (net)
        run(net);
    bool ok = net != NULL;
    nn_net_free(net);
    nn_model_unref(model);
    return ok;
}

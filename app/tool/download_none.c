/* SPDX-License-Identifier: MIT */
/* download_none.c - stands in for download.c where the tool is built without libsoup. */
#include "download.h"
#include "nn.h"

bool download(const CatalogueFile *file, const char *path, const char *what,
              GCancellable *cancellable, GError **error)
{
    (void)what, (void)cancellable;
    g_set_error(error, NN_ERROR, NN_ERROR_UNSUPPORTED,
                "%s: cannot be downloaded, this program was built without libsoup; install it "
                "(Debian: libsoup-3.0-dev) and build again, or download the file by other means "
                "to %s",
                file->url, path);
    return false;
}

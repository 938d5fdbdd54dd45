/* SPDX-License-Identifier: MIT */
/* download.h - one file of the catalogue, out of the network onto the disk. */
#ifndef TOOL_DOWNLOAD_H
#define TOOL_DOWNLOAD_H

#include "catalogue.h"

/* Downloads file and puts it at path, whole and verified, or not at all; what was there before is
 * replaced. While it comes in it is PATH.part; if it stops half-way that stays, and the next call
 * goes on from there. Shows a progress bar that is called `what`. False and error on failure, also
 * when cancelled (G_IO_ERROR_CANCELLED); the message starts with the URL or path. */
bool download(const CatalogueFile *file, const char *path, const char *what,
              GCancellable *cancellable, GError **error);

#endif

/* SPDX-License-Identifier: MIT */
/* modelcache.h - the models in use in this process: elements that name the same file share one
 * NnModel. Any thread. */
#ifndef MODEL_CACHE_H
#define MODEL_CACHE_H

#include "nn.h"

G_BEGIN_DECLS

#define MODEL_CACHE_RESOURCE "resource://"

/* The model behind a path, a name (nn_model_find()) or a resource://PATH compiled into the program;
 * NULL or "": the bundled one. Read only if it is not in use already or the file has changed since.
 * place: where it was found; g_free() it, whatever happens. Give the model back with
 * model_cache_release(). NULL and error (NN_ERROR) on failure. */
NnModel *model_cache_get(const gchar *model_file, gchar **place, GError **error);

void model_cache_release(NnModel *model); /* NULL is fine */

G_END_DECLS

#endif

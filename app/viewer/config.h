/* SPDX-License-Identifier: MIT */
/* config.h - options from a file: [viewer], a line NAME=VALUE for each --NAME=VALUE, NAME=true for
 * one without a value. The command line comes later and wins. */
#ifndef VIEWER_CONFIG_H
#define VIEWER_CONFIG_H

#include <glib.h>

/* The file that config_add() reads; NULL: none. g_free() it. */
char *config_file(char **argv);

/* The arguments with those of the file put in front of them, behind the program's name. path: from
 * --config in argv; else ~/.config/gst-mobilenet/viewer.ini and then /etc/gst-mobilenet/viewer.ini,
 * where there is one. New, g_strfreev() it. NULL and error (starting with the file's name) if the
 * file cannot be read, is no such file, or has a key that is none of entries. */
char **config_add(char **argv, const GOptionEntry *entries, GError **error);

#endif

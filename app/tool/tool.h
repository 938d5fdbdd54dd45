/* SPDX-License-Identifier: MIT */
/* tool.h - what the verbs of `mobilenet` share: command lines, errors, loading a model, progress.
 */
#ifndef TOOL_H
#define TOOL_H

#include "jsonline.h"
#include "nn.h"
#include "status.h"

/* Each verb gets what stands behind its name (argv[0] is the verb) and returns an exit status. */
int verb_classify(int argc, char **argv);
int verb_run(int argc, char **argv);
int verb_info(int argc, char **argv);
int verb_bench(int argc, char **argv);
int verb_eval(int argc, char **argv);
int verb_fetch(int argc, char **argv);
int verb_doctor(int argc, char **argv);
int verb_teach(int argc, char **argv);

/* Parses the options of a verb, taking them out of argc and argv; adds --version. usage: what
 * follows the options ("IMAGE..."); summary: the first sentence of --help; details: the paragraphs
 * below the options, or NULL. False after a wrong command line, which has been reported. */
bool tool_parse(int *argc, char ***argv, const GOptionEntry *entries, const char *usage,
                const char *summary, const char *details);

/* One line on standard error: "mobilenet VERB: MESSAGE". */
void tool_error(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* The same for a wrong command line, pointing at --help; returns STATUS_USAGE. */
int tool_usage(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* A model ready to run. */
typedef struct {
    NnModel *model;
    NnLabels *labels;
    NnNet *net;
    const char *path; /* owned by model */
} ToolNet;

/* Loads model (a path, a name, or NULL for the bundled one) with its labels (NULL: its own) and
 * plans it. Reports what went wrong, also labels that do not fit, and returns an exit status;
 * unless that is STATUS_OK nothing is to be closed. */
int tool_open(ToolNet *tool, const char *model, const char *labels, const NnOptions *options);
void tool_close(ToolNet *tool);

/* A bar on standard error, if that is a terminal; cleared when done == total. */
void tool_progress(const char *what, int done, int total);

#endif

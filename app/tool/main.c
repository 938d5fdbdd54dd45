/* SPDX-License-Identifier: MIT */
/* main.c - `mobilenet VERB`: the table of verbs. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "tool.h"

static const struct {
    const char *name, *what;
    int (*run)(int argc, char **argv);
} verbs[] = {
    {"classify", "name what is in pictures", verb_classify},
    {"info", "what a model is made of and what it costs", verb_info},
    {"bench", "how fast a model runs here", verb_bench},
    {"run", "raw input tensor in, raw output tensor out", verb_run},
    {"eval", "accuracy over a list of pictures", verb_eval},
    {"teach", "teach a model classes of your own", verb_teach},
    {"fetch", "list and download published models", verb_fetch},
    {"doctor", "what keeps live classification from working here", verb_doctor},
};

static void print_help(FILE *out)
{
    fputs("Usage: mobilenet VERB [OPTION...] ARGUMENT...\n\n"
          "MobileNet image classifiers (.tflite) on the CPU.\n\nVerbs:\n",
          out);
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
        fprintf(out, "  %-10s %s\n", verbs[i].name, verbs[i].what);
    fputs("\n'mobilenet VERB --help' tells more about a verb; 'mobilenet --version' prints the "
          "version.\n\n"
          "Environment:\n"
          "  NN_CPU      kernels to use, such as NN_CPU=c or NN_CPU=c,neon; default: all that fit\n"
          "  NN_THREADS  number of threads where --threads is not given\n\n" STATUS_HELP "\n",
          out);
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C"); /* what we print can be read back */
    g_set_prgname("mobilenet");
    if (argc < 2) {
        print_help(stderr);
        return STATUS_USAGE;
    }
    if (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h") ||
        g_str_equal(argv[1], "help")) {
        print_help(stdout);
        return STATUS_OK;
    }
    if (g_str_equal(argv[1], "--version")) {
        puts("mobilenet " MOBILENET_VERSION);
        return STATUS_OK;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (g_str_equal(argv[1], verbs[i].name)) {
            g_autofree char *name = g_strconcat("mobilenet ", verbs[i].name, NULL);
            g_set_prgname(name);
            return verbs[i].run(argc - 1, argv + 1);
        }
    }
    return tool_usage("no verb '%s'", argv[1]);
}

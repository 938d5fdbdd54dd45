/* SPDX-License-Identifier: MIT */
/* kcheck.c - walks the table of kernels: every row that this CPU can run is compared with the C
 * reference of its group on awkward shapes, and timed on request. A row that can be chosen cannot
 * be untested: one that accepts none of the shapes is an error. */
#include "kcheck.h"
#include "cpu.h"
#include "nn.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const Family *const families[] = {&family_conv,  &family_pool,    &family_binary,
                                         &family_unary, &family_rowwise, &family_move};

static Case current; /* too large for the stack; the crash handler names it */
static const NnKernel *current_row;

static void crashed(int number)
{
    char text[512];
    int n = snprintf(text, sizeof text, "%s: crashed with signal %d\n    %s\n",
                     current_row ? current_row->name : "kcheck", number, current.text);
    if (write(STDOUT_FILENO, text, (size_t)n) < 0)
        _exit(2);
    _exit(1);
}

static const Family *find_family(const NnKernel *k)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (families[i]->handles(k->op, k->type))
            return families[i];
    return NULL;
}

static const NnKernel *find_reference(const NnKernel *k)
{
    for (int i = 0; i < nn_n_kernels; i++)
        if (nn_kernels[i]->op == k->op && nn_kernels[i]->type == k->type && !nn_kernels[i]->cpu)
            return nn_kernels[i];
    return NULL;
}

/* A row's draws depend on its name and the seed alone, so that it can be replayed on its own. */
static Random random_for(const NnKernel *k, uint64_t seed)
{
    return (Random){seed * UINT64_C(0x100000001b3) ^ g_str_hash(k->name)};
}

static bool prepare(const NnKernel *k, void (*make)(Case *, int, Random *), int i, Random *r)
{
    memset(&current, 0, sizeof current);
    current.args.op = k->op;
    current.args.type = k->type;
    make(&current, i, r);
    return !k->accepts || k->accepts(&current.args);
}

static bool check_row(const NnKernel *k, uint64_t seed)
{
    const Family *family = find_family(k);
    const NnKernel *ref = find_reference(k);
    if (!family || !ref) {
        printf("%s: no %s for it\n", k->name, family ? "reference" : "shapes");
        return false;
    }
    current_row = k;
    Random r = random_for(k, seed);
    int accepted = 0;
    for (int i = 0; i < family->n_cases; i++) {
        Random own = {random_u64(&r)};
        if (!prepare(k, family->make, i, &own))
            continue;
        accepted++;
        if (!case_compare(&current, ref, k, &own, seed))
            return false;
    }
    if (!accepted || (k == ref && accepted < family->n_cases)) {
        printf("%s: accepts %d of %d shapes\n", k->name, accepted, family->n_cases);
        return false;
    }
    printf("%-26s %3d shapes ok\n", k->name, accepted);
    return true;
}

/* The reference is timed beside each row that is faster; on its own only if there is none. */
static void bench_row(const NnKernel *k, bool alone, uint64_t seed)
{
    const Family *family = find_family(k);
    const NnKernel *ref = find_reference(k);
    if (k == ref && !alone)
        return;
    Random r = random_for(k, seed);
    current_row = k;
    for (int i = 0; i < family->n_benches; i++)
        if (prepare(k, family->make_bench, i, &r)) {
            double ref_ns = k == ref ? 0 : case_bench(&current, ref, 0, &r);
            case_bench(&current, k, ref_ns, &r);
        }
}

static char *first_line(const char *path, const char *key)
{
    char *text = NULL, *found = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return g_strdup("unknown");
    char **lines = g_strsplit(text, "\n", -1);
    for (int i = 0; lines[i] && !found; i++)
        if (!key || g_str_has_prefix(lines[i], key))
            found = g_strstrip(g_strdup(lines[i] + (key ? strlen(key) : 0)));
    g_strfreev(lines);
    g_free(text);
    return found ? found : g_strdup("unknown");
}

static void print_machine(void)
{
#if defined(__x86_64__) || defined(__i386__)
    char *cpu = first_line("/proc/cpuinfo", "model name\t:");
#else
    char *cpu = first_line("/proc/cpuinfo", "CPU part\t:");
#endif
    char *governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", NULL);
    printf("# cpu %s, governor %s, version %s\n", cpu, governor, KCHECK_VERSION);
    printf("%-26s %11s %11s %8s %7s  %s\n", "# row", "median ns", "min ns", "MAC/ns", "to C",
           "shape");
    g_free(cpu);
    g_free(governor);
}

static void print_row(const NnKernel *k)
{
    printf("%-26s%s%s%s%s\n", k->name, k->cpu ? "" : " reference",
           k->cpu & NN_CPU_NEON ? " neon" : "", k->cpu & NN_CPU_DOTPROD ? " dotprod" : "",
           k->cpu & NN_CPU_FP16 ? " fp16" : "");
}

int main(int argc, char **argv)
{
    gboolean list = FALSE, bench = FALSE;
    char *filter = NULL, *cpu_words = g_strdup(g_getenv("NN_CPU"));
    gint64 seed = 1;
    const GOptionEntry entries[] = {
        {"list", 'l', 0, G_OPTION_ARG_NONE, &list, "Print the rows that were built", NULL},
        {"filter", 'f', 0, G_OPTION_ARG_STRING, &filter, "Only rows whose name matches", "GLOB"},
        {"seed", 's', 0, G_OPTION_ARG_INT64, &seed, "Other shapes and numbers (1)", "N"},
        {"cpu", 'c', 0, G_OPTION_ARG_STRING, &cpu_words,
         "Only rows that need no more than these (c,neon,dotprod,fp16); NN_CPU is the default",
         "FLAGS"},
        {"bench", 'b', 0, G_OPTION_ARG_NONE, &bench, "Time the rows that pass", NULL},
        {0},
    };
    GOptionContext *context = g_option_context_new("- compare and time kernels");
    g_option_context_add_main_entries(context, entries, NULL);
    GError *error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "kcheck: %s\n", error->message);
        return 2;
    }
    unsigned cpu = cpu_detect() & (cpu_words ? cpu_parse(cpu_words) : NN_CPU_ALL);

    signal(SIGSEGV, crashed);
    signal(SIGBUS, crashed);
    signal(SIGILL, crashed);
    signal(SIGFPE, crashed);
    if (bench)
        print_machine();
    int failed = 0, tested = 0;
    const NnKernel *previous = NULL;
    for (int i = 0; i < nn_n_kernels; i++) {
        const NnKernel *k = nn_kernels[i];
        if ((k->cpu & ~cpu) || (filter && !g_pattern_match_simple(filter, k->name)))
            continue;
        tested++;
        if (list)
            print_row(k);
        else if (!check_row(k, (uint64_t)seed))
            failed++;
        else if (bench)
            bench_row(k, !previous || previous->op != k->op || previous->type != k->type,
                      (uint64_t)seed);
        previous = k;
    }
    if (!list)
        printf("%d rows, %d failed (seed %lld)\n", tested, failed, (long long)seed);
    g_option_context_free(context);
    g_free(filter);
    g_free(cpu_words);
    return failed ? 1 : 0;
}

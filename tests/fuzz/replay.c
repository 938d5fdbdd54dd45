/* SPDX-License-Identifier: MIT */
/* replay.c - gives the files of folders to a fuzz target, without libFuzzer. */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *folder)
{
    int n = 0;
    const char *name;
    GDir *dir = g_dir_open(folder, 0, NULL);
    while (dir && (name = g_dir_read_name(dir))) {
        char *path = g_build_filename(folder, name, NULL), *data;
        size_t size;
        if (g_file_get_contents(path, &data, &size, NULL)) {
            LLVMFuzzerTestOneInput((const uint8_t *)data, size);
            g_free(data);
            n++;
        }
        g_free(path);
    }
    g_clear_pointer(&dir, g_dir_close);
    return n;
}

int main(int argc, char **argv)
{
    int n = 0;
    for (int i = 1; i < argc; i++)
        n += replay(argv[i]);
    printf("%d files replayed\n", n);
    return n == 0;
}

/* SPDX-License-Identifier: MIT */
/* qr.c - an address as a QR code on the terminal, two modules a character. */
#include <qrencode.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "qr.h"

enum { MARGIN = 2 }; /* modules; the standard's four are not needed by phones */

static bool is_dark(const QRcode *code, int x, int y)
{
    if (x < 0 || y < 0 || x >= code->width || y >= code->width)
        return false;
    return code->data[y * code->width + x] & 1;
}

void qr_print(const char *text)
{
    if (!isatty(STDERR_FILENO))
        return;
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
    if (!code)
        return;
    for (int y = -MARGIN; y < code->width + MARGIN; y += 2) {
        fputs("\033[30;107m", stderr); /* black on white, whatever the terminal's colours */
        for (int x = -MARGIN; x < code->width + MARGIN; x++) {
            bool upper = is_dark(code, x, y), lower = is_dark(code, x, y + 1);
            /* full, upper half, lower half block */
            fputs(upper && lower ? "\xe2\x96\x88"
                  : upper        ? "\xe2\x96\x80"
                  : lower        ? "\xe2\x96\x84"
                                 : " ",
                  stderr);
        }
        fputs("\033[0m\n", stderr);
    }
    QRcode_free(code);
}

/* SPDX-License-Identifier: MIT */
/* qr_none.c - built without libqrencode: the address as text must do. */
#include "qr.h"

void qr_print(const char *text)
{
    (void)text;
}

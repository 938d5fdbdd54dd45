/* SPDX-License-Identifier: MIT */
/* qr.h - an address as a QR code on the terminal. */
#ifndef VIEWER_QR_H
#define VIEWER_QR_H

/* Prints text as a QR code on standard error if that is a terminal and the program was built with
 * libqrencode; else nothing. */
void qr_print(const char *text);

#endif

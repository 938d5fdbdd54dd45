/* SPDX-License-Identifier: MIT */
/* status.h - exit codes shared by all programs, and the sentences they share. */
#ifndef APP_STATUS_H
#define APP_STATUS_H

enum {
    STATUS_OK = 0,
    STATUS_FAILED = 1, /* a model, a picture, a camera: something given or found did not work */
    STATUS_USAGE = 2,  /* the command line made no sense */
};

#define STATUS_HELP                                                                                \
    "Exit status:\n"                                                                               \
    "  0  all went well\n"                                                                         \
    "  1  an input or the machine failed; standard error says why\n"                               \
    "  2  the command line was wrong"

/* What mends a model that cannot be used. */
#define MODEL_HELP "name a .tflite file of the MobileNet family; 'mobilenet fetch' lists some"

#endif

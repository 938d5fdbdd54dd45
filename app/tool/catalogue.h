/* SPDX-License-Identifier: MIT */
/* catalogue.h - the published models that `mobilenet fetch` knows: models/catalogue.ini, read and
 * checked. */
#ifndef TOOL_CATALOGUE_H
#define TOOL_CATALOGUE_H

#include <gio/gio.h>
#include <stdbool.h>

/* Where a file can be had, and how to know that it is the right one. */
typedef struct {
    char *url;    /* http:// or https:// */
    goffset size; /* in bytes */
    char *sha256; /* 64 hexadecimal digits, lower case */
} CatalogueFile;

typedef struct {
    char *name; /* installed, the model is NAME.tflite; safe as a file name */
    char *title, *licence, *input;
    char *labels; /* "inside", "none", "list", or the URL of a label file */
    CatalogueFile model;
    CatalogueFile label_file; /* url is NULL unless labels is one */
    char **label_list;        /* where labels is "list", else NULL */
    int n_classes;            /* 0: not stated */
    double top1;              /* in percent; 0: not stated */
} CatalogueEntry;

/* Where catalogue.ini is: in the build tree, or installed. */
char *catalogue_path(void);

/* Entries (CatalogueEntry) in the order of the file; NULL and error if anything in it is wrong. */
GPtrArray *catalogue_read(const char *path, GError **error);

/* NULL if there is none of that name. */
const CatalogueEntry *catalogue_find(const GPtrArray *catalogue, const char *name);

/* Names that someone who wrote `name` may have meant, such as "birds, objects"; NULL if none. */
char *catalogue_near(const GPtrArray *catalogue, const char *name);

/* The SHA-256 of the file at path, in hexadecimal; NULL if it cannot be read. */
char *catalogue_sha256(const char *path);

/* The file at path is that one, byte for byte. */
bool catalogue_file_is(const CatalogueFile *file, const char *path);

#endif

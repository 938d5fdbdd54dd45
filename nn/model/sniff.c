/* SPDX-License-Identifier: MIT */
/* sniff.c - recognises what people pass for a model and says what to do about it. */
#include "reader.h"

#include <string.h>

static bool starts(const uint8_t *data, size_t size, const char *with)
{
    size_t n = strlen(with);
    return size >= n && memcmp(data, with, n) == 0;
}

/* The first tag of a web page, after blanks and a byte order mark, in any case. */
static bool is_web_page(const uint8_t *data, size_t size)
{
    static const char *const tags[] = {"<!doctype html", "<html", "<head", "<?xml"};
    size_t at = starts(data, size, "\xef\xbb\xbf") ? 3 : 0;
    while (at < size && g_ascii_isspace((char)data[at]))
        at++;
    for (size_t i = 0; i < G_N_ELEMENTS(tags); i++) {
        size_t n = strlen(tags[i]);
        if (size - at >= n && g_ascii_strncasecmp((const char *)data + at, tags[i], n) == 0)
            return true;
    }
    return false;
}

const char *sniff(const uint8_t *data, size_t size)
{
    if (size == 0)
        return "the file is empty";
    if (starts(data, size, "version https://git-lfs"))
        return "this is a Git LFS pointer, not the model it stands for: run \"git lfs pull\" where "
               "it came from, or download the model itself";
    if (is_web_page(data, size))
        return "this is a web page, not a model: download the file itself, not the page about it";
    if (starts(data, size, "PK\x03\x04"))
        return "this is a zip archive: unpack it and use the .tflite file inside (a .keras or "
               ".pt file must be converted to .tflite)";
    if (starts(data, size, "\x1f\x8b"))
        return "this is a gzip archive: unpack it with gunzip or tar and use the .tflite file";
    if (starts(data, size, "\x89HDF\r\n"))
        return "this is a Keras HDF5 model: convert it with TensorFlow's TFLiteConverter";
    if (size >= 8 && memcmp(data + 4, "TFL3", 4) == 0)
        return NULL;
    if (data[0] == 0x08 && size >= 3 && (data[2] == 0x12 || data[2] == 0x3a))
        return "this looks like an ONNX or TensorFlow SavedModel file: convert it to .tflite";
    if (data[0] == '{')
        return "this is a JSON file (of TensorFlow.js?), not a .tflite model";
    if (size < 8)
        return "the file is too short to be a .tflite model";
    return "this is not a .tflite model (no TFL3 at its fifth byte)";
}

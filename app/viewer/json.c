/* SPDX-License-Identifier: MIT */
/* json.c - results as JSON, one line each. */
#include "json.h"
#include "jsonline.h"

/* A number of nanoseconds as seconds; null if it is not known. */
static void add_seconds(JsonBuilder *line, const char *name, const GstStructure *result,
                        const char *field)
{
    guint64 ns;
    if (gst_structure_get_uint64(result, field, &ns) && GST_CLOCK_TIME_IS_VALID(ns)) {
        json_add_double(line, name, (double)ns / GST_SECOND);
    } else {
        json_builder_set_member_name(line, name);
        json_builder_add_null_value(line);
    }
}

static const char *label_of(const GstStructure *structure)
{
    const char *label = gst_structure_get_string(structure, "label");
    return label ? label : "";
}

static double confidence_of(const GstStructure *structure)
{
    double confidence = 0;
    gst_structure_get_double(structure, "confidence", &confidence);
    return confidence;
}

static void add_results(JsonBuilder *line, const GValue *results)
{
    json_begin_array(line, "results");
    for (guint i = 0; results && i < gst_value_array_get_size(results); i++) {
        const GstStructure *class = gst_value_get_structure(gst_value_array_get_value(results, i));
        int index = -1;
        gst_structure_get_int(class, "index", &index);
        json_add_class(line, label_of(class), index, confidence_of(class));
    }
    json_builder_end_array(line);
}

void json_add_result(JsonBuilder *line, const GstStructure *result)
{
    guint64 frame = 0;
    gst_structure_get_uint64(result, "frame", &frame);
    add_seconds(line, "time", result, "stream-time");
    json_add_int(line, "frame", (gint64)frame);
    json_add_string(line, "label", label_of(result));
    json_add_double(line, "confidence", confidence_of(result));
    add_results(line, gst_structure_get_value(result, "results"));
    add_seconds(line, "age", result, "age");
    add_seconds(line, "inference_time", result, "inference-time");
}

char *json_result(const GstStructure *result)
{
    JsonBuilder *line = json_line_new();
    json_add_result(line, result);
    return json_line_text(line);
}

/* SPDX-License-Identifier: MIT */
/* test_memory.c - frames in memory of all kinds: of a file descriptor, in several pieces, 8K, and
 * such that the CPU cannot read; and no memory that grows with the times the element is started. */
#define _GNU_SOURCE /* memfd_create */
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <gst/allocators/allocators.h>

#include "helper.h"

/* ---- memory that cannot be mapped --------------------------------------------------------- */

typedef struct {
    GstAllocator parent;
} Unmappable;

typedef struct {
    GstAllocatorClass parent;
} UnmappableClass;

GType unmappable_get_type(void);
G_DEFINE_TYPE(Unmappable, unmappable, GST_TYPE_ALLOCATOR)

static GstMemory *unmappable_alloc(GstAllocator *allocator, gsize size, GstAllocationParams *params)
{
    GstMemory *memory = g_new0(GstMemory, 1);

    (void)params;
    gst_memory_init(memory, GST_MEMORY_FLAG_NO_SHARE, allocator, NULL, size, 0, 0, size);
    return memory;
}

static void unmappable_free(GstAllocator *allocator, GstMemory *memory)
{
    (void)allocator;
    g_free(memory);
}

static gpointer refuse_map(GstMemory *memory, gsize size, GstMapFlags flags)
{
    (void)memory;
    (void)size;
    (void)flags;
    return NULL;
}

static void unmappable_class_init(UnmappableClass *class)
{
    GST_ALLOCATOR_CLASS(class)->alloc = unmappable_alloc;
    GST_ALLOCATOR_CLASS(class)->free = unmappable_free;
}

static void unmappable_init(Unmappable *self)
{
    GST_ALLOCATOR(self)->mem_type = "unmappable";
    GST_ALLOCATOR(self)->mem_map = refuse_map;
    GST_OBJECT_FLAG_SET(self, GST_ALLOCATOR_FLAG_CUSTOM_ALLOC);
}

static void memory_that_cannot_be_read_passes_with_one_warning(void **state)
{
    static const char *const modes[] = {"mode=every-frame", "mode=newest", "mode=matched",
                                        "mode=every-frame inference-region=roi-list"};
    GstAllocator *allocator = g_object_new(unmappable_get_type(), NULL);

    (void)state;
    gst_object_ref_sink(allocator);
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        Rig rig = rig_new(modes[i]);
        guint out = 0;

        rig_set_caps(&rig, "NV12", 64, 48);
        for (unsigned k = 0; k < 20; k++) {
            GstBuffer *frame = gst_buffer_new();

            gst_buffer_append_memory(frame, gst_allocator_alloc(allocator, 64 * 48 * 3 / 2, NULL));
            gst_buffer_add_video_region_of_interest_meta(frame, "face", 1, 1, 20, 20);
            assert_int_equal(gst_harness_push(rig.harness, frame), GST_FLOW_OK);
        }
        assert_true(gst_harness_push_event(rig.harness, gst_event_new_eos()));
        for (GstBuffer *frame; (frame = gst_harness_try_pull(rig.harness)) != NULL; out++) {
            assert_null(result_on(frame));
            gst_buffer_unref(frame);
        }
        assert_int_equal(out, 20);
        assert_int_equal(count_messages(rig.bus, GST_MESSAGE_WARNING), 1);
        assert_int_equal(count_messages(rig.bus, GST_MESSAGE_ERROR), 0);
        rig_free(&rig);
    }
    gst_object_unref(allocator);
}

/* ---- memory of file descriptors, in pieces, large ----------------------------------------- */

static char *results_of(GstBuffer *buffer)
{
    const GstStructure *result = result_on(buffer);

    assert_non_null(result);
    return gst_value_serialize(gst_structure_get_value(result, "results"));
}

/* The frame goes through and gets the result that its like in plain memory gets. */
static void assert_seen_alike(GstBuffer *frame, const char *caps, GstBuffer *plain)
{
    Rig rig = rig_new("mode=every-frame overlay=false smoothing=0 message=none");

    gst_harness_set_src_caps_str(rig.harness, caps);
    GstBuffer *a = gst_harness_push_and_pull(rig.harness, frame);
    GstBuffer *b = gst_harness_push_and_pull(rig.harness, plain);
    char *ra = results_of(a), *rb = results_of(b);
    assert_string_equal(ra, rb);
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR), 0);
    g_free(ra);
    g_free(rb);
    gst_buffer_unref(a);
    gst_buffer_unref(b);
    rig_free(&rig);
}

static void memory_of_a_descriptor_is_read(void **state)
{
    GstBuffer *plain = frame_new("NV12", 64, 48, 3), *frame = gst_buffer_new();
    GstAllocator *allocator = gst_dmabuf_allocator_new();
    gsize size = gst_buffer_get_size(plain);
    int fd = memfd_create("frame", 0);
    GstMapInfo map;

    (void)state;
    assert_true(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
    assert_true(gst_buffer_map(plain, &map, GST_MAP_READ));
    assert_int_equal(write(fd, map.data, size), size);
    gst_buffer_unmap(plain, &map);
    gst_buffer_append_memory(frame, gst_dmabuf_allocator_alloc(allocator, fd, size));
    assert_true(gst_is_dmabuf_memory(gst_buffer_peek_memory(frame, 0)));
    assert_seen_alike(
        frame, "video/x-raw(memory:DMABuf),format=NV12,width=64,height=48,framerate=30/1", plain);
    gst_object_unref(allocator);
}

/* A memory for each plane, as some cameras deliver them. */
static void memory_in_pieces_is_read(void **state)
{
    GstBuffer *plain = frame_new("NV12", 64, 48, 3), *frame = gst_buffer_new();
    const gsize luma = 64 * 48;
    gsize offsets[GST_VIDEO_MAX_PLANES] = {0, luma};
    gint strides[GST_VIDEO_MAX_PLANES] = {64, 64};
    GstMapInfo map;

    (void)state;
    assert_true(gst_buffer_map(plain, &map, GST_MAP_READ));
    gst_buffer_append_memory(
        frame, gst_memory_new_wrapped(0, g_memdup2(map.data, luma), luma, 0, luma, NULL, NULL));
    gst_buffer_append_memory(frame, gst_memory_new_wrapped(0, g_memdup2(map.data + luma, luma / 2),
                                                           luma / 2, 0, luma / 2, NULL, NULL));
    gst_buffer_unmap(plain, &map);
    void *pieces[] = {NULL, NULL};
    for (guint i = 0; i < 2; i++) {
        GstMapInfo piece;

        gst_memory_map(gst_buffer_peek_memory(frame, i), &piece, GST_MAP_READ);
        pieces[i] = piece.data;
        gst_memory_unmap(gst_buffer_peek_memory(frame, i), &piece);
    }
    gst_buffer_add_video_meta_full(frame, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_NV12, 64, 48,
                                   2, offsets, strides);
    assert_seen_alike(frame, "video/x-raw,format=NV12,width=64,height=48,framerate=30/1", plain);
    g_free(pieces[0]);
    g_free(pieces[1]);
}

static void eight_thousand_pixels_are_read(void **state)
{
    Rig rig = rig_new("mode=every-frame message=none");

    (void)state;
    rig_set_caps(&rig, "NV12", 7680, 4320);
    GstBuffer *out = gst_harness_push_and_pull(rig.harness, frame_new("NV12", 7680, 4320, 1));
    assert_non_null(result_on(out));
    gst_buffer_unref(out);
    assert_int_equal(count_messages(rig.bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR), 0);
    rig_free(&rig);
}

/* ---- states ------------------------------------------------------------------------------- */

/* Memory in use. Of an emulated program that is the heap: its pages are the emulator's, which keeps
 * the code that it translates. */
#ifdef EMULATED
static long used_kib(void)
{
    struct mallinfo2 heap = mallinfo2();

    return (long)((heap.uordblks + heap.hblkhd) / 1024);
}
#else
static long used_kib(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long size = 0, resident = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld %ld", &size, &resident), 2);
    fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}
#endif

static void start_and_stop(Rig *rig, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        gst_element_set_state(rig->element, GST_STATE_PLAYING);
        rig_set_caps(rig, i % 2 ? "RGB" : "I420", 64, 64);
        for (unsigned k = 0; k < 3; k++)
            gst_buffer_unref(gst_harness_push_and_pull(
                rig->harness, frame_new(i % 2 ? "RGB" : "I420", 64, 64, k)));
        gst_element_set_state(rig->element, GST_STATE_NULL);
        count_messages(rig->bus, GST_MESSAGE_ANY);
        for (GstEvent *event; (event = gst_harness_try_pull_event(rig->harness)) != NULL;)
            gst_event_unref(event); /* the harness keeps them */
    }
}

static void two_hundred_starts_leave_memory_flat(void **state)
{
    (void)state;
#ifdef SANITIZED
    skip(); /* what is freed stays in quarantine */
#endif
    Rig rig = rig_new("mode=every-frame");

    start_and_stop(&rig, 50); /* caches of fonts and the like fill up */
    long before = used_kib();
    start_and_stop(&rig, 200);
    long grown = used_kib() - before;
    print_message("200 starts: %ld KiB more\n", grown);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(grown < 1024); /* a leak of one model or one picture, 10 KiB, would be twice that */
#endif
    rig_free(&rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_cannot_be_read_passes_with_one_warning),
        cmocka_unit_test(memory_of_a_descriptor_is_read),
        cmocka_unit_test(memory_in_pieces_is_read),
        cmocka_unit_test(eight_thousand_pixels_are_read),
        cmocka_unit_test(two_hundred_starts_leave_memory_flat),
    };

    if (!helper_init(&argc, &argv))
        return 77;
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}

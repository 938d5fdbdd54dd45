/* SPDX-License-Identifier: MIT */
/* doctor.c - `mobilenet doctor`: what on this machine keeps live classification from working, how
 * to mend it, and the launch line that works. */
#include <errno.h>
#include <gst/gst.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tool.h"
#include "viewer/cameras.h"
#include "viewer/launch.h"

enum { MEASURE_SECONDS = 3, START_SECONDS = 20, TEST_WIDTH = 640, TEST_HEIGHT = 480 };

typedef enum { GOOD, NOTE, FAULT } Verdict;

typedef struct {
    bool json;
    int n_faults;
    const char *model; /* as given */
    char *source;      /* launch fragment of the first camera, or of a test picture */
} Doctor;

/* One check's outcome; mend NULL when there is nothing to be done. */
static void tell(Doctor *doctor, const char *check, Verdict verdict, const char *mend,
                 const char *format, ...) G_GNUC_PRINTF(5, 6);
static void tell(Doctor *doctor, const char *check, Verdict verdict, const char *mend,
                 const char *format, ...)
{
    static const char *const words[] = {[GOOD] = "ok", [NOTE] = "note", [FAULT] = "fault"};
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    doctor->n_faults += verdict == FAULT;
    if (doctor->json) {
        JsonBuilder *line = json_line_new();
        json_add_string(line, "check", check);
        json_add_string(line, "verdict", words[verdict]);
        json_add_string(line, "text", text);
        if (mend)
            json_add_string(line, "mend", mend);
        json_line_print(line);
    } else {
        printf("%-5s  %-10s %s\n", words[verdict], check, text);
        if (mend)
            printf("                  -> %s\n", mend);
        fflush(stdout);
    }
}

static bool has_element(const char *name)
{
    g_autoptr(GstElementFactory) factory = gst_element_factory_find(name);
    return factory != NULL;
}

/* ---- software ----------------------------------------------------------------------------- */

static void check_gstreamer(Doctor *doctor)
{
    g_autofree char *version = gst_version_string();
    tell(doctor, "gstreamer", GOOD, NULL, "%s", version);
}

static bool check_plugin(Doctor *doctor)
{
    static const char mend[] = "apt install gstreamer1.0-mobilenet, or name the folder of a build: "
                               "GST_PLUGIN_PATH=build/plugin (if it is there, 'gst-inspect-1.0 "
                               "--print-blacklist' tells whether it could not be loaded)";
    static const char *const elements[] = {"mobilenet", "mobilenetoverlay"};
    for (size_t i = 0; i < G_N_ELEMENTS(elements); i++) {
        if (!has_element(elements[i])) {
            tell(doctor, "plugin", FAULT, mend, "GStreamer does not find the element '%s'",
                 elements[i]);
            return false;
        }
    }
    tell(doctor, "plugin", GOOD, NULL, "elements mobilenet and mobilenetoverlay are there");
    return true;
}

static void check_elements(Doctor *doctor)
{
    static const struct {
        const char *element, *package, *what;
    } wanted[] = {
        {"videoconvert", "gstreamer1.0-plugins-base", "converts colours"},
        {"decodebin", "gstreamer1.0-plugins-base", "reads files"},
        {"appsrc", "gstreamer1.0-plugins-base", "hands frames to outputs"},
        {"v4l2src", "gstreamer1.0-plugins-good", "reads USB cameras"},
        {"jpegdec", "gstreamer1.0-plugins-good", "decodes what USB cameras send"},
        {"jpegenc", "gstreamer1.0-plugins-good", "encodes for the page"},
        {"pngdec", "gstreamer1.0-plugins-good", "reads the demo"},
        {"matroskamux", "gstreamer1.0-plugins-good", "writes recordings"},
        {"h264parse", "gstreamer1.0-plugins-bad", "prepares H.264 for recordings"},
    };
    int n_missing = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
        if (has_element(wanted[i].element))
            continue;
        g_autofree char *mend = g_strdup_printf("apt install %s", wanted[i].package);
        tell(doctor, "elements", FAULT, mend, "no element '%s', which %s", wanted[i].element,
             wanted[i].what);
        n_missing++;
    }
    if (!n_missing)
        tell(doctor, "elements", GOOD, NULL, "all that the viewer uses are there");
}

static void check_encoders(Doctor *doctor)
{
    static const char *const encoders[] = {"v4l2h264enc", "x264enc", "openh264enc"};
    for (size_t i = 0; i < G_N_ELEMENTS(encoders); i++) {
        if (has_element(encoders[i])) {
            tell(doctor, "encoder", GOOD, NULL, "recordings are H.264 by %s", encoders[i]);
            return;
        }
    }
    tell(doctor, "encoder", NOTE,
         "apt install gstreamer1.0-plugins-bad (openh264enc) or gstreamer1.0-plugins-ugly "
         "(x264enc) makes them some ten times smaller",
         "no H.264 encoder: recordings are JPEG");
}

static void check_model(Doctor *doctor)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = nn_model_find(doctor->model, &error);
    NnModel *model = path ? nn_model_new_from_file(path, &error) : NULL;
    NnNet *net = model ? nn_net_new(model, NULL, &error) : NULL;
    NnLabels *labels = net ? nn_labels_new(model, NULL, &error) : NULL;
    if (!labels)
        tell(doctor, "model", FAULT,
             "name a .tflite file of the MobileNet family, or 'mobilenet fetch' one", "%s",
             error->message);
    else if (nn_labels_warning(labels))
        tell(doctor, "model", NOTE, "put a file with one label a line beside the model", "%s: %s",
             path, nn_labels_warning(labels));
    else
        tell(doctor, "model", GOOD, NULL, "%s, %d classes, labels: %s", path,
             nn_model_n_classes(model), nn_labels_source(labels));
    nn_labels_free(labels);
    nn_net_free(net);
    if (model)
        nn_model_unref(model);
}

/* ---- cameras ------------------------------------------------------------------------------ */

/* Nodes that are there but may not be opened. */
static int check_permissions(Doctor *doctor)
{
    g_autoptr(GDir) dir = g_dir_open("/dev", 0, NULL);
    const char *name;
    int n = 0;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename("/dev", name, NULL);
        if (!g_str_has_prefix(name, "video") || access(path, R_OK | W_OK) == 0)
            continue;
        int why = errno;
        tell(doctor, "camera", FAULT, "sudo usermod -aG video $USER, then log in again", "%s: %s",
             path, g_strerror(why));
        n++;
    }
    return n;
}

static void check_cameras(Doctor *doctor)
{
    int n_refused = check_permissions(doctor);
    g_autoptr(GPtrArray) cameras = cameras_find();
    for (guint i = 0; i < cameras->len; i++) {
        g_autofree char *name = camera_name(cameras->pdata[i]);
        g_autofree char *launch = camera_launch(cameras->pdata[i]);
        g_auto(GStrv) modes = camera_modes(cameras->pdata[i]);
        if (!launch) {
            tell(doctor, "camera", FAULT,
                 "apt install gstreamer1.0-plugins-good, "
                 "gstreamer1.0-libcamera or gstreamer1.0-pipewire",
                 "%u, %s: the element that reads it is missing", i + 1, name);
            continue;
        }
        tell(doctor, "camera", GOOD, NULL, "%u, %s, %u modes: %s", i + 1, name,
             g_strv_length(modes), launch);
        if (!doctor->source)
            doctor->source = g_steal_pointer(&launch);
    }
    if (cameras->len == 0 && !n_refused)
        tell(doctor, "camera", NOTE,
             "plug one in; for a ribbon cable: apt install gstreamer1.0-libcamera, and look at "
             "'rpicam-hello --list-cameras'",
             "none found; the viewer shows its demo");
}

/* ---- display ------------------------------------------------------------------------------ */

static bool can_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return false;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

static void check_wayland(Doctor *doctor, const char *display)
{
    const char *folder = g_getenv("XDG_RUNTIME_DIR");
    g_autofree char *path =
        g_build_filename(g_path_is_absolute(display) || !folder ? "/" : folder, display, NULL);
    if (can_connect(path))
        tell(doctor, "display", GOOD, NULL, "Wayland at %s", path);
    else
        tell(doctor, "display", FAULT,
             "run it in the desktop's own terminal; elsewhere: unset WAYLAND_DISPLAY, and the "
             "viewer serves a page",
             "WAYLAND_DISPLAY=%s, but nobody answers at %s", display, path);
}

static void check_x11(Doctor *doctor, const char *display)
{
    if (display[0] != ':') { /* another machine's, such as that of ssh -X */
        tell(doctor, "display", GOOD, NULL, "X11 at %s (not tried)", display);
        return;
    }
    g_autofree char *number = g_strndup(display + 1, strspn(display + 1, "0123456789"));
    g_autofree char *path = g_strconcat("/tmp/.X11-unix/X", number, NULL);
    if (can_connect(path))
        tell(doctor, "display", GOOD, NULL, "X11 at %s", display);
    else
        tell(doctor, "display", FAULT,
             "run it in the desktop's own terminal; elsewhere: unset DISPLAY, and the viewer "
             "serves a page",
             "DISPLAY=%s, but nobody answers at %s", display, path);
}

static void check_display(Doctor *doctor)
{
    const char *wayland = g_getenv("WAYLAND_DISPLAY"), *x11 = g_getenv("DISPLAY");
    if (wayland && *wayland)
        check_wayland(doctor, wayland);
    else if (x11 && *x11)
        check_x11(doctor, x11);
    else
        tell(doctor, "display", NOTE, NULL, "none: the viewer serves a page, --web");
}

/* ---- all together ------------------------------------------------------------------------- */

static GstPadProbeReturn count_frame(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad, (void)info;
    g_atomic_int_inc((gint *)data);
    return GST_PAD_PROBE_OK;
}

/* Lets it run for some seconds; frames a second, or negative and error. */
static double measure(const char *launch, GError **error)
{
    gint frames = 0;
    GstElement *pipeline = gst_parse_launch_full(launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
    if (!pipeline)
        return -1;
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "doctor-sink");
    g_autoptr(GstPad) pad = gst_element_get_static_pad(sink, "sink");
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count_frame, &frames, NULL);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);

    gint64 asked = g_get_monotonic_time(), start = 0;
    GstMessage *message = NULL;
    while (!message && g_get_monotonic_time() - asked < START_SECONDS * G_USEC_PER_SEC) {
        message =
            gst_bus_timed_pop_filtered(bus, 50 * GST_MSECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
        if (!start && g_atomic_int_get(&frames) > 0) {
            start = g_get_monotonic_time(); /* the first takes its time */
            g_atomic_int_set(&frames, 0);
        }
        if (start && g_get_monotonic_time() - start >= MEASURE_SECONDS * G_USEC_PER_SEC)
            break;
    }
    double seconds = start ? (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC : 0;
    int n = g_atomic_int_get(&frames);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    if (message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
        gst_message_parse_error(message, error, NULL);
    else if (!start)
        g_set_error(error, GST_CORE_ERROR, GST_CORE_ERROR_FAILED, "no frame came within %d s",
                    START_SECONDS);
    g_clear_pointer(&message, gst_message_unref);
    gst_object_unref(pipeline);
    return start && seconds > 0 && !(error && *error) ? n / seconds : -1;
}

static void check_pipeline(Doctor *doctor)
{
    g_autoptr(GError) error = NULL;
    bool camera = doctor->source != NULL;
    g_autofree char *test =
        g_strdup_printf("videotestsrc is-live=true ! video/x-raw,width=%d,height=%d,framerate=30/1",
                        TEST_WIDTH, TEST_HEIGHT);
    g_autofree char *quoted = doctor->model ? launch_quote(doctor->model) : NULL;
    g_autofree char *launch = g_strdup_printf("%s ! mobilenet%s%s", camera ? doctor->source : test,
                                              quoted ? " model-file=" : "", quoted ? quoted : "");
    g_autofree char *tried = g_strconcat(launch, " ! fakesink name=doctor-sink", NULL);
    double fps = measure(tried, &error);
    if (fps < 0) {
        tell(doctor, "pipeline", FAULT,
             camera ? "close other programs that use the camera, or take another one: "
                      "mobilenet-viewer --device 2"
                    : "mend the faults above first",
             "%s: %s", launch, error->message);
        return;
    }
    tell(doctor, "pipeline", GOOD, NULL, "%.1f frames/s from %s", fps,
         camera ? "the camera" : "a test picture of 30");
    bool display = (g_getenv("DISPLAY") && *g_getenv("DISPLAY")) ||
                   (g_getenv("WAYLAND_DISPLAY") && *g_getenv("WAYLAND_DISPLAY"));
    g_autofree char *whole = g_strconcat(
        launch, display ? " ! videoconvert ! autovideosink" : " message=all ! fakesink", NULL);
    g_autofree char *command = launch_command(whole);
    tell(doctor, "launch", GOOD, NULL, "%s", command);
}

int verb_doctor(int argc, char **argv)
{
    gboolean json = FALSE;
    g_autofree char *model = NULL;
    g_autoptr(GError) error = NULL;
    /* clang-format off */
    const GOptionEntry entries[] = {
        {"model", 'm', 0, G_OPTION_ARG_FILENAME, &model,
         "Path or name of the .tflite model; default: the bundled one", "MODEL"},
        {"json", 'j', 0, G_OPTION_ARG_NONE, &json, "One JSON object a check", NULL},
        {NULL}};
    /* clang-format on */
    if (!tool_parse(&argc, &argv, entries, NULL,
                    "Looks for what keeps live classification from working here, and says how to "
                    "mend it.",
                    "Checks GStreamer, plugin, elements, encoders, model, cameras, permissions and "
                    "display, lets\na pipeline run for some seconds, and prints the gst-launch-1.0 "
                    "line that works."))
        return STATUS_USAGE;
    if (argc > 1)
        return tool_usage("takes no arguments but options");
    if (!gst_init_check(NULL, NULL, &error)) {
        tool_error("cannot start GStreamer: %s", error->message);
        return STATUS_FAILED;
    }
    Doctor doctor = {.json = json, .model = model};
    check_gstreamer(&doctor);
    bool plugin = check_plugin(&doctor);
    check_elements(&doctor);
    check_encoders(&doctor);
    check_model(&doctor);
    check_cameras(&doctor);
    check_display(&doctor);
    if (plugin)
        check_pipeline(&doctor);
    g_free(doctor.source);
    return doctor.n_faults ? STATUS_FAILED : STATUS_OK;
}

/* SPDX-License-Identifier: MIT */
/* main.c - `mobilenet-viewer`: options, and what to do without a camera or a screen. */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "keys.h"
#include "nn.h"
#include "report.h"
#include "rules.h"
#include "source.h"
#include "status.h"
#include "viewer.h"
#include "web.h"

enum {
    NO_THRESHOLD = -1, /* the element's own */
    SHORTEST_TOKEN = 8,
};

typedef struct {
    char *device, *uri, *source, *model, *config;
    gboolean headless, list, version;
    ViewerOptions viewer;
} Settings;

static void settings_clear(Settings *s)
{
    g_free(s->device);
    g_free(s->uri);
    g_free(s->source);
    g_free(s->model);
    g_free(s->config);
    g_free(s->viewer.model);
    g_free(s->viewer.labels);
    g_free(s->viewer.web_address);
    g_free(s->viewer.web_token);
    g_strfreev(s->viewer.rules);
    g_free(s->viewer.mqtt);
    g_free(s->viewer.json_target);
    g_free(s->viewer.rtsp_address);
    g_free(s->viewer.folder);
    g_free(s->viewer.teach);
}

static int usage_error(const char *message)
{
    report("%s", message);
    fputs("Try 'mobilenet-viewer --help'.\n", stderr);
    return STATUS_USAGE;
}

/* What is wrong may stand in the config file. */
static int usage_error_in(char **argv, const char *message)
{
    g_autofree char *config = config_file(argv);
    g_autofree char *text =
        config && *config ? g_strdup_printf("%s (there are options in %s, too)", message, config)
                          : g_strdup(message);
    return usage_error(text);
}

/* It goes into an address and a cookie as it is. */
static bool is_token(const char *text)
{
    static const char fit[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-._~";
    return strlen(text) >= SHORTEST_TOKEN && text[strspn(text, fit)] == '\0';
}

/* --web alone, or with an address. */
static gboolean parse_web(const char *option, const char *value, void *data, GError **error)
{
    (void)option, (void)error;
    Settings *s = data;
    s->viewer.web = true;
    g_free(s->viewer.web_address);
    s->viewer.web_address = g_strdup(value);
    return TRUE;
}

/* --json alone, or with a file or socket. */
static gboolean parse_json(const char *option, const char *value, void *data, GError **error)
{
    (void)option, (void)error;
    Settings *s = data;
    s->viewer.json = true;
    g_free(s->viewer.json_target);
    s->viewer.json_target = g_strdup(value);
    return TRUE;
}

static gboolean parse_rtsp(const char *option, const char *value, void *data, GError **error)
{
    (void)option, (void)error;
    Settings *s = data;
    s->viewer.rtsp = true;
    g_free(s->viewer.rtsp_address);
    s->viewer.rtsp_address = g_strdup(value);
    return TRUE;
}

static gboolean parse_record(const char *option, const char *value, void *data, GError **error)
{
    (void)option, (void)error;
    Settings *s = data;
    s->viewer.record = true;
    g_free(s->viewer.folder);
    s->viewer.folder = g_strdup(value);
    return TRUE;
}

/* Fills s from the command line; STATUS_OK, or what to exit with. */
static int parse(char **argv, Settings *s)
{
    /* clang-format off */
    const GOptionEntry entries[] = {
        {"device", 'd', 0, G_OPTION_ARG_STRING, &s->device,
         "Camera: its number, path or (part of its) name, as --list shows them", "CAMERA"},
        {"uri", 'u', 0, G_OPTION_ARG_STRING, &s->uri,
         "Video or picture: a path, or an address such as rtsp://...", "URI"},
        {"source", 's', 0, G_OPTION_ARG_STRING, &s->source,
         "Video from a piece of a gst-launch-1.0 line", "LAUNCH"},
        {"model", 'm', 0, G_OPTION_ARG_FILENAME, &s->model,
         "Path or name of the .tflite model; default: the bundled one", "MODEL"},
        {"labels", 'l', 0, G_OPTION_ARG_FILENAME, &s->viewer.labels,
         "Label file; default: inside or beside the model", "FILE"},
        {"threshold", 't', 0, G_OPTION_ARG_DOUBLE, &s->viewer.threshold,
         "Confidence, 0 to 1, from which on a label is shown; default: 0.3", "X"},
        {"headless", 0, 0, G_OPTION_ARG_NONE, &s->headless,
         "No window; a page, unless another output is asked for", NULL},
        {"web", 'w', G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, (void *)parse_web,
         "Page with live video, results and controls; default: 127.0.0.1:8080", "[ADDR:]PORT"},
        {"rtsp", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, (void *)parse_rtsp,
         "Serve the video over RTSP; default: 127.0.0.1:8554", "[ADDR:]PORT"},
        {"web-token", 0, 0, G_OPTION_ARG_STRING, &s->viewer.web_token,
         "Token that page and RTSP ask for; default: a new one where others can reach it", "TOKEN"},
        {"on", 0, 0, G_OPTION_ARG_STRING_ARRAY, &s->viewer.rules,
         "What to do when something is seen, such as \"cat>0.7 for 2s: snapshot, clip 5s, "
         "post URL, exec CMD\"; may be given several times",
         "RULE"},
        {"record", 'r', 0, G_OPTION_ARG_CALLBACK, (void *)parse_record,
         "Record into this folder from the start on", "FOLDER"},
        {"folder", 0, 0, G_OPTION_ARG_FILENAME, &s->viewer.folder,
         "Where snapshots and recordings go; default: the current folder", "FOLDER"},
        {"teach", 0, 0, G_OPTION_ARG_FILENAME, &s->viewer.teach,
         "Where taught classes and the model that knows them go; default: "
         "~/.local/share/gst-mobilenet/taught", "FOLDER"},
        {"json", 'j', G_OPTION_FLAG_OPTIONAL_ARG | G_OPTION_FLAG_FILENAME, G_OPTION_ARG_CALLBACK,
         (void *)parse_json, "A line of JSON for each result, on standard output or there",
         "FILE|unix:PATH"},
        {"frames", 'n', 0, G_OPTION_ARG_INT, &s->viewer.frames, "Stop after N results", "N"},
        {"mqtt", 0, 0, G_OPTION_ARG_STRING, &s->viewer.mqtt,
         "Publish results by MQTT: mqtt://[USER:PASSWORD@]HOST[:PORT][/PREFIX]", "URL"},
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &s->config,
         "Options from this file; default: ~/.config/gst-mobilenet/viewer.ini or "
         "/etc/gst-mobilenet/viewer.ini", "FILE"},
        {"list", 0, 0, G_OPTION_ARG_NONE, &s->list, "List the cameras with their modes and exit", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &s->version, "Print the version and exit", NULL},
        {NULL}};
    /* clang-format on */
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_set_summary(
        context, "Shows what a camera sees, each frame with its label. Without a camera: a demo.\n"
                 "Without a screen: a page for the browser, with video, results and controls.");
    g_option_context_set_description(
        context,
        "Keys in the window: " KEYS_HELP ".\n\n"
        "Examples:\n"
        "  mobilenet-viewer\n"
        "  mobilenet-viewer --device 2 --json\n"
        "  mobilenet-viewer --web 0.0.0.0:8080\n"
        "  mobilenet-viewer --uri holiday.mp4 --model birds.tflite\n"
        "  mobilenet-viewer --source 'v4l2src ! video/x-raw,width=640,height=480'\n\n" STATUS_HELP);
    GOptionGroup *group = g_option_group_new(NULL, NULL, NULL, s, NULL);
    g_option_group_add_entries(group, entries);
    g_option_context_set_main_group(context, group);
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) args = config_add(argv, entries, &error);
    if (!args)
        return usage_error(error->message);
    if (!g_option_context_parse_strv(context, &args, &error))
        return usage_error_in(argv, error->message);
    if (g_strv_length(args) > 1)
        return usage_error("takes no arguments but options; a video goes behind --uri");
    if (!!s->device + !!s->uri + !!s->source > 1)
        return usage_error_in(argv, "--device, --uri and --source exclude each other");
    for (char **text = s->viewer.rules; text && *text; text++) {
        Rule *rule = rule_parse(*text, &error);
        if (!rule)
            return usage_error_in(argv, error->message);
        rule_free(rule);
    }
    if (s->viewer.frames < 0)
        return usage_error_in(argv, "--frames: must be 1 or more");
    if (s->viewer.threshold != NO_THRESHOLD &&
        !(s->viewer.threshold >= 0 && s->viewer.threshold <= 1))
        return usage_error_in(argv, "--threshold: must be 0 to 1");
    if (s->viewer.web_token && !is_token(s->viewer.web_token))
        return usage_error_in(argv, "--web-token: must have 8 characters at least, of letters, "
                                    "digits and - . _ ~");
    return STATUS_OK;
}

static Source *open_source(const Settings *s, GError **error)
{
    if (s->source)
        return source_new_launch(s->source);
    if (s->uri)
        return source_new_uri(s->uri, error);
    if (s->device)
        return source_new_camera(s->device, error);
    Source *camera = source_new_camera(NULL, NULL);
    if (camera)
        return camera;
    report("no camera found: this is a demo. With a camera plugged in it shows that; --list shows "
           "the cameras, --uri takes a video or picture");
    return source_new_demo();
}

static bool has_display(void)
{
    const char *x11 = g_getenv("DISPLAY"), *wayland = g_getenv("WAYLAND_DISPLAY");
    return (x11 && *x11) || (wayland && *wayland);
}

static int list_cameras(void)
{
    if (source_list_cameras() > 0)
        return STATUS_OK;
    report("no camera found; is it plugged in, and are you in the group 'video'?");
    return STATUS_FAILED;
}

static bool has_plugin(void)
{
    g_autoptr(GstElementFactory) factory = gst_element_factory_find("mobilenet");
    return factory != NULL;
}

/* What there is to see, where it was not asked for. */
static void choose_outputs(Settings *s)
{
    ViewerOptions *viewer = &s->viewer;
    bool asked = viewer->web || viewer->json || viewer->record || viewer->rtsp || viewer->rules;
    viewer->window = !s->headless && has_display();
    if (viewer->window) {
        report("keys in the window: " KEYS_HELP);
        return;
    }
    if (!asked) {
        viewer->web = web_is_built();
        /* Whoever reads our output wants something to read. */
        viewer->json = !viewer->web || !isatty(STDOUT_FILENO);
    }
    if (!s->headless)
        report("no display (neither DISPLAY nor WAYLAND_DISPLAY is set): %s%s",
               asked         ? "no window"
               : viewer->web ? "a page for the browser instead"
                             : "results go to standard output as JSON",
               asked || !viewer->web ? ""
               : viewer->json        ? ", and results to standard output as JSON"
                                     : "; --json prints results");
}

/* Says what is wrong with model and labels before anything is opened. */
static bool check_model(Settings *s)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = nn_model_find(s->model, &error);
    NnModel *model = path ? nn_model_new_from_file(path, &error) : NULL;
    if (!model) {
        report("%s; " MODEL_HELP, error->message);
        return false;
    }
    NnLabels *labels = s->viewer.labels ? nn_labels_new(model, s->viewer.labels, &error) : NULL;
    nn_labels_free(labels);
    nn_model_unref(model);
    if (error)
        report("--labels %s", error->message);
    else if (s->model)
        s->viewer.model = g_steal_pointer(&path);
    return !error;
}

static int view(Settings *s)
{
    if (!has_plugin()) {
        report("GStreamer does not find the element 'mobilenet'; install the plugin, or name the "
               "folder that holds it: GST_PLUGIN_PATH=build/plugin (app/run does)");
        return STATUS_FAILED;
    }
    g_autoptr(GError) error = NULL;
    if (!check_model(s))
        return STATUS_FAILED;
    Source *source = open_source(s, &error);
    if (!source) {
        report("%s", error->message);
        return STATUS_FAILED;
    }
    choose_outputs(s);
    return viewer_run(source, &s->viewer);
}

int main(int argc, char **argv)
{
    (void)argc;
    Settings settings = {.viewer.threshold = NO_THRESHOLD};
    g_autoptr(GError) error = NULL;
    setlocale(LC_ALL, "");
    g_set_prgname("mobilenet-viewer");

    int status = parse(argv, &settings);
    if (status != STATUS_OK) {
        settings_clear(&settings);
        return status;
    }
    if (settings.version) {
        puts("mobilenet-viewer " MOBILENET_VERSION);
    } else if (!gst_init_check(NULL, NULL, &error)) {
        report("cannot start GStreamer: %s", error->message);
        status = STATUS_FAILED;
    } else {
        status = settings.list ? list_cameras() : view(&settings);
    }
    settings_clear(&settings);
    return status;
}

/* SPDX-License-Identifier: MIT */
/* fakecameras.c - a plugin whose device provider offers one camera, that of FAKE_CAMERA in the
 * environment: a launch fragment of one element with its properties, such as "videotestsrc
 * is-live=true"; "none": one that no element can read. */
#include <gst/gst.h>

typedef GstDevice FakeCamera;
typedef GstDeviceClass FakeCameraClass;
typedef GstDeviceProvider FakeCameras;
typedef GstDeviceProviderClass FakeCamerasClass;
GType fake_camera_get_type(void);
GType fake_cameras_get_type(void);
G_DEFINE_TYPE(FakeCamera, fake_camera, GST_TYPE_DEVICE)
G_DEFINE_TYPE(FakeCameras, fake_cameras, GST_TYPE_DEVICE_PROVIDER)

static GstElement *create_element(GstDevice *device, const char *name)
{
    (void)device, (void)name;
    const char *launch = g_getenv("FAKE_CAMERA");
    return g_strcmp0(launch, "none") == 0 ? NULL : gst_parse_launch(launch, NULL);
}

static void fake_camera_class_init(FakeCameraClass *class)
{
    class->create_element = create_element;
}

static void fake_camera_init(FakeCamera *camera)
{
    (void)camera;
}

static GList *probe(GstDeviceProvider *provider)
{
    (void)provider;
    if (!g_getenv("FAKE_CAMERA"))
        return NULL;
    g_autoptr(GstCaps) caps =
        gst_caps_from_string("video/x-raw,format=I420,width=640,height=480,framerate=30/1");
    return g_list_append(NULL, g_object_new(fake_camera_get_type(), "display-name", "Fake camera",
                                            "caps", caps, "device-class", "Video/Source", NULL));
}

static void fake_cameras_class_init(FakeCamerasClass *class)
{
    class->probe = probe;
    gst_device_provider_class_set_static_metadata(class, "Fake cameras", "Source/Video",
                                                  "A camera for tests", "gst-mobilenet");
}

static void fake_cameras_init(FakeCameras *cameras)
{
    (void)cameras;
}

static gboolean plugin_init(GstPlugin *plugin)
{
    return gst_device_provider_register(plugin, "fakecameras", GST_RANK_PRIMARY + 100,
                                        fake_cameras_get_type());
}

#define PACKAGE "gst-mobilenet"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, fakecameras, "A camera for tests",
                  plugin_init, "1", "MIT", PACKAGE, "https://example.org")

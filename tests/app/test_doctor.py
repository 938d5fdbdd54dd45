#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mobilenet doctor: each fault that is put in is found, with its mend.

usage: test_doctor.py PROGRAM FAKECAMERAS_PLUGIN
"""
import json
import os
import pathlib
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
CAMERAS = str(pathlib.Path(sys.argv[2]).resolve().parent)
# What is looked for, and the package that has it.
ELEMENTS = {'videoconvert': 'base', 'decodebin': 'base', 'appsrc': 'base', 'v4l2src': 'good', 'jpegdec': 'good', 'jpegenc': 'good',
            'pngdec': 'good', 'matroskamux': 'good', 'h264parse': 'bad'}
TINY = pathlib.Path(__file__).resolve().parents[2] / 'models' / 'tiny'


class DoctorTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder, True)

    def run_doctor(self, *args, **env):
        environment = {k: v for k, v in os.environ.items() if k not in ('DISPLAY', 'WAYLAND_DISPLAY')}
        environment.update(env)
        done = subprocess.run([PROGRAM, 'doctor', '--json', *map(str, args)], env=environment,
                              capture_output=True, text=True, timeout=300)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def fault(self, check, text, mend, *args, **env):
        status, lines = self.run_doctor(*args, **env)
        self.assertEqual(status, 1)
        faults = [line for line in lines if line['check'] == check and line['verdict'] == 'fault']
        self.assertTrue(faults, lines)
        self.assertIn(text, ' '.join(fault['text'] for fault in faults))
        self.assertIn(mend, ' '.join(fault['mend'] for fault in faults))

    def test_well(self):
        status, lines = self.run_doctor()
        self.assertEqual((status, [line for line in lines if line['verdict'] == 'fault']), (0, []))
        checks = {line['check'] for line in lines}
        self.assertLessEqual({'gstreamer', 'plugin', 'elements', 'encoder', 'model', 'camera', 'display', 'pipeline', 'launch'},
                             checks)
        self.assertRegex(next(line['text'] for line in lines if line['check'] == 'pipeline'), r'^[0-9.]+ frames/s')

    def test_launch_line(self):
        """What it prints runs, with an end put in."""
        line = next(line['text'] for line in self.run_doctor()[1] if line['check'] == 'launch')
        words = shlex.split(line.replace('videotestsrc', 'videotestsrc num-buffers=3'))
        if words[2] == 'videotestsrc' and shutil.which(words[0]):
            done = subprocess.run(words, capture_output=True, text=True, timeout=300)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn('mobilenet, timestamp=', done.stdout)

    def test_no_plugin(self):
        self.fault('plugin', "'mobilenet'", 'GST_PLUGIN_PATH', GST_PLUGIN_PATH=str(self.folder),
                   GST_REGISTRY=str(self.folder / 'registry'))

    def test_no_elements(self):
        """Each by its name, with its package; and without an encoder it says what that means."""
        status, lines = self.run_doctor(GST_PLUGIN_SYSTEM_PATH=str(self.folder), GST_REGISTRY=str(self.folder / 'registry'))
        self.assertEqual(status, 1)
        mends = {line['text'].split("'")[1]: line['mend'] for line in lines if line['check'] == 'elements'}
        self.assertEqual(mends, {name: f'apt install gstreamer1.0-plugins-{package}' for name, package in ELEMENTS.items()})
        encoder = next(line for line in lines if line['check'] == 'encoder')
        self.assertEqual((encoder['verdict'], encoder['text']), ('note', 'no H.264 encoder: recordings are JPEG'))
        self.assertIn('apt install gstreamer1.0-plugins-bad', encoder['mend'])

    def camera(self, launch):
        """The environment in which there is this camera."""
        path = os.pathsep.join(filter(None, (os.environ.get('GST_PLUGIN_PATH'), CAMERAS)))
        return {'FAKE_CAMERA': launch, 'GST_PLUGIN_PATH': path, 'GST_REGISTRY': str(self.folder / 'registry')}

    def test_camera(self):
        status, lines = self.run_doctor(**self.camera('videotestsrc is-live=true pattern=ball'))
        self.assertEqual(status, 0, lines)
        camera = next(line for line in lines if 'Fake camera' in line['text'])
        mode = 'video/x-raw,format=I420,width=640,height=480,framerate=30/1'
        self.assertIn(f'1 modes: videotestsrc is-live=true pattern=ball ! {mode}', camera['text'].replace('pattern=ball is-live=true',
                      'is-live=true pattern=ball'))
        self.assertRegex(next(line['text'] for line in lines if line['check'] == 'pipeline'), r'^[0-9.]+ frames/s from the camera$')

    def test_camera_that_nothing_reads(self):
        self.fault('camera', 'Fake camera: the element that reads it is missing', 'gstreamer1.0-libcamera', **self.camera('none'))

    def test_camera_that_fails(self):
        self.fault('pipeline', "v4l2src device=/dev/null ! video/x-raw", 'close other programs that use the camera',
                   **self.camera('v4l2src device=/dev/null'))

    def test_camera_that_sends_nothing(self):
        self.fault('pipeline', 'no frame came within 20 s', 'close other programs that use the camera',
                   **self.camera('appsrc is-live=true'))

    def test_labels_that_do_not_fit(self):
        model = self.folder / 'mine.tflite'
        shutil.copy(TINY / 'mobilenet_v2_u8.tflite', model)
        (self.folder / 'mine.txt').write_text('one\ntwo\n')
        _, lines = self.run_doctor('--model', model)
        line = next(line for line in lines if line['check'] == 'model')
        self.assertEqual(line['verdict'], 'note', line)
        self.assertIn('2 labels for a model of', line['text'])
        self.assertIn('one label a line beside the model', line['mend'])

    def test_no_model(self):
        self.fault('model', 'no-such-model', 'mobilenet fetch', '--model', 'no-such-model')

    def test_broken_model(self):
        path = self.folder / 'text.tflite'
        path.write_text('just text')
        self.fault('model', str(path), 'name a .tflite file', '--model', path)
        self.fault('pipeline', str(path), 'mend the faults above', '--model', path)

    def test_displays(self):
        self.fault('display', 'DISPLAY=:4711, but nobody answers', 'unset DISPLAY', DISPLAY=':4711')
        self.fault('display', 'WAYLAND_DISPLAY=wayland-9', 'unset WAYLAND_DISPLAY', WAYLAND_DISPLAY='wayland-9',
                   XDG_RUNTIME_DIR=str(self.folder))

    def test_permissions(self):
        """Another user than root, and a camera that is not for them."""
        node = pathlib.Path('/dev/video97')
        if os.geteuid() != 0 or not shutil.which('setpriv') or node.exists():
            self.skipTest('only root can make a device')
        try:
            os.mknod(node, 0o600 | stat.S_IFCHR, os.makedev(81, 97))
        except OSError as why:
            self.skipTest(str(why))
        self.addCleanup(node.unlink)
        os.chmod(self.folder, 0o777)
        done = subprocess.run(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', PROGRAM, 'doctor', '--json'],
                              env={**os.environ, 'GST_REGISTRY': str(self.folder / 'registry'), 'HOME': str(self.folder)},
                              capture_output=True, text=True, timeout=300)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        fault = next(line for line in lines if line['check'] == 'camera' and line['verdict'] == 'fault')
        self.assertIn('/dev/video97: Permission denied', fault['text'])
        self.assertIn('usermod -aG video', fault['mend'])

    def test_usage(self):
        done = subprocess.run([PROGRAM, 'doctor', 'x'], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 2)
        self.assertIn('takes no arguments', done.stderr)


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)

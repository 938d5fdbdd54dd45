#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What mobilenet-viewer writes: recordings that survive its death, lines of JSON.

usage: test_archive.py PROGRAM
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from viewer_process import START, Viewer

PROGRAM = sys.argv[1]
SOURCE = ('--source', 'videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=20/1')


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder, True)

    def wait(self, condition, seconds=START):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)

    def files(self):
        return sorted(self.folder.glob('*.mkv'))

    def frames(self, path):
        """How many frames a player sees."""
        out = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, out, True)
        done = subprocess.run(['gst-launch-1.0', '-q', 'filesrc', f'location={path}', '!', 'decodebin', '!', 'videoconvert',
                               '!', 'jpegenc', '!', 'multifilesink', f'location={out}/%06d.jpg'],
                              timeout=START, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return len(list(out.iterdir()))


class RecordTest(Case):
    def recorded(self, size):
        return lambda: self.files() and self.files()[-1].stat().st_size > size

    def test_killed(self):
        """What was written before SIGKILL plays."""
        with Viewer(PROGRAM, '--record', self.folder, *SOURCE, web=False) as viewer:
            self.wait(self.recorded(20000))
            time.sleep(2)
            viewer.process.kill()
            viewer.process.wait()
        self.assertEqual(len(self.files()), 1)
        self.assertGreater(self.frames(self.files()[0]), 20)

    def test_terminated(self):
        with Viewer(PROGRAM, '--record', self.folder, *SOURCE, web=False) as viewer:
            self.wait(self.recorded(20000))
            viewer.process.send_signal(signal.SIGTERM)
            self.assertEqual(viewer.process.wait(START), 0)
        data = self.files()[0].read_bytes()
        self.assertTrue(b'\x1c\x53\xbb\x6b' in data)  # Cues: the muxer has ended the file as it should
        self.assertGreater(self.frames(self.files()[0]), 10)

    def test_page_starts_and_stops_it(self):
        with Viewer(PROGRAM, '--web=0', '--folder', self.folder, *SOURCE) as viewer:
            viewer.wait_state(lambda s: s['result'])
            self.assertEqual(self.files(), [])
            self.assertTrue(viewer.control(record=True)[1]['recording'])
            self.wait(self.recorded(10000))
            self.assertFalse(viewer.control(record=False)[1]['recording'])
            size = self.files()[0].stat().st_size
            self.assertGreater(self.frames(self.files()[0]), 5)
            self.assertTrue(viewer.control(record=True)[1]['recording'])
            self.wait(lambda: len(self.files()) == 2 and self.recorded(10000)())
            self.assertEqual(self.files()[0].stat().st_size, size)

    def test_source_of_another_size(self):
        """The recording goes on when the source changes."""
        with Viewer(PROGRAM, '--web=0', '--record', self.folder, *SOURCE) as viewer:
            self.wait(self.recorded(10000))
            viewer.control(camera=0)  # the demo is 640x480
            viewer.wait_state(lambda s: s['source']['kind'] == 'demo')
            size = self.files()[0].stat().st_size
            self.wait(self.recorded(size + 20000))
            self.assertEqual(len(self.files()), 1)
        self.assertGreater(self.frames(self.files()[0]), 20)

    def test_no_folder(self):
        (self.folder / 'file').write_text('')
        with Viewer(PROGRAM, '--record', self.folder / 'file', *SOURCE, web=False) as viewer:
            self.assertEqual(viewer.process.wait(START), 1)
            self.assertIn(f'{self.folder}/file: Not a directory; name a folder', viewer.said())
            self.assertIn('name a folder', viewer.said())

    def test_full_disk(self):
        """The recording ends with a word on why; everything else goes on."""
        small = self.folder / 'small'
        small.mkdir()
        if os.geteuid() != 0 or subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=200k', 'none', small]).returncode:
            self.skipTest('cannot mount a small disk')
        self.addCleanup(subprocess.run, ['umount', '-l', small])
        with Viewer(PROGRAM, '--web=0', '--record', small, '--source', 'videotestsrc is-live=true pattern=snow') as viewer:
            state = viewer.wait_state(lambda s: s['notice'])
            self.assertIn('free some room', state['notice'])
            self.assertFalse(state['recording'])
            frames = state['stats']['frames']
            viewer.wait_state(lambda s: s['stats']['frames'] > frames)


class LinesTest(Case):
    def test_file(self):
        path = self.folder / 'lines'
        for n in (1, 2):
            with Viewer(PROGRAM, f'--json={path}', '--frames', 3, '--headless', '--source', 'videotestsrc', web=False) as viewer:
                self.assertEqual(viewer.process.wait(START), 0)
            lines = path.read_text().splitlines()
            self.assertEqual(len(lines), 3 * n)
            self.assertIn('results', json.loads(lines[-1]))

    def test_socket(self):
        path = self.folder / 'socket'
        for _ in range(2):  # the second finds a socket that the first, killed, left
            with Viewer(PROGRAM, '--json', f'unix:{path}', *SOURCE, web=False) as viewer:
                viewer.wait_for('showing')
                self.wait(path.exists)
                with socket.socket(socket.AF_UNIX) as reader:
                    self.wait(lambda: reader.connect_ex(str(path)) == 0)
                    file = reader.makefile()
                    numbers = [json.loads(file.readline())['frame'] for _ in range(5)]
                self.assertEqual(numbers, sorted(numbers))
                viewer.process.kill()
                viewer.process.wait()

    def test_nowhere(self):
        for target in ('/proc/x/y', 'unix:/proc/x/y'):
            with Viewer(PROGRAM, f'--json={target}', *SOURCE, web=False) as viewer:
                self.assertEqual(viewer.process.wait(START), 1)
                self.assertIn(f'--json {target}: ', viewer.said())


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)

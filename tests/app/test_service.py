#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mobilenet-viewer as a service: what it tells systemd, options from a file, the unit.

usage: test_service.py PROGRAM UNIT
"""
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

from viewer_process import START, Viewer

PROGRAM, UNIT = sys.argv[1:3]
SOURCE = 'videotestsrc is-live=true ! video/x-raw,width=64,height=64'


class ServiceTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder, True)

    def notified(self, name, env):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(name if name.startswith('/') else '\0' + name[1:])
            systemd.settimeout(START)
            with Viewer(PROGRAM, '--web=0', '--source', SOURCE, env={'NOTIFY_SOCKET': name, **env}) as viewer:
                self.assertTrue(systemd.recv(1000).startswith(b'READY=1\nSTATUS=Showing '))
                if 'WATCHDOG_USEC' in env:
                    for _ in range(3):
                        self.assertEqual(systemd.recv(1000), b'WATCHDOG=1')
                viewer.process.send_signal(signal.SIGTERM)
                last = systemd.recv(1000)
                while last == b'WATCHDOG=1':
                    last = systemd.recv(1000)
                self.assertEqual(last, b'STOPPING=1')
                self.assertEqual(viewer.process.wait(START), 0)

    def test_notify(self):
        self.notified(str(self.folder / 'notify'), {'WATCHDOG_USEC': '900000'})

    def test_notify_abstract(self):
        self.notified(f'@{self.folder.name}', {})

    def write(self, text):
        path = self.folder / 'viewer.ini'
        path.write_text(text)
        return path

    def test_config(self):
        path = self.write(f'# a comment\n[viewer]\nsource={SOURCE}\nweb=127.0.0.1:0\nthreshold=0.9\nheadless=true\njson=false\n')
        with Viewer(PROGRAM, '--config', path) as viewer:
            self.assertEqual(viewer.state()['threshold'], 0.9)
        with Viewer(PROGRAM, f'--config={path}', '--threshold=0.4') as viewer:  # the command line wins
            self.assertEqual(viewer.state()['threshold'], 0.4)

    def test_usual_places(self):
        folder = self.folder / 'gst-mobilenet'
        folder.mkdir()
        self.write(f'[viewer]\nsource={SOURCE}\nweb=0\nthreshold=0.8\n').rename(folder / 'viewer.ini')
        with Viewer(PROGRAM, env={'XDG_CONFIG_HOME': str(self.folder)}) as viewer:
            self.assertEqual(viewer.state()['threshold'], 0.8)

    def test_wrong_files(self):
        for text, says in (('[viewer]\nbogus=1\n', "there is no option 'bogus'"), ('[other]\n', '[other] means nothing'),
                           ('no group=1\n', 'viewer.ini: '), ('[viewer]\nheadless=maybe\n', 'must be true or false'),
                           ('[viewer]\nconfig=x\n', "no option 'config'"), ('[viewer]\nthreshold=7\n', '--threshold: must be'),
                           ('[viewer]\nframes=many\n', 'many')):
            path = self.write(text)
            with Viewer(PROGRAM, '--config', path, web=False) as viewer:
                self.assertEqual(viewer.process.wait(START), 2, text)
                self.assertIn(says, viewer.said())
        with Viewer(PROGRAM, '--config', self.folder / 'none', web=False) as viewer:
            self.assertEqual(viewer.process.wait(START), 2)
            self.assertIn(f'{self.folder}/none: ', viewer.said())

    def test_unit(self):
        if not shutil.which('systemd-analyze'):
            self.skipTest('no systemd-analyze')
        text = pathlib.Path(UNIT).read_text().replace('ExecStart=mobilenet-viewer', f'ExecStart={pathlib.Path(PROGRAM).resolve()}')
        unit = self.folder / 'mobilenet-viewer.service'
        unit.write_text(text)
        done = subprocess.run(['systemd-analyze', 'verify', '--man=no', unit], capture_output=True, text=True, timeout=START)
        self.assertEqual([line for line in done.stderr.splitlines() if 'mobilenet' in line], [])


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)

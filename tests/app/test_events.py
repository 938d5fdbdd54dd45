#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--on: snapshot, clip with what was before it, post and exec, once an object is seen.

usage: test_events.py PROGRAM
"""
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from viewer_process import START, Viewer

PROGRAM = sys.argv[1]
SCENES = pathlib.Path(__file__).resolve().parents[2] / 'app' / 'demo'
SOURCE = ('--source', f'filesrc location={SCENES}/scene-01.png ! pngdec ! imagefreeze is-live=true ! video/x-raw,framerate=10/1')


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.posted.append(self.rfile.read(int(self.headers['Content-Length'])))
        self.send_response(204 if self.path == '/good' else 500)
        self.end_headers()

    def log_message(self, *args):
        pass


class EventsTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder, True)

    def wait(self, condition):
        end = time.monotonic() + START
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)

    def test_all_actions(self):
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        server.posted = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        seen = self.folder / 'seen'
        rule = (f'school*>0.5 for 3s: snapshot, clip 1s, post http://127.0.0.1:{server.server_address[1]}/good, '
                f"exec sh -c 'echo \"$MOBILENET_LABEL $MOBILENET_CONFIDENCE\" >>{seen}'")
        with Viewer(PROGRAM, '--on', rule, '--on', 'goldfish>0.5: exec touch ' + str(self.folder / 'fish'),
                    '--folder', self.folder, *SOURCE, web=False, env={'GIO_USE_PROXY_RESOLVER': 'dummy'}) as viewer:
            viewer.wait_for('event: school bus')
            viewer.wait_for('clip ended')
            self.wait(lambda: list(self.folder.glob('snapshot-*.json')) and server.posted and seen.exists() and seen.read_text())
            self.assertEqual(viewer.said().count('event: '), 1)
        label, confidence = seen.read_text().splitlines()[0].rsplit(' ', 1)
        self.assertEqual(label, 'school bus')
        self.assertGreater(float(confidence), 0.5)
        self.assertEqual(json.loads(server.posted[0])['label'], 'school bus')
        self.assertEqual(len(list(self.folder.glob('snapshot-*.png'))), 2)
        self.assertFalse((self.folder / 'fish').exists())
        clip, = self.folder.glob('clip-*.mkv')
        out = self.folder / 'frames'
        out.mkdir()
        subprocess.run(['gst-launch-1.0', '-q', 'filesrc', f'location={clip}', '!', 'decodebin', '!', 'videoconvert', '!',
                        'jpegenc', '!', 'multifilesink', f'location={out}/%06d.jpg'], timeout=START, check=True)
        # one second after the event has ten frames at most; the rest was before it
        self.assertGreater(len(os.listdir(out)), 15)

    def test_failures(self):
        """Each is told, and nothing else suffers."""
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        server.posted = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = f'http://127.0.0.1:{server.server_address[1]}/bad'
        rules = [f'*>0.5: post {url}', '*>0.5: post http://127.0.0.1:9/', '*>0.5: exec /no/such/program', '*>0.5: exec false']
        args = [word for rule in rules for word in ('--on', rule)]
        with Viewer(PROGRAM, *args, '--web=0', *SOURCE, env={'GIO_USE_PROXY_RESOLVER': 'dummy'}) as viewer:
            for says in (f'--on, post {url}: the server answered 500', '--on, post http://127.0.0.1:9/: ',
                         '--on, exec /no/such/program: ', '--on, exec: .*exited with code 1'):
                viewer.wait_for(says)
            frames = viewer.state()['stats']['frames']
            viewer.wait_state(lambda s: s['stats']['frames'] > frames)

    def test_wrong_rule(self):
        with Viewer(PROGRAM, '--on', 'cat: snapshot', *SOURCE, web=False) as viewer:
            self.assertEqual(viewer.process.wait(START), 2)
            self.assertIn('--on cat: snapshot: there is no LABEL>CONFIDENCE', viewer.said())


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sources that fail, stall and end: the viewer opens them again, and says why there is no picture.

usage: test_source.py PROGRAM
"""
import socket
import sys
import threading
import time
import unittest

from viewer_process import START, Viewer

PROGRAM = sys.argv[1]


class SourceTest(unittest.TestCase):
    def test_failure(self):
        """Outputs stay up: pictures come all the time, and soon the source's again."""
        source = 'videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=20/1 ! identity error-after=20'
        with Viewer(PROGRAM, '--web=0', '--source', source) as viewer:
            state = viewer.wait_state(lambda s: s['trouble'])
            self.assertRegex(state['trouble'], r'^your own source: .+ Trying again in \d+ s\.$')
            self.assertRegex(viewer.ask('/metrics')[2].decode(), '(?m)^mobilenet_source_up 0$')
            self.assertEqual(viewer.ask('/snapshot.jpg')[0], 200)  # the slate
            frames = state['stats']['frames']
            viewer.wait_state(lambda s: s['stats']['frames'] > frames + 20)
            viewer.wait_for('trying again in 1 s[^$]*trying again in 2 s[^$]*trying again in 4 s')

    def test_stall(self):
        """No frame for five seconds, and then some again."""
        with Viewer(PROGRAM, '--web=0', '--source', 'videotestsrc is-live=true ! video/x-raw,width=64,height=64') as viewer:
            viewer.wait_state(lambda s: s['result'])
            jpeg = viewer.ask('/snapshot.jpg')[2]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        sending, done = threading.Event(), threading.Event()

        def send():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                while not done.wait(0.1):
                    if sending.is_set():
                        sock.sendto(jpeg, ('127.0.0.1', port))
        threading.Thread(target=send, daemon=True).start()
        sending.set()
        source = f'udpsrc address=127.0.0.1 port={port} caps=image/jpeg,width=64,height=64,framerate=0/1 ! jpegdec'
        try:
            with Viewer(PROGRAM, '--web=0', '--source', source) as viewer:
                viewer.wait_state(lambda s: s['stats']['frames'] > 5)
                sending.clear()
                viewer.wait_for(r'your own source: no frame for [5-9] s; trying again in 1 s')
                self.assertIn('no frame for', viewer.state()['trouble'])
                sending.set()
                viewer.wait_state(lambda s: not s['trouble'])
        finally:
            done.set()

    def test_end_of_a_file(self):
        with Viewer(PROGRAM, '--web=0', '--source', 'videotestsrc num-buffers=5') as viewer:
            self.assertEqual(viewer.process.wait(START), 0)

    def test_fault_at_the_start(self):
        """What never worked and is no camera is not tried for ever."""
        for source, says in (('filesrc location=/dev/null ! decodebin', 'mobilenet-viewer: '),
                             ('videotestsrc num-buffers=9 ! fakevideo', 'fakevideo'),
                             ('audiotestsrc', 'mobilenet-viewer: ')):
            with Viewer(PROGRAM, '--web=0', '--source', source, web=False) as viewer:
                self.assertEqual(viewer.process.wait(START), 1, source)
                self.assertIn(says, viewer.said())

    def test_address_that_is_not_there(self):
        """An address may come up later: it is tried again, and the picture says why."""
        with socket.create_server(('127.0.0.1', 0)) as taken:
            port = taken.getsockname()[1]
        with Viewer(PROGRAM, '--web=0', '--uri', f'rtsp://name:secret@127.0.0.1:{port}/x') as viewer:
            state = viewer.wait_state(lambda s: s['trouble'])
            self.assertIn(f'rtsp://127.0.0.1:{port}/x: ', state['trouble'])
            self.assertNotIn('secret', str(state))
            self.assertEqual(viewer.ask('/snapshot.jpg')[0], 200)
            viewer.wait_for('trying again in 2 s')

    def test_paused_is_not_stalled(self):
        with Viewer(PROGRAM, '--web=0', '--source', 'videotestsrc is-live=true ! video/x-raw,width=64,height=64') as viewer:
            viewer.wait_state(lambda s: s['stats']['frames'] > 5)
            viewer.control(paused=True)
            time.sleep(8)
            self.assertIsNone(viewer.state()['trouble'])
            viewer.control(paused=False)
            frames = viewer.state()['stats']['frames']
            viewer.wait_state(lambda s: s['stats']['frames'] > frames)

    def test_demo_goes_on_after_a_pause(self):
        """At once, not a scene later; and its labels are no older than before."""
        with Viewer(PROGRAM, '--web=0') as viewer:
            viewer.wait_state(lambda s: s['stats']['frames'] > 5)
            viewer.control(paused=True)
            time.sleep(1)
            viewer.control(paused=False)
            frames = viewer.state()['stats']['frames']
            state = viewer.wait_state(lambda s: s['stats']['frames'] > frames + 20)
            self.assertLess(state['stats']['age'], 2)


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""RTSP: one viewer serves, others read it back by rtspsrc.

usage: test_rtsp.py PROGRAM
"""
import re
import socket
import sys
import unittest

from viewer_process import START, Viewer

PROGRAM = sys.argv[1]
SOURCE = ('--source', 'videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=20/1')


class RtspTest(unittest.TestCase):
    def serve(self, *args):
        viewer = Viewer(PROGRAM, *args, *SOURCE, web=False)
        self.addCleanup(viewer.__exit__)
        return viewer, viewer.wait_for(r'RTSP: (rtsp://\S+), (H.264|JPEG)')[1]

    def test_read_back(self):
        """Two at once; when the server goes they wait, and when it is back they go on."""
        server, address = self.serve('--rtsp=0')
        port = int(re.search(r':(\d+)/', address)[1])
        with Viewer(PROGRAM, '--web=0', '--uri', address) as one, Viewer(PROGRAM, '--web=0', '--uri', address) as two:
            for viewer in (one, two):
                viewer.wait_state(lambda s: s['stats']['frames'] > 40 and s['result'])
                self.assertIsNone(viewer.state()['trouble'])
            server.process.kill()
            server.process.wait()
            one.wait_state(lambda s: s['trouble'])
            self.assertEqual(one.ask('/snapshot.jpg')[0], 200)
            frames = one.state()['stats']['frames']
            self.serve(f'--rtsp={port}')
            one.wait_state(lambda s: not s['trouble'] and s['stats']['frames'] > frames + 20)

    def test_token(self):
        _, address = self.serve('--rtsp=0.0.0.0:0')
        self.assertRegex(address, r'^rtsp://viewer:[a-z2-9]{26}@')
        local = re.sub('@[^:]+:', '@127.0.0.1:', address)
        with Viewer(PROGRAM, '--web=0', '--uri', local) as viewer:
            viewer.wait_state(lambda s: s['stats']['frames'] > 10)
        stranger = re.sub('//.*@', '//', local)
        with Viewer(PROGRAM, '--json', '--uri', stranger, web=False) as viewer:
            self.assertEqual(viewer.process.wait(START), 1)

    def test_taken(self):
        with socket.create_server(('127.0.0.1', 0)) as taken:
            port = taken.getsockname()[1]
            for address, says in ((port, 'cannot listen'), ('nonsense', 'not an address')):
                with Viewer(PROGRAM, f'--rtsp={address}', *SOURCE, web=False) as viewer:
                    self.assertEqual(viewer.process.wait(START), 1)
                    self.assertIn(f'--rtsp {address}: ', viewer.said())
                    self.assertIn(says, viewer.said())


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fifty clients, five of them stuck: the pipeline does not notice.

usage: test_crowd.py PROGRAM
"""
import selectors
import socket
import sys
import time
import unittest

from viewer_process import START, Viewer

PROGRAM = sys.argv[1]
CLIENTS, STUCK = 50, 5
RATE = 10
SOURCE = ('--source', f'videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=480,framerate={RATE}/1')
REQUEST = b'GET /stream.mjpg HTTP/1.0\r\nHost: localhost\r\n\r\n'


def rate(viewer, seconds):
    """Frames a second of the source, by its own count."""
    first, start = viewer.state()['stats']['frames'], time.monotonic()
    time.sleep(seconds)
    return (viewer.state()['stats']['frames'] - first) / (time.monotonic() - start)


class CrowdTest(unittest.TestCase):
    def test_crowd(self):
        with Viewer(PROGRAM, '--web=0', *SOURCE) as viewer:
            viewer.wait_state(lambda s: s['stats']['frames'] > RATE)
            alone = rate(viewer, 5)
            socks = [socket.create_connection(('127.0.0.1', viewer.port), timeout=START) for _ in range(CLIENTS)]
            for sock in socks:
                sock.sendall(REQUEST)
            viewer.wait_state(lambda s: s['stats']['viewers'] == CLIENTS)
            parts = dict.fromkeys(socks[STUCK:], 0)
            selector = selectors.DefaultSelector()
            for sock in parts:
                sock.setblocking(False)
                selector.register(sock, selectors.EVENT_READ)
            first, start = viewer.state()['stats']['frames'], time.monotonic()
            while time.monotonic() - start < 8:
                for key, _ in selector.select(1):
                    parts[key.fileobj] += key.fileobj.recv(1 << 20).count(b'Content-Type: image/jpeg')
            crowded = (viewer.state()['stats']['frames'] - first) / (time.monotonic() - start)
            print(f'{alone:.2f} frames/s alone, {crowded:.2f} with {CLIENTS} clients, {STUCK} of them stuck; '
                  f'{min(parts.values())} to {max(parts.values())} frames each')
            # A source that is live loses frames when it is held up; both counts are its own.
            self.assertGreater(crowded, 0.9 * alone)
            self.assertGreater(min(parts.values()), 0)
            self.assertEqual(viewer.state()['stats']['viewers'], CLIENTS)
            viewer.wait_state(lambda s: s['stats']['viewers'] < CLIENTS)  # the stuck ones are hung up on
            for sock in socks:
                sock.close()
            viewer.wait_state(lambda s: s['stats']['viewers'] == 0)


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)

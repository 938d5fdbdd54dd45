# SPDX-License-Identifier: MIT
"""Things shown to a viewer, for tests: video over TCP whose picture can be chosen at any time."""
import random
import socket
import struct
import threading
import time
import zlib

WIDTH, HEIGHT, RATE = 160, 120, 10
COLOURS = {'red': (220, 40, 30), 'blue': (30, 50, 220), 'green': (40, 200, 60)}


class Shown:
    """usage: with Shown('red') as shown, Viewer(PROGRAM, *shown.source) ...: shown.thing = 'blue'"""

    def __init__(self, thing, moving=True):
        self.thing = thing
        self.moving = moving
        self.random = random.Random(1)
        self.server = socket.create_server(('127.0.0.1', 0))
        port = self.server.getsockname()[1]
        # Played faster than it is sent, and the newest only: no picture of the past waits anywhere.
        self.source = ('--source', f'tcpclientsrc host=127.0.0.1 port={port} do-timestamp=true ! rawvideoparse width={WIDTH} '
                                   f'height={HEIGHT} format=rgb framerate={3 * RATE}/1 ! queue leaky=downstream max-size-buffers=1')
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.ended = False

    def frame(self):
        """Stripes of two colours; if it moves, their width, place and light change."""
        r, g, b = COLOURS[self.thing]
        light = self.random.randint(-20, 20) if self.moving else 0
        wide, at = (self.random.randint(8, 24), self.random.randint(0, 40)) if self.moving else (16, 0)
        bright = bytes(min(max(c + light, 0), 255) for c in (r, g, b))
        dark = bytes(c // 2 for c in bright)
        line = b''.join(bright if (x + at) // wide % 2 else dark for x in range(WIDTH))
        return line * HEIGHT

    def png(self):
        """A frame as a file."""
        def chunk(kind, data):
            return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
        frame = self.frame()
        rows = b''.join(b'\0' + frame[y * WIDTH * 3:(y + 1) * WIDTH * 3] for y in range(HEIGHT))
        return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', WIDTH, HEIGHT, 8, 2, 0, 0, 0)) +
                chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))

    def serve(self):
        while not self.ended:
            try:
                sock, _ = self.server.accept()
                with sock:
                    while not self.ended:
                        sock.sendall(self.frame())
                        time.sleep(1 / RATE)
            except OSError:
                continue

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended = True
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()

# SPDX-License-Identifier: MIT
"""A server on 127.0.0.1 that serves files well and badly: /WAY/NAME is file NAME, served that way."""
import http.server
import re
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def head(self, status, length=None, **headers):
        self.send_response(status)
        if length is None:
            self.send_header('Connection', 'close')
            self.close_connection = True
        else:
            self.send_header('Content-Length', str(length))
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.end_headers()

    def whole(self, content, etag='"1"', send=None):
        self.head(200, len(content), ETag=etag)
        self.wfile.write(content if send is None else content[:send])

    def rest(self, content, shift=0):
        """From the byte that was asked for on; shift: a server that cannot count."""
        first = int(re.fullmatch(r'bytes=(\d+)-', self.headers['Range'])[1]) + shift
        if first >= len(content):
            self.head(416, 0)
            return
        span = f'bytes {first}-{len(content) - 1}/{len(content)}'
        self.head(206, len(content) - first, Content_Range=span, ETag='"1"')
        self.wfile.write(content[first:])

    def good(self, content):
        if 'Range' in self.headers and self.headers.get('If-Range', '"1"') == '"1"':
            self.rest(content)
        else:
            self.whole(content)

    def plain(self, content):
        self.whole(content)  # knows no ranges

    def shifted(self, content):
        self.rest(content, shift=1) if 'Range' in self.headers else self.whole(content)

    def changed(self, content):
        self.whole(content, etag='"2"')

    def cut(self, content):
        if 'Range' in self.headers:
            self.good(content)
        else:
            self.whole(content, send=len(content) // 2)
            self.close_connection = True

    def endless(self, content):
        self.head(200)  # no length: the end of the connection is the end of the file, and too early
        self.wfile.write(content[:len(content) // 2])

    def stall(self, content):
        if 'Range' in self.headers:
            self.good(content)
        else:
            self.whole(content, send=len(content) // 2)
            self.wfile.flush()
            self.connection.recv(1)  # until the client is gone
            self.close_connection = True

    def gone(self, content):
        self.head(404, 0)

    def busy(self, content):
        self.head(503, 0)

    def moved(self, content):
        self.head(302, 0, Location=self.path.replace('/moved/', '/good/'))

    def loop(self, content):
        self.head(302, 0, Location=self.path)

    def do_GET(self):
        way, name = self.path.split('/')[1:]
        self.server.asked.append((self.path, self.headers['Range'], self.headers['If-Range']))
        getattr(self, way)(self.server.files[name])


class Server(http.server.ThreadingHTTPServer):
    """files: name -> content; asked: (path, Range, If-Range) of each request so far."""
    daemon_threads = True

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.files, self.asked = {}, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client may go when it likes
            super().handle_error(request, client_address)

    def url(self, way, name):
        return f'http://127.0.0.1:{self.server_address[1]}/{way}/{name}'

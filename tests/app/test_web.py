#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The page of mobilenet-viewer as a server: what it answers, to whom, and what it does not put up with.

usage: test_web.py PROGRAM
"""
import json
import pathlib
import re
import socket
import sys
import time
import unittest

from viewer_process import START, Viewer

PROGRAM = sys.argv[1]
SCENES = pathlib.Path(__file__).resolve().parents[2] / 'app' / 'demo'
SOURCE = ('--source', 'videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=20/1')
JSON = {'Content-Type': 'application/json'}
PARTS = re.compile(rb'Content-Type: image/jpeg\r\nContent-Length: (\d+)\r\n\r\n')


def open_stream(viewer, path):
    """A socket that has asked for an answer without an end."""
    sock = socket.create_connection(('127.0.0.1', viewer.port), timeout=START)
    sock.sendall(f'GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n'.encode())
    return sock


def read_until(sock, condition):
    data = b''
    while not condition(data):
        more = sock.recv(65536)
        if not more:
            raise AssertionError(f'closed after {len(data)} bytes: {data[:300]}')
        data += more
    return data


def ask_at_once(viewer, requests):
    """The statuses of requests (head, body) that are all sent before the first is answered: however slow the machine
    is, they come fast."""
    socks = [socket.create_connection(('127.0.0.1', viewer.port), timeout=START) for _ in requests]
    for sock, (head, body) in zip(socks, requests):
        sock.sendall(f'{head}Connection: close\r\n\r\n{body}'.encode())
    statuses = []
    for sock in socks:
        with sock:
            statuses.append(int(read_until(sock, lambda d: d.count(b' ') >= 2).split(b' ')[1]))
    return statuses


class LocalTest(unittest.TestCase):
    """On the loopback address: no token."""

    @classmethod
    def setUpClass(cls):
        cls.viewer = Viewer(PROGRAM, '--web', *SOURCE)
        cls.viewer.wait_state(lambda s: s['result'])

    @classmethod
    def tearDownClass(cls):
        cls.viewer.__exit__()

    def test_page_and_its_parts(self):
        status, headers, body = self.viewer.ask('/')
        self.assertEqual(status, 200)
        self.assertTrue(headers['Content-Type'].startswith('text/html'))
        self.assertIn("default-src 'none'", headers['Content-Security-Policy'])
        text = body.decode()
        own = re.findall(r'(?:src|href)="([^"#]+)"', text)
        self.assertIn('main.js', own)
        for path in own:
            if path not in ('stream.mjpg',):
                self.assertEqual(self.viewer.ask('/' + path)[0], 200, path)
        self.assertNotIn('http://', text.replace('http://www.w3.org', ''))  # nothing from elsewhere

    def test_modules_exist(self):
        names = re.findall(r"from '\./([a-z]+\.js)'", self.viewer.ask('/main.js')[2].decode())
        self.assertGreater(len(names), 3)
        for name in names:
            self.assertEqual(self.viewer.ask('/' + name)[0], 200, name)

    def test_snapshot(self):
        status, headers, body = self.viewer.ask('/snapshot.jpg')
        self.assertEqual((status, headers['Content-Type']), (200, 'image/jpeg'))
        self.assertTrue(body.startswith(b'\xff\xd8') and body.endswith(b'\xff\xd9'))

    def test_video(self):
        with open_stream(self.viewer, '/stream.mjpg') as sock:
            data = read_until(sock, lambda d: len(PARTS.findall(d)) >= 5)
        self.assertIn(b'multipart/x-mixed-replace; boundary=mobilenet-frame', data)
        pieces = list(PARTS.finditer(data))
        for piece in pieces[:4]:
            jpeg = data[piece.end():piece.end() + int(piece[1])]
            self.assertTrue(jpeg.startswith(b'\xff\xd8') and jpeg.endswith(b'\xff\xd9'))
            self.assertTrue(data[piece.end() + len(jpeg):].startswith(b'\r\n--mobilenet-frame\r\n'))
        self.viewer.wait_state(lambda s: s['stats']['viewers'] == 0)

    def test_events(self):
        with open_stream(self.viewer, '/events') as sock:
            data = read_until(sock, lambda d: d.count(b'event: result') >= 3 and d.count(b'event: state') >= 2)
        self.assertIn(b'text/event-stream', data)
        events = re.findall(r'event: (\w+)\ndata: (.*)\n\n', data.decode())
        results = [json.loads(text) for name, text in events if name == 'result']
        self.assertEqual(len(results[0]['results']), 5)
        self.assertGreater(results[-1]['frame'], results[0]['frame'])

    def test_state_and_metrics(self):
        state = self.viewer.wait_state(lambda s: s['stats']['frames'] > 40)
        self.assertEqual(state['model'], 'everyday')
        self.assertIn('everyday', state['models'])
        self.assertIsNone(state['trouble'])
        status, headers, body = self.viewer.ask('/metrics')
        self.assertEqual(status, 200)
        self.assertTrue(headers['Content-Type'].startswith('text/plain; version=0.0.4'))
        text = body.decode()
        for line in text.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) mobilenet_\w+ .+|mobilenet_\w+ -?[0-9.e+-]+)$')
        self.assertGreater(float(re.search(r'^mobilenet_frames_total (\S+)', text, re.M)[1]), 40)

    def test_controls(self):
        status, state = self.viewer.control(threshold=0.75)
        self.assertEqual((status, state['threshold']), (200, 0.75))
        status, state = self.viewer.control(labels=False, threshold=1)
        self.assertEqual((status, state['labels'], state['threshold']), (200, False, 1))
        self.viewer.wait_state(lambda s: s['result']['label'] == '')
        self.assertEqual(self.viewer.control(labels=True, threshold=0.3)[0], 200)
        self.assertEqual(self.viewer.control(model='everyday')[0], 200)

    def test_pause(self):
        self.assertTrue(self.viewer.control(paused=True)[1]['paused'])
        frames = self.viewer.state()['stats']['frames']
        self.assertFalse(self.viewer.control(paused=False)[1]['paused'])
        self.viewer.wait_state(lambda s: s['stats']['frames'] > frames)

    def test_wrong_commands(self):
        for body, says in [('', 'a JSON object'), ('[1]', 'a JSON object'), ('{', 'a JSON object'),
                           ('{"threshold": 2}', 'must be 0 to 1'), ('{"threshold": "x"}', 'must be a number'),
                           ('{"threshold": null}', 'must be a number'), ('{"camera": 0.5}', 'must be a number'),
                           ('{"camera": 77}', "no camera '77'"), ('{"model": 1}', 'must be a name'),
                           ('{"model": "../../etc/passwd"}', 'no model'), ('{"model": "/etc/passwd"}', 'no model'),
                           ('{"exec": "true"}', "no command 'exec'"), ('\xff', 'a JSON object')]:
            time.sleep(0.11)  # within the rate
            status, _, answer = self.viewer.ask('/control', 'POST', body.encode('latin-1'), JSON)
            self.assertEqual(status, 400, body)
            self.assertIn(says, json.loads(answer)['error'], body)
        self.assertEqual(self.viewer.ask('/control')[0], 405)

    def test_no_path_reaches_files(self):
        for path in ('/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '//etc/passwd', '/etc/passwd', '/style.css/',
                     '/%2e%2e%2fstyle.css', '/%00', '/index.html', '/web/index.html', '/style.css%00'):
            self.assertIn(self.viewer.ask(path)[0], (400, 404), path)

    def test_foreign_pages_get_nothing_done(self):
        for headers in ({'Origin': 'http://evil.example'}, {'Sec-Fetch-Site': 'cross-site'},
                        {'Sec-Fetch-Site': 'same-site'}, {'Origin': 'null'}):
            self.assertEqual(self.viewer.ask('/control', 'POST', '{}', {**JSON, **headers})[0], 403, headers)
        for kind in ('text/plain', 'application/x-www-form-urlencoded', ''):
            self.assertEqual(self.viewer.ask('/control', 'POST', '{}', {'Content-Type': kind})[0], 415, kind)
        self.assertEqual(self.viewer.ask('/', headers={'Host': 'evil.example'})[0], 421)
        self.assertEqual(self.viewer.ask('/', headers={'Host': '127.0.0.1.evil.example'})[0], 421)
        self.assertEqual(self.viewer.ask('/control', 'PUT', '{}', JSON)[0], 405)
        self.assertEqual(self.viewer.ask('/stream.mjpg', 'POST', '{}', JSON)[0], 405)

    def test_limits(self):
        self.assertEqual(self.viewer.ask('/control', 'POST', ' ' * 5000, JSON)[0], 413)
        self.assertEqual(self.viewer.ask('/', body='x' * 5000)[0], 413)
        chunked = b'POST /control HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' \
                  b'Transfer-Encoding: chunked\r\n\r\n'
        with socket.create_connection(('127.0.0.1', self.viewer.port), timeout=START) as sock:
            sock.sendall(chunked)
            self.assertIn(b' 413 ', read_until(sock, lambda d: b'\r\n\r\n' in d))
        with socket.create_connection(('127.0.0.1', self.viewer.port), timeout=START) as sock:
            try:  # headers without an end: it answers with an error, or hangs up
                for _ in range(64):
                    sock.sendall(b'GET / HTTP/1.1\r\nX: ' if _ == 0 else b'x' * 65536)
                answer = sock.recv(100)
            except ConnectionError:
                answer = b''
            self.assertTrue(not answer or answer.startswith(b'HTTP/1.1 4'), answer)
        self.viewer.state()

    def test_z_rate(self):
        command = 'POST /control HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n'
        statuses = ask_at_once(self.viewer, [(command, '{}')] * 60)
        self.assertEqual(set(statuses), {200, 429})
        time.sleep(3)
        self.assertEqual(self.viewer.control()[0], 200)

    def test_z_connections(self):
        """One machine gets many connections, but not all."""
        socks = [socket.create_connection(('127.0.0.1', self.viewer.port), timeout=START) for _ in range(120)]
        try:
            self.assertIn(b'503', socks[-1].recv(1000))
        finally:
            for sock in socks:
                sock.close()
        end = time.monotonic() + START
        while self.viewer.ask('/style.css')[0] != 200:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)


class TokenTest(unittest.TestCase):
    """On an address that others reach."""

    @classmethod
    def setUpClass(cls):
        cls.viewer = Viewer(PROGRAM, '--web', '0.0.0.0:0', *SOURCE)

    @classmethod
    def tearDownClass(cls):
        cls.viewer.__exit__()

    def ask(self, *args, **more):
        return self.viewer.ask(*args, **more)

    def test_token(self):
        token = self.viewer.token
        self.assertRegex(token, '^[a-z2-9]{26}$')
        for path in ('/state.json', '/stream.mjpg', '/snapshot.jpg', '/events', '/metrics', '/style.css', '/x'):
            self.assertEqual(self.ask(path)[0], 401, path)
        self.assertEqual(self.ask('/control', 'POST', '{}', JSON)[0], 401)
        status, _, body = self.ask('/')
        self.assertEqual(status, 401)
        self.assertIn(b'<form', body)
        for wrong in ('x', token[:-1], token + 'a', ''):
            self.assertEqual(self.ask(f'/?token={wrong}')[0], 401)
        status, headers, _ = self.ask(f'/?token={token}')
        self.assertEqual((status, headers['Location']), (303, '/'))
        self.assertIn('HttpOnly', headers['Set-Cookie'])
        self.assertIn('SameSite=Strict', headers['Set-Cookie'])
        cookie = {'Cookie': 'a=b; ' + headers['Set-Cookie'].split(';')[0]}
        self.assertEqual(self.ask('/state.json', headers=cookie)[0], 200)
        self.assertEqual(self.ask('/metrics', headers={'Authorization': f'Bearer {token}'})[0], 200)
        self.assertEqual(self.ask('/control', 'POST', '{}', {**JSON, **cookie})[0], 200)
        self.assertEqual(self.ask('/control', 'POST', '{}', {**JSON, **cookie, 'Origin': 'http://a.example'})[0], 403)

    def test_redirect_stays_here(self):
        status, headers, _ = self.ask(f'//evil.example?token={self.viewer.token}')
        self.assertIn((status, headers['Location']), ((303, '/'), (401, None), (400, None)))

    def test_z_guessing_is_slow(self):
        guesses = [(f'GET /?token=guess{i} HTTP/1.1\r\nHost: localhost\r\n', '') for i in range(60)]
        self.assertEqual(set(ask_at_once(self.viewer, guesses)), {401, 429})


class StartTest(unittest.TestCase):
    def test_default_without_a_display(self):
        with Viewer(PROGRAM, *SOURCE) as viewer:
            self.assertEqual(viewer.host, '127.0.0.1')
            self.assertIn(viewer.port, range(8080, 8090))
            self.assertRegex(viewer.said(), 'no display .*: a page for the browser instead')
            self.assertIn('ssh -L', viewer.said())
            with Viewer(PROGRAM, *SOURCE) as second:  # the next free port
                self.assertNotEqual(viewer.port, second.port)

    def test_own_token(self):
        with Viewer(PROGRAM, '--web=0', '--web-token', 'correct-horse', *SOURCE) as viewer:
            self.assertEqual(viewer.ask('/state.json')[0], 401)
            self.assertEqual(viewer.ask('/state.json', headers={'Authorization': 'Bearer correct-horse'})[0], 200)

    def test_taken_port(self):
        with socket.create_server(('127.0.0.1', 0)) as taken:
            port = taken.getsockname()[1]
            with Viewer(PROGRAM, '--web', port, *SOURCE, web=False) as viewer:
                self.assertEqual(viewer.process.wait(START), 1)
                self.assertIn(f'--web {port}: ', viewer.said())
                self.assertIn('another program has this port', viewer.said())

    def test_no_addresses(self):
        for address in ('nonsense', '1.2.3.4.5:80', '99999', '127.0.0.1:', ':', '[::1', '127.0.0.1:http', '203.0.113.7:8080'):
            with Viewer(PROGRAM, '--web', address, *SOURCE, web=False) as viewer:
                self.assertEqual(viewer.process.wait(START), 1, address)
                self.assertIn(f'--web {address}: ', viewer.said())

    def test_picture(self):
        """A still picture is a live page, too."""
        with Viewer(PROGRAM, '--web=0', '--uri', SCENES / 'scene-01.png') as viewer:
            viewer.wait_state(lambda s: s['result'] and s['result']['label'] == 'school bus')


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)

# SPDX-License-Identifier: MIT
"""A mobilenet-viewer with its page, for tests: starts it, finds its address, talks to it, ends it."""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

START = 120  # seconds: what a loaded machine may take


class Viewer:
    """usage: with Viewer(PROGRAM, '--web', ...) as viewer"""

    def __init__(self, program, *args, env=None, web=True):
        self.stdout = tempfile.TemporaryFile('w+')
        self.stderr = tempfile.TemporaryFile('w+')
        environment = {k: v for k, v in os.environ.items() if k not in ('DISPLAY', 'WAYLAND_DISPLAY')}
        environment['LC_ALL'] = 'C'
        environment.update(env or {})
        self.process = subprocess.Popen([program, *map(str, args)], stdout=self.stdout, stderr=self.stderr,
                                        stdin=subprocess.DEVNULL, env=environment)
        self.token = None
        if web:
            found = self.wait_for(r'the page is at http://(\S+):(\d+)/(?:\?token=(\S+))?')
            self.host, self.port, self.token = found[1], int(found[2]), found[3]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(START)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.stdout.close()
        self.stderr.close()

    def said(self):
        """Standard error so far; a reader of its own must not move the writer's place."""
        return pathlib.Path(f'/proc/self/fd/{self.stderr.fileno()}').read_text()

    def printed(self):
        return pathlib.Path(f'/proc/self/fd/{self.stdout.fileno()}').read_text()

    def wait_for(self, pattern, seconds=START):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = re.search(pattern, self.said())
            if found:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        found = re.search(pattern, self.said())
        if not found:
            raise AssertionError(f'never said {pattern!r}, but:\n{self.said()}')
        return found

    def ask(self, path, method='GET', body=None, headers=None, host=None):
        """Status, headers, body."""
        connection = http.client.HTTPConnection(host or '127.0.0.1', self.port, timeout=START)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def state(self):
        status, _, body = self.ask('/state.json')
        assert status == 200, body
        return json.loads(body)

    def control(self, **command):
        """Status and answer."""
        status, _, body = self.ask('/control', 'POST', json.dumps(command), {'Content-Type': 'application/json'})
        return status, json.loads(body)

    def wait_state(self, condition, seconds=START):
        end = time.monotonic() + seconds
        while True:
            state = self.state()
            if condition(state):
                return state
            if time.monotonic() > end:
                raise AssertionError(f'never so; the state is {state}')
            time.sleep(0.1)

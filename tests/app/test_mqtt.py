#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--mqtt against a broker on this machine: discovery, states, last will, a broker that goes and comes.

usage: test_mqtt.py PROGRAM
"""
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from viewer_process import START, Viewer

PROGRAM = sys.argv[1]
BROKER = shutil.which('mosquitto') or ('/usr/sbin/mosquitto' if pathlib.Path('/usr/sbin/mosquitto').exists() else None)
if not BROKER or not shutil.which('mosquitto_sub'):
    print('no mosquitto and mosquitto-clients: nothing is published')
    sys.exit(77)
SOURCE = ('--source', 'videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=20/1')


class MqttTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder, True)
        with socket.create_server(('127.0.0.1', 0)) as probe:
            self.port = probe.getsockname()[1]

    def start(self, program, name):
        process = subprocess.Popen(program, stdout=open(self.folder / name, 'w'), stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def broker(self):
        (self.folder / 'conf').write_text(f'listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\n')
        broker = self.start([BROKER, '-c', str(self.folder / 'conf')], 'broker')
        end = time.monotonic() + START
        while socket.socket().connect_ex(('127.0.0.1', self.port)):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)
        return broker

    def listen(self, name):
        self.start(['mosquitto_sub', '-p', str(self.port), '-t', '#', '-v'], name)

    def messages(self, name, topic):
        lines = (self.folder / name).read_text().splitlines()
        return [line.split(' ', 1)[1] for line in lines if line.startswith(topic + ' ')]

    def wait(self, condition):
        end = time.monotonic() + START
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)

    def test_publishes(self):
        self.broker()
        self.listen('all')
        address = f'mqtt://127.0.0.1:{self.port}/home/door'
        with Viewer(PROGRAM, '--mqtt', address, *SOURCE, web=False) as viewer:
            viewer.wait_for('connected, results at home/door/state')
            self.wait(lambda: len(self.messages('all', 'home/door/state')) >= 2)
            config = json.loads(self.messages('all', 'homeassistant/sensor/home_door/label/config')[0])
            self.assertEqual(config['state_topic'], 'home/door/state')
            self.assertEqual(config['unique_id'], 'home_door_label')
            self.assertIn('results', json.loads(self.messages('all', 'home/door/state')[0]))
            self.assertEqual(self.messages('all', 'home/door/availability'), ['online'])
        self.wait(lambda: self.messages('all', 'home/door/availability')[-1] == 'offline')

    def test_last_will(self):
        self.broker()
        self.listen('all')
        with Viewer(PROGRAM, '--mqtt', f'mqtt://127.0.0.1:{self.port}/x', *SOURCE, web=False) as viewer:
            self.wait(lambda: self.messages('all', 'x/availability') == ['online'])
            viewer.process.kill()
            viewer.process.wait()
        self.wait(lambda: self.messages('all', 'x/availability')[-1] == 'offline')

    def test_broker_comes_late_and_goes(self):
        with Viewer(PROGRAM, '--web=0', '--mqtt', f'mqtt://user:secret@127.0.0.1:{self.port}/x', *SOURCE) as viewer:
            viewer.wait_for('no connection .*trying again')
            self.assertNotIn('secret', viewer.said())
            broker = self.broker()
            viewer.wait_for('connected, results at x/state')
            broker.kill()
            broker.wait()
            frames = viewer.state()['stats']['frames']
            viewer.wait_state(lambda s: s['stats']['frames'] > frames + 10)
            self.broker()
            self.listen('again')
            self.wait(lambda: self.messages('again', 'x/state'))

    def test_no_addresses(self):
        for address in ('nonsense', 'http://x', 'mqtt://', 'mqtt://x/a+b', 'mqtt://x:99999'):
            with Viewer(PROGRAM, '--mqtt', address, *SOURCE, web=False) as viewer:
                self.assertEqual(viewer.process.wait(START), 1, address)
                self.assertIn('--mqtt', viewer.said())


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)

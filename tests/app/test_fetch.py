#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`mobilenet fetch` against a server on this machine.

usage: test_fetch.py PROGRAM yes|no      the second: it is built with libsoup
"""
import fcntl
import hashlib
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import fetch_server

PROGRAM, DOWNLOADS = sys.argv[1], sys.argv[2] == 'yes'
TINY = pathlib.Path(__file__).resolve().parents[2] / 'models' / 'tiny' / 'mobilenet_v2_u8.tflite'


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Case(unittest.TestCase):
    def setUp(self):
        self.server = fetch_server.Server()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.tmp = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.tmp)
        self.models = self.tmp / 'gst-mobilenet' / 'models'
        self.content = bytes(i * i % 251 for i in range(300_000))
        self.groups = {}

    def add(self, name, way='good', content=None, **keys):
        """A group of the catalogue, and the file behind it."""
        content = self.content if content is None else content
        self.server.files[name] = content
        self.groups[name] = {'title': f'the model {name}', 'licence': 'MIT', 'labels': 'inside',
                             'input': '1x1x3 uint8', 'size': len(content),
                             'sha256': sha256(content), 'url': self.server.url(way, name), **keys}

    def command(self, *args):
        catalogue = self.tmp / 'catalogue.ini'
        catalogue.write_text('\n'.join(
            f'[{name}]\n' + ''.join(f'{key}={value}\n' for key, value in keys.items())
            for name, keys in self.groups.items()))
        return [PROGRAM, 'fetch', '--catalogue', str(catalogue), *map(str, args)]

    def environment(self):
        return {**os.environ, 'XDG_DATA_HOME': str(self.tmp), 'LC_ALL': 'C',
                'GIO_USE_PROXY_RESOLVER': 'dummy'}

    def call(self, command, status=0, says='', **options):
        """Exit status, and a piece of what is printed on stderr, or else on stdout."""
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=300, **options)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertIn(says, done.stderr if status else done.stdout)
        return done.stdout

    def fetch(self, *args, status=0, says='', **options):
        return self.call(self.command(*args), status, says, **options)

    def assert_installed(self, name, content=None):
        self.assertEqual((self.models / f'{name}.tflite').read_bytes(),
                         self.content if content is None else content)
        self.assertEqual(list(self.models.glob('*.part')), [])

    def assert_nothing_there(self):
        self.assertEqual(list(self.models.iterdir()), [])

    def put_part(self, name, content):
        self.models.mkdir(parents=True)
        part = self.models / f'{name}.tflite.part'
        part.write_bytes(content)
        return part

    def ranges(self):
        return [first for _, first, _ in self.server.asked]

class CatalogueTest(Case):
    def test_list_of_the_tree(self):
        table = self.call([PROGRAM, 'fetch'])
        self.assertRegex(table, r'(?m)^birds +3\.6 MB +Apache-2\.0 +no +MobileNet v2')
        lines = [json.loads(line) for line in self.call([PROGRAM, 'fetch', '--json']).splitlines()]
        self.assertGreater(len(lines), 5)
        for line in lines:
            self.assertTrue(line['url'].startswith('https://'))
            self.assertEqual(len(line['sha256']), 64)
            self.assertFalse(line['installed'])

    def test_facts_of_the_tree(self):
        shared = pathlib.Path(os.environ.get('MOBILENET_SHARED', '')) / 'models'
        if not shared.is_dir():
            self.skipTest(f'no {shared}')
        sizes = {sha256(path.read_bytes()): path.stat().st_size for path in shared.iterdir()}
        entries = [json.loads(line) for line in self.call([PROGRAM, 'fetch', '--json']).splitlines()]
        at_hand = [entry for entry in entries if entry['sha256'] in sizes]
        self.assertGreaterEqual(len(at_hand), 11)
        for entry in at_hand:
            self.assertEqual(sizes[entry['sha256']], entry['size'], entry['name'])

    def test_broken_catalogue(self):
        for keys, says in [({'title': ''}, '[a] has no title='),
                           ({'size': 'big'}, '[a] size=big: must be a number of bytes'),
                           ({'sha256': 'ab'}, '[a] sha256=ab: must be 64 digits'),
                           ({'url': 'file:///x'}, '[a] url=file:///x: must be an address'),
                           ({'labels': 'list'}, '[a] has labels=list, but no list='),
                           ({'labels': 'http://a/b'}, '[a] has no labels_size='),
                           ({'classes': 'x'}, '[a] classes=x: must be a number'),
                           ({'top1': '101'}, '[a] top1=101: must be')]:
            self.add('a', **keys)
            self.fetch(status=1, says=f'catalogue.ini: {says}')
        self.groups.clear()
        self.add('../a')
        self.fetch(status=1, says='[../a] cannot be a name')
        broken = self.tmp / 'broken.ini'
        broken.write_text('[a]\ntitle=x\nno key here\n')
        self.call([PROGRAM, 'fetch', '-c', broken], 1, 'no key here')
        self.call([PROGRAM, 'fetch', '-c', self.tmp / 'none.ini'], 1, 'none.ini: not a catalogue')

    def test_unknown_name(self):
        self.add('birds')
        self.add('objects')
        self.fetch('brids', status=1, says='brids: no model of that name')
        self.fetch('brids', status=1, says='is it one of birds?')
        self.fetch('birds', 'xyz', status=1, says="'mobilenet fetch' lists them")
        self.assertEqual(self.server.asked, [])

    def test_usage(self):
        self.fetch('--all', 'a', status=2, says='--all goes without names')
        self.fetch('--force', status=2, says='--force needs names')

    @unittest.skipIf(DOWNLOADS, 'built with libsoup')
    def test_without_libsoup(self):
        self.add('a')
        self.fetch('a', status=1, says='libsoup-3.0-dev')


@unittest.skipUnless(DOWNLOADS, 'built without libsoup')
class DownloadTest(Case):
    def test_installs_what_a_name_then_finds(self):
        names = '\n'.join(f'thing {i}' for i in range(1000)).encode()
        self.server.files['names'] = names
        self.add('tiny', content=TINY.read_bytes(), labels=self.server.url('good', 'names'),
                 labels_size=len(names), labels_sha256=sha256(names))
        self.fetch('tiny', says='tiny: installed, ')
        self.assert_installed('tiny', TINY.read_bytes())
        self.assertEqual((self.models / 'tiny.txt').read_bytes(), names)
        info = self.call([PROGRAM, 'info', 'tiny'])
        self.assertIn(str(self.models / 'tiny.txt'), info)
        self.assertTrue(json.loads(self.fetch('--json'))['installed'])

    def test_labels_in_the_catalogue(self):
        self.add('a', labels='list', list='no person;person')
        self.fetch('a')
        self.assertEqual((self.models / 'a.txt').read_text(), 'no person\nperson')

    def test_installed_before(self):
        self.add('a')
        self.fetch('a')
        self.fetch('a', says='a: was installed before, ')
        self.assertEqual(len(self.server.asked), 1)
        self.fetch('a', '--force', says='a: installed, ')
        self.assertEqual(len(self.server.asked), 2)
        mine = self.models / 'a.tflite'
        mine.write_text('mine')
        self.fetch('a', status=1, says='is not the model of the catalogue')
        self.assertEqual(mine.read_text(), 'mine')
        self.fetch('a', '--force')
        self.assert_installed('a')

    def test_all_but_one(self):
        self.add('a')
        self.add('b', way='gone')
        self.add('c')
        stdout = self.fetch('--all', '--json', status=1, says='/gone/b: the server answers 404')
        self.assertEqual([json.loads(line)['name'] for line in stdout.splitlines()], ['a', 'c'])
        self.assert_installed('a')
        self.assert_installed('c')

    def test_folder(self):
        self.add('a')
        self.fetch('a', '--to', self.tmp / 'else' / 'where')
        self.assertEqual((self.tmp / 'else' / 'where' / 'a.tflite').read_bytes(), self.content)
        (self.tmp / 'file').write_text('')
        self.fetch('a', '--to', self.tmp / 'file', status=1, says='choose another folder with --to')
        (self.models / 'a.tflite.part').mkdir(parents=True)
        self.fetch('a', status=1, says='a.tflite.part: cannot be written: Is a directory')

    # ---- servers that fail

    def test_servers_that_refuse(self):
        self.add('gone', way='gone')
        self.add('busy', way='busy')
        self.fetch('gone', status=1, says='the server answers 404 Not Found; the file is no longer')
        self.fetch('busy', status=1, says='503 Service Unavailable; try again later')
        self.assert_nothing_there()

    def test_redirected(self):
        self.add('moved', way='moved')
        self.add('loop', way='loop')
        self.fetch('moved')
        self.assert_installed('moved')
        self.fetch('loop', status=1, says='in circles')

    def test_no_route(self):
        with socket.socket() as taken:
            taken.bind(('127.0.0.1', 0))  # and nobody listens
            self.add('a', url=f'http://127.0.0.1:{taken.getsockname()[1]}/a')
            self.fetch('a', status=1, says='is this machine on the network')
        self.add('b', url='http://no-such-host.invalid/b')
        self.fetch('b', status=1, says='http://no-such-host.invalid/b: ')
        self.assert_nothing_there()

    def test_wrong_content(self):
        self.add('a', sha256=sha256(b'other'))
        self.fetch('a', status=1, says='what came is not the file of the catalogue')
        self.assert_nothing_there()
        self.add('a', size=len(self.content) + 1)
        self.fetch('a', status=1, says=f'is {len(self.content)} bytes long, not')
        self.assert_nothing_there()

    # ---- stopped half-way, and resumed

    def test_cut_short_and_resumed(self):
        half = len(self.content) // 2
        for way in 'cut', 'endless':
            self.add(way, way=way)
            self.fetch(way, status=1, says=f'after {half} of {len(self.content)} bytes')
            part = self.models / f'{way}.tflite.part'
            self.assertEqual(part.read_bytes(), self.content[:half])
            self.add(way)
            self.fetch(way)
            self.assert_installed(way)
            self.assertEqual(self.ranges()[-1], f'bytes={half}-')

    def test_interrupted_and_resumed(self):
        half = len(self.content) // 2
        part = self.models / 'a.tflite.part'
        self.add('a', way='stall')
        process = subprocess.Popen(
            self.command('a'), env=self.environment(), stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        deadline = time.monotonic() + 300
        while not (part.exists() and part.stat().st_size == half):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=300)
        self.assertEqual(process.returncode, -signal.SIGINT, stderr)
        self.assertIn('what came so far is kept', stderr)
        self.assertEqual(part.read_bytes(), self.content[:half])
        self.fetch('a')
        self.assert_installed('a')
        self.assertEqual(self.ranges(), [None, f'bytes={half}-'])

    def test_whole_but_not_put_in_place(self):
        self.put_part('a', self.content)
        self.add('a')
        self.fetch('a')
        self.assert_installed('a')
        self.assertEqual(self.server.asked, [])

    def test_servers_that_cannot_resume(self):
        for way in 'plain', 'shifted':
            self.put_part(way, self.content[:1000])
            self.add(way, way=way)
            self.fetch(way)
            self.assert_installed(way)
            self.assertEqual(self.ranges()[0], 'bytes=1000-')
            shutil.rmtree(self.models)
            self.server.asked.clear()

    def test_beginning_of_another_file(self):
        self.put_part('a', b'x' * 1000)
        self.add('a')
        self.fetch('a')
        self.assert_installed('a')
        self.assertEqual(self.ranges(), ['bytes=1000-', None])

    def test_longer_than_the_file(self):
        self.put_part('a', self.content + b'x')
        self.add('a')
        self.fetch('a')
        self.assert_installed('a')

    def test_changed_since(self):
        self.add('a', way='cut')
        self.fetch('a', status=1)
        try:
            os.getxattr(self.models / 'a.tflite.part', 'user.etag')
        except OSError as why:
            self.skipTest(f'this file system keeps no attributes: {why}')
        self.add('a', way='changed')
        self.fetch('a')
        self.assert_installed('a')
        self.assertEqual(self.server.asked[-1][2], '"1"')

    def test_two_at_a_time(self):
        self.add('a')
        part = self.put_part('a', b'')
        with part.open('ab') as theirs:
            fcntl.flock(theirs, fcntl.LOCK_EX)
            self.fetch('a', status=1, says='another mobilenet fetch is at work on it')
        self.assertTrue(part.exists())
        self.fetch('a')
        self.assert_installed('a')

    # ---- no room

    def test_file_too_big(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

        self.add('a')
        self.fetch('a', status=1, says='a.tflite.part: cannot be written: File too large; free some'
                   ' room', preexec_fn=limit, restore_signals=False)
        part = self.models / 'a.tflite.part'
        self.assertEqual(part.read_bytes(), self.content[:100_000])
        self.fetch('a')
        self.assert_installed('a')
        self.assertEqual(self.ranges(), [None, 'bytes=100000-'])

    def test_disk_full(self):
        self.models.mkdir(parents=True)
        small = ['unshare', '--map-root-user', '--mount', 'sh', '-c',
                 f'mount -t tmpfs -o size=64k tmpfs "{self.models}" || exit 77; "$@"', 'sh']
        try:
            if subprocess.run([*small, 'true'], capture_output=True).returncode:
                self.skipTest('this machine does not let us mount a small disk')
        except FileNotFoundError as why:
            self.skipTest(str(why))
        self.add('a')
        self.call([*small, *self.command('a')], 1, 'No space left on device; free some room')


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)

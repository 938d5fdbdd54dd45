#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Wrong uses of the programs, each done: what is printed says what is wrong, where, and how to mend it.

usage: test_faults.py MOBILENET VIEWER SOURCE_ROOT OPTION...    of soup, mqtt, rtsp: what the viewer was built with
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

from viewer_process import START, Viewer

MOBILENET, VIEWER, ROOT, *BUILT = sys.argv[1:]
SCENE = f'{ROOT}/app/demo/scene-01.png'
MODEL = f'{ROOT}/models/everyday.tflite'
LIVE = ('--source', 'videotestsrc is-live=true')
HELP = "--help'"  # of "Try '... --help'."
FETCH = "'mobilenet fetch' lists some"
SOURCE_HELP = 'takes a piece of a gst-launch-1.0 line'
RULE_HELP = 'a rule is like "cat>0.7 for 2s: snapshot, clip 5s"'
CONFIG_HELP = 'a config file has [viewer], then lines such as web=true'
WRITABLE = 'name a file in a folder that may be written to'
TEACH = ('teach', '--data', '{good}', '--out', '{tmp}/out.tflite')
INI = {
    'unknown.ini': '[viewer]\nwebb=1\n', 'group.ini': '[other]\nweb=1\n', 'no-group.ini': 'web=1\n',
    'list.ini': '[viewer]\nlist=true\n', 'maybe.ini': '[viewer]\nheadless=maybe\n', 'high.ini': '[viewer]\nthreshold=high\n',
    'two.ini': '[viewer]\nuri=a\nsource=b\n', 'rule.ini': '[viewer]\non=cat\n', 'line.ini': '[viewer]\nweb\n',
    'catalogue.ini': '[a]\ntitle=x\nno key here\n',
}

# Arguments, exit status, and what is wrong, where, how it is mended: what standard error has to hold of each.
TOOL = [
    (('clasify',), 2, "no verb 'clasify'", HELP),
    (('classify',), 2, 'no picture given', HELP),
    (('classify', '--bogus', 'x'), 2, 'Unknown option', '--bogus', HELP),
    (('classify', '--top', '0', 'x'), 2, '--top 0', 'must be 1 or more'),
    (('classify', '--top', 'many', 'x'), 2, 'Cannot parse integer value', 'many', '--top', HELP),
    (('classify', '--fit', 'sideways', 'x'), 2, '--fit sideways', 'must be crop, stretch or letterbox'),
    (('classify', '--mean', '1', 'x'), 2, '--mean and --std go together', 'STD must be over 0'),
    (('classify', 'm.tflite'), 2, 'm.tflite is a model, not a picture', 'name it with --model'),
    (('classify', '--threads', '1000', SCENE), 2, '1000 threads', '1 to 64 are possible, 0 chooses'),
    (('classify', '{tmp}/none.jpg'), 1, '{tmp}/none.jpg: no such file'),
    (('classify', '{tmp}/notes.txt'), 1, '{tmp}/notes.txt: cannot be decoded', 'type of stream; is it a picture or a video?'),
    (('classify', '{tmp}/cut.png'), 1, '{tmp}/cut.png: cannot be decoded', 'damaged or cut short'),
    (('classify', '{tmp}/empty'), 1, '{tmp}/empty: cannot be decoded', 'no data; is it a picture or a video?'),
    (('classify', '{good}'), 1, '{good}: is a directory', 'name the pictures in it'),
    (('classify', 'http://127.0.0.1:{free}/x.png'), 1, 'http://127.0.0.1:{free}/x.png: ', 'is the address right|may have one'),
    (('classify', 'gopher://x/y.png'), 1, 'gopher://x/y.png: no GOPHER protocol source', 'gstreamer1.0-plugins-bad'),
    (('classify', '-m', '{tmp}/none.tflite', SCENE), 1, '{tmp}/none.tflite: no such file', FETCH),
    (('classify', '-m', 'nosuch', SCENE), 1, 'no model of that name in ', 'nosuch', FETCH),
    (('classify', '-m', '{tmp}/notes.txt', SCENE), 1, '{tmp}/notes.txt: this is not a .tflite model', FETCH),
    (('classify', '-m', '{tmp}/empty', SCENE), 1, '{tmp}/empty: the file is empty', FETCH),
    (('classify', '-m', '{tmp}/cut.tflite', SCENE), 1, '{tmp}/cut.tflite: ', 'the file is damaged or cut short', FETCH),
    (('classify', '-m', '{good}', SCENE), 1, '{good}: a folder is not a file', FETCH),
    (('classify', '-m', '/dev/null', SCENE), 1, '/dev/null: a device or pipe is not a file', FETCH),
    (('classify', '-l', '{tmp}/none.txt', SCENE), 1, '{tmp}/none.txt: no such file'),
    (('classify', '-l', '{tmp}/binary', SCENE), 1, '{tmp}/binary: this is not a text file', 'labels are one name a line'),
    (('classify', '-l', '{tmp}/empty', SCENE), 1, '{tmp}/empty: holds not a single label'),
    (('info', 'a', 'b'), 2, 'more than one model given', HELP),
    (('info', '{tmp}/none.tflite'), 1, '{tmp}/none.tflite: no such file', FETCH),
    (('bench', '--runs', '0'), 2, '--runs 0', 'must be 1 to 1000000'),
    (('bench', '--warm-up', '-1'), 2, '--warm-up -1', 'must be 0 to 1000000'),
    (('bench', '--pipeline', '320x240'), 2, '--pipeline 320x240', 'as in 1280x720@I420'),
    (('bench', '{tmp}/notes.txt'), 1, '{tmp}/notes.txt: this is not a .tflite model', FETCH),
    (('run',), 2, 'no model given', HELP),
    (('run', MODEL, '--input', 'a'), 2, '1 times --input but 0 times --output', 'they go in pairs'),
    (('run', MODEL, '--input', '{tmp}/none', '--output', '{tmp}/o'), 1, '{tmp}/none', 'No such file', '--input names a file'),
    (('run', MODEL, '--input', '{tmp}/empty', '--output', '{tmp}/o'), 1, '{tmp}/empty: has 0 bytes', "'mobilenet info' shows"),
    (('eval',), 2, 'no --list given', HELP),
    (('eval', '--list', '{tmp}/none'), 1, '{tmp}/none', 'No such file', '--list names a text file'),
    (('eval', '--list', '{tmp}/empty'), 1, '{tmp}/empty: names no picture', 'a line is PATH, a tab, CLASS'),
    (('eval', '--list', '{tmp}/notes.txt'), 1, '{tmp}/notes.txt:1: no tab', 'a line is PATH, a tab, CLASS'),
    (('eval', '--list', '{tmp}/class.txt'), 1, "{tmp}/class.txt:1: 'no such' is neither a label", 'nor an index under 200'),
    (('teach',), 2, 'no --data given', 'the folder with a folder of pictures for each class'),
    (('teach', '--data', '{good}'), 2, 'no --out given', 'the .tflite file to write'),
    (('teach', '--data', '{tmp}/none', '--out', '{tmp}/o'), 1, '{tmp}/none: no such folder', 'one folder of pictures for each'),
    (('teach', '--data', '{tmp}/one', '--out', '{tmp}/o'), 1, '{tmp}/one: has pictures of one class only', 'two classes at least'),
    (('teach', '--data', '{good}/cat', '--out', '{tmp}/o'), 1, '{good}/cat: has pictures of no class', 'each a folder of pictures'),
    (('teach', '--data', '{tmp}/bad', '--out', '{tmp}/o'), 1, 'dog/b.png: left out', 'is it a picture', 'no picture of class "dog"'),
    (('teach', '--data', '{good}', '--out', '{tmp}/no/o'), 1, '--out {tmp}/no/o: {tmp}/no: No such file or directory', WRITABLE),
    ((*TEACH, '--report', '{tmp}/empty/r.html'), 1, '--report {tmp}/empty/r.html: {tmp}/empty: Not a directory', WRITABLE),
    ((*TEACH, '--method', 'magic'), 2, '--method magic', 'must be auto, softmax or imprint'),
    ((*TEACH, '--held-out', '2'), 2, '--held-out 2', 'must be from 0 to 0.9'),
    ((*TEACH, '--views', '0'), 2, '--views 0', 'must be from 1 to 64'),
    ((*TEACH, '--unfreeze', '2'), 1, 'on int8: cannot be fine-tuned', 'a float32 model is needed'),
    ((*TEACH, '--model', '{tmp}/notes.txt'), 1, '{tmp}/notes.txt: this is not a .tflite model', FETCH),
    ((*TEACH, 'extra'), 2, 'extra: is no option', HELP),
    (('fetch', 'nosuch'), 1, 'nosuch: no model of that name in', "'mobilenet fetch' lists them|is it one of|built without"),
    (('fetch', '-c', '{tmp}/catalogue.ini'), 1, '{tmp}/catalogue.ini: not a catalogue', 'no key here|built without'),
    (('doctor', 'x'), 2, 'takes no arguments but options', HELP),
]
VIEWER_FAULTS = [
    (('--bogus',), 2, 'Unknown option', '--bogus', HELP),
    (('video.mp4',), 2, 'takes no arguments but options', 'a video goes behind --uri'),
    (('--uri', 'x', '--source', 'y'), 2, '--device, --uri and --source exclude each other', HELP),
    (('--frames', '-1'), 2, '--frames: must be 1 or more', HELP),
    (('--threshold', 'x'), 2, 'Cannot parse double value', 'for --threshold', HELP),
    (('--threshold', 'nan'), 2, '--threshold: must be 0 to 1', HELP),
    (('--web-token', 'short'), 2, '--web-token: must have 8 characters at least', HELP),
    (('--web-token', 'no; Path=/; blanks'), 2, '--web-token: must have', 'of letters, digits and - . _ ~'),
    # Sources.
    (('--uri', '{tmp}/none.mp4'), 1, '--uri {tmp}/none.mp4: no such file', 'an address such as rtsp://'),
    (('--uri', ''), 1, '--uri : no such file', 'it takes a path'),
    (('--uri', '{good}'), 1, '--uri {good}: is a directory', 'name a video or picture in it'),
    (('--uri', '{tmp}/notes.txt', '--json'), 1, '{tmp}/notes.txt: ', 'type of stream; is it a video or a picture?'),
    (('--uri', '{tmp}/cut.png', '--json'), 1, '{tmp}/cut.png: ', 'it is damaged'),
    (('--uri', 'gopher://x/y', '--json'), 1, 'gopher://x/y: No URI handler implemented for "gopher"', 'install gstreamer1.0-'),
    (('--uri', 'http://127.0.0.1:{free}/x', '--json'), 1, 'http://127.0.0.1:{free}/x: ', 'is the path or address right|install'),
    (('--uri', 'rtsp://me:secret@127.0.0.1:{free}/x', '--json'), 1, 'rtsp://127.0.0.1:{free}/x: ', 'address right|install'),
    (('--device', 'no such'), 1, "no camera 'no such'", '--list shows those that are here'),
    (('--device', '/dev/video99'), 1, "no camera '/dev/video99'", '--list shows those that are here'),
    (('--device', '/dev/null', '--json'), 1, '/dev/null: ', "is it a camera, is it plugged in, and are you in the group 'video'?"),
    (('--source', 'nosuchelement', '--json'), 1, 'no element "nosuchelement"', 'check --source, and the packages'),
    (('--source', 'videotestsrc pattern=nosuch', '--json'), 1, 'could not set property "pattern"', SOURCE_HELP),
    (('--source', 'videotestsrc nosuch=1', '--json'), 1, 'no property "nosuch" in element "videotestsrc"', SOURCE_HELP),
    (('--source', 'videotestsrc !', '--json'), 1, 'syntax error', SOURCE_HELP),
    (('--source', 'audiotestsrc', '--json'), 1, 'could not link audiotestsrc0', SOURCE_HELP),
    (('--source', 'filesrc location=/nowhere ! decodebin', '--json'), 1, 'your own source, filesrc0: ', 'is the path or address right'),
    (('--source', 'v4l2src device=/dev/video99', '--json'), 1, "v4l2src0: Cannot identify device '/dev/video99'", '--list shows'),
    # Models.
    (('--model', 'nosuch'), 1, 'nosuch: no such file here, and no model of that name in ', FETCH),
    (('--model', '{tmp}/notes.txt', *LIVE), 1, '{tmp}/notes.txt: this is not a .tflite model', FETCH),
    (('--model', '{tmp}/cut.tflite', *LIVE), 1, '{tmp}/cut.tflite: ', 'the file is damaged or cut short', FETCH),
    (('--labels', '{tmp}/none.txt', *LIVE), 1, '--labels {tmp}/none.txt: no such file'),
    (('--labels', '{tmp}/binary', *LIVE), 1, '--labels {tmp}/binary: this is not a text file', 'labels are one name a line'),
    # Outputs.
    (('--json=/nowhere/x', *LIVE), 1, '--json /nowhere/x: No such file or directory', 'name a file that can be written'),
    (('--json={good}', *LIVE), 1, '--json {good}: Is a directory', 'name a file that can be written'),
    (('--json=unix:/nowhere/x', *LIVE), 1, '--json unix:/nowhere/x: ', 'No such file', 'name a socket in a folder'),
    (('--json=unix:', *LIVE), 1, '--json unix: a path must follow'),
    (('--record', '{tmp}/empty', *LIVE), 1, '{tmp}/empty: Not a directory', 'name a folder that may be written to'),
    (('--record', '{tmp}/empty/x', *LIVE), 1, '{tmp}/empty/x: Not a directory', 'name a folder that may be written to'),
    (('--on', 'cat>0.5: clip 5s', '--folder', '{tmp}/empty', *LIVE), 1, '{tmp}/empty: Not a directory', 'that may be written to'),
    # Rules.
    (('--on', ''), 2, '--on : there is no LABEL>CONFIDENCE', RULE_HELP),
    (('--on', 'cat'), 2, '--on cat: there is no LABEL>CONFIDENCE', RULE_HELP),
    (('--on', 'cat>2: snapshot'), 2, '--on cat>2: snapshot: the confidence behind > must be from 0 to below 1', RULE_HELP),
    (('--on', 'cat>0.7 for: snapshot'), 2, 'for: how long? Say for 2s', RULE_HELP),
    (('--on', 'cat>0.7 for 48h: snapshot'), 2, 'for: how long? Say for 2s', RULE_HELP),
    (('--on', 'cat>0.7: dance'), 2, 'an action is snapshot, clip TIME, post URL or exec COMMAND', RULE_HELP),
    (('--on', 'cat>0.7: clip'), 2, 'clip: how long? Say clip 5s', RULE_HELP),
    (('--on', 'cat>0.7: clip 5'), 2, 'clip: how long? Say clip 5s', RULE_HELP),
    (('--on', 'cat>0.7: post ftp://x'), 2, 'post: needs an address, http:// or https://', RULE_HELP),
    (('--on', 'cat>0.7: exec'), 2, 'exec: needs a command, quoted as for a shell', RULE_HELP),
    (('--on', "cat>0.7: exec 'x"), 2, 'exec: needs a command, quoted as for a shell', RULE_HELP),
    # The config file.
    (('--config', '{tmp}/none.ini'), 2, '{tmp}/none.ini: No such file or directory', CONFIG_HELP),
    (('--config', '{good}'), 2, '{good}: Not a regular file', CONFIG_HELP),
    (('--config', '{tmp}/no-group.ini'), 2, '{tmp}/no-group.ini: Key file does not start with a group', CONFIG_HELP),
    (('--config', '{tmp}/line.ini'), 2, '{tmp}/line.ini: ', 'is not a key-value pair', CONFIG_HELP),
    (('--config', '{tmp}/group.ini'), 2, '{tmp}/group.ini: [other] means nothing', 'the options stand under [viewer]'),
    (('--config', '{tmp}/unknown.ini'), 2, "{tmp}/unknown.ini: there is no option 'webb'", '--help lists them'),
    (('--config', '{tmp}/list.ini'), 2, "{tmp}/list.ini: there is no option 'list'", '--help lists them'),
    (('--config', '{tmp}/maybe.ini'), 2, '{tmp}/maybe.ini: headless=maybe: must be true or false'),
    (('--config', '{tmp}/high.ini'), 2, 'high', 'for --threshold', '{tmp}/high.ini'),
    (('--config', '{tmp}/two.ini'), 2, '--uri and --source exclude each other', '{tmp}/two.ini'),
    (('--config', '{tmp}/rule.ini'), 2, '--on cat: there is no LABEL>CONFIDENCE', RULE_HELP, '{tmp}/rule.ini'),
]
if 'soup' in BUILT:
    VIEWER_FAULTS += [
        (('--web=999.1.1.1:80', *LIVE), 1, '--web 999.1.1.1:80: not an address', 'say PORT, ADDRESS or ADDRESS:PORT'),
        (('--web=99999', *LIVE), 1, '--web 99999: not an address', 'say PORT, ADDRESS or ADDRESS:PORT'),
        (('--web=host.example:80', *LIVE), 1, '--web host.example:80: not an address', 'such as 0.0.0.0:8080'),
        (('--web=127.0.0.1:{taken}', *LIVE), 1, '--web 127.0.0.1:{taken}: ', 'Address already in use', 'take another: --web PORT'),
        (('--web=192.0.2.1:8080', *LIVE), 1, '--web 192.0.2.1:8080: ', 'it must be an address of this machine'),
    ]
if 'rtsp' in BUILT:
    VIEWER_FAULTS += [
        (('--rtsp=99999', *LIVE), 1, '--rtsp 99999: not an address', 'such as 0.0.0.0:8554'),
        (('--rtsp=nonsense', *LIVE), 1, '--rtsp nonsense: not an address', 'such as 0.0.0.0:8554'),
        (('--rtsp=127.0.0.1:{taken}', *LIVE), 1, '--rtsp 127.0.0.1:{taken}: cannot listen', 'the port may be taken'),
        (('--rtsp=192.0.2.1:8554', *LIVE), 1, '--rtsp 192.0.2.1:8554: cannot listen', "may not be this machine's"),
    ]
if 'mqtt' in BUILT:
    VIEWER_FAULTS += [
        (('--mqtt', url, *LIVE), 1, f'--mqtt: not an address ({why}', 'say mqtt://HOST')
        for url, why in (('http://x', 'no mqtt://HOST'), ('mqtt://', 'no mqtt://HOST'), ('nonsense', 'URI is not absolute'),
                         ('mqtt://h:99999', 'Port'), ('mqtt://h/a+b', '+ and # have no place in a prefix'))
    ]
# Method, path, headers, body, status, what the answer holds.
JSON = {'Content-Type': 'application/json'}
REQUESTS = [
    ('GET', '/nothing', {}, None, 404, 'no such page; the manual, mobilenet-viewer(1), lists'),
    ('GET', '/../../etc/passwd', {}, None, 404, 'no such page; the manual, mobilenet-viewer(1), lists'),
    ('PUT', '/', {}, 'x', 405, 'only GET, HEAD and POST are understood'),
    ('GET', '/', {'Host': 'evil.example'}, None, 421, 'call it localhost'),
    ('GET', '/control', {}, None, 405, 'POST'),
    ('POST', '/control', {}, '{"paused": true}', 415, 'Content-Type: application/json'),
    ('POST', '/control', {**JSON, 'Origin': 'http://evil.example'}, '{"paused": true}', 403, "this server's own page only"),
    ('POST', '/control', JSON, '{"paused": ', 400, 'JSON'),
    ('POST', '/control', JSON, '[]', 400, 'JSON'),
    ('POST', '/control', JSON, '{"dance": 1}', 400, "no command 'dance'"),
    ('POST', '/control', JSON, '{"paused": "yes"}', 400, 'paused: must be true or false'),
    ('POST', '/control', JSON, '{"threshold": 7}', 400, 'threshold: must be 0 to 1'),
    ('POST', '/control', JSON, '{"threshold": "high"}', 400, 'threshold: must be a number, 0 to 1'),
    ('POST', '/control', JSON, '{"model": "nosuch"}', 400, "no model 'nosuch' is installed; 'mobilenet fetch' gets some"),
    ('POST', '/control', JSON, '{"model": "../x"}', 400, "no model '../x' is installed"),
    ('POST', '/control', JSON, '{"camera": 99}', 400, "no camera '99'"),
    ('POST', '/control', JSON, '{"teach-hold": "../x"}', 400, 'without slashes'),
    ('POST', '/control', JSON, '{"teach-rename": ["a"]}', 400, '["OLD NAME", "NEW NAME"]'),
    ('POST', '/control', JSON, '{"teach-forget": "nosuch"}', 400, 'no class is called "nosuch"'),
]


class FaultsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.tmp, True)
        cls.taken = socket.create_server(('127.0.0.1', 0))
        cls.addClassCleanup(cls.taken.close)
        free = socket.socket()  # nobody listens there, and nobody else gets it
        free.bind(('127.0.0.1', 0))
        cls.addClassCleanup(free.close)
        cls.names = {'tmp': cls.tmp, 'good': cls.tmp / 'good', 'taken': cls.taken.getsockname()[1],
                     'free': free.getsockname()[1]}
        cls.make_files()
        hidden = ('DISPLAY', 'WAYLAND_DISPLAY', 'MOBILENET_MODELS')
        cls.env = {name: value for name, value in os.environ.items() if name not in hidden}
        cls.env.update(LC_ALL='C', XDG_CONFIG_HOME=str(cls.tmp / 'config'), XDG_DATA_HOME=str(cls.tmp / 'data'),
                       XDG_CACHE_HOME=str(cls.tmp / 'cache'))

    @classmethod
    def make_files(cls):
        scene = pathlib.Path(SCENE).read_bytes()
        files = {'notes.txt': b'just text', 'empty': b'', 'binary': b'\xff\xfe\n', 'cut.png': scene[:300],
                 'cut.tflite': pathlib.Path(MODEL).read_bytes()[:5000], 'class.txt': b'x.png\tno such\n',
                 'good/cat/a.png': scene, 'good/dog/b.png': pathlib.Path(f'{ROOT}/app/demo/scene-02.png').read_bytes(),
                 'one/cat/a.png': scene, 'bad/cat/a.png': scene, 'bad/dog/b.png': b'just text',
                 **{name: text.encode() for name, text in INI.items()}}
        for name, data in files.items():
            path = cls.tmp / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def fill(self, text):
        for name, value in self.names.items():
            text = text.replace('{%s}' % name, str(value))
        return text

    def check_all(self, program, faults):
        def run(fault):
            command = [program, *map(self.fill, fault[0])]
            return subprocess.run(command, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  errors='replace', timeout=START, check=False)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for (arguments, status, *says), done in zip(faults, pool.map(run, faults)):
                with self.subTest(arguments):
                    self.assertEqual(done.returncode, status, done.stderr)
                    for text in map(self.fill, says):
                        self.assertTrue(any(one in done.stderr for one in text.split('|')), f'no "{text}" in:\n{done.stderr}')
                    self.assertNotRegex(done.stderr, r'CRITICAL|\*\*|assertion|mobilenet[^\n]*secret')
        print(f'{len(faults)} faults of {pathlib.Path(program).name}')

    def test_tool(self):
        self.check_all(MOBILENET, TOOL)

    def test_viewer(self):
        self.check_all(VIEWER, VIEWER_FAULTS)

    def test_doctor_is_told_of_a_model(self):
        """Its faults are its output; test_doctor has the others."""
        done = subprocess.run([MOBILENET, 'doctor', '--model', 'nosuch'], env=self.env, capture_output=True, text=True,
                              timeout=START, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"fault +model +nosuch: no such file[^\n]*\n +-> name a \.tflite file")

    @unittest.skipUnless('soup' in BUILT, 'built without the page')
    def test_page(self):
        with Viewer(VIEWER, '--web=0', '--teach', self.tmp / 'taught', *LIVE, env=self.env) as viewer:
            for method, path, headers, body, status, says in REQUESTS:
                with self.subTest(f'{method} {path} {body}'):
                    got, _, answer = viewer.ask(path, method, body, headers)
                    text = answer.decode()
                    self.assertEqual(got, status, text)
                    if text.startswith('{'):
                        text = json.loads(text)['error']
                    self.assertIn(says, text)
            self.assertEqual(viewer.state()['paused'], False)
        with Viewer(VIEWER, '--web=0', '--web-token', 'abcdefgh', *LIVE, env=self.env) as viewer:
            for path in ('/state.json', '/state.json?token=wrong', '/stream.mjpg'):
                got, _, answer = viewer.ask(path)
                self.assertEqual(got, 401)
                self.assertRegex(answer.decode(), 'the token is missing or wrong; .*printed the address|asks for the token')
        print(f'{len(REQUESTS) + 3} requests')

    def test_there_are_enough(self):
        self.assertGreaterEqual(len(TOOL) + len(VIEWER_FAULTS), 60)
        for _, status, *says in TOOL + VIEWER_FAULTS:
            self.assertIn(status, (1, 2))
            self.assertTrue(says and all(re.search(r'\w', text) for text in says))


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0]], verbosity=2)

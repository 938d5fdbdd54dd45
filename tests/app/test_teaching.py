#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Classes taught while the viewer plays, by the commands that its page gives.

usage: test_teaching.py PROGRAM
"""
import json
import pathlib
import shutil
import sys
import tempfile
import time
import unittest

from shown import Shown
from viewer_process import START, Viewer

PROGRAM = sys.argv[1]
PROMISED = 2  # seconds from letting go to the answer, on a machine that has the time for it
LOADED = 20  # and on one that runs other tests meanwhile
JSON = {'Content-Type': 'application/json'}


def classes(state):
    return {one['name']: one['pictures'] for one in state['teach']['classes']}


class TeachingTest(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.home, True)
        self.folder = self.home / 'taught'
        self.env = {'XDG_CACHE_HOME': str(self.home / 'cache'), 'XDG_DATA_HOME': str(self.home / 'data')}
        self.shown = Shown('red')
        self.shown.__enter__()
        self.addCleanup(self.shown.__exit__)

    def start(self, *args):
        viewer = Viewer(PROGRAM, '--web=0', '--threshold=0', '--teach', self.folder, *args, *self.shown.source,
                        env=self.env)
        self.addCleanup(viewer.__exit__)
        viewer.wait_state(lambda s: s['result'])
        return viewer

    def command(self, viewer, **members):
        status, answer = viewer.control(**{name.replace('_', '-'): value for name, value in members.items()})
        self.assertEqual(status, 200, answer)
        return answer

    def show(self, viewer, thing, name, pictures=3):
        """Holds a thing to the camera for so many pictures, lets go; returns the state in which it has been learnt."""
        self.shown.thing = thing
        time.sleep(1)  # what is under way still shows the other
        taking = self.command(viewer, teach_hold=name)['teach']
        self.assertEqual((taking['phase'] in ('taking', 'opening'), taking['name']), (True, name))
        viewer.wait_state(lambda s: s['teach']['taken'] >= pictures)
        self.command(viewer, teach_done=True)
        return viewer.wait_state(lambda s: s['teach']['phase'] == 'idle' and classes(s).get(name, 0) >= pictures)

    def pictures(self, *parts):
        return sorted(path for path in self.folder.joinpath(*parts).rglob('*.png'))

    def test_two_classes(self):
        viewer = self.start()
        self.assertEqual(viewer.state()['teach']['phase'], 'off')
        self.assertFalse(self.folder.exists())  # nothing is made unasked
        state = self.show(viewer, 'red', 'red thing')
        self.assertIn('Knows red thing only', state['teach']['text'])
        self.assertEqual((state['model'], state['teach']['models']), ('everyday', 0))
        self.show(viewer, 'blue', 'blue thing')
        state = viewer.wait_state(lambda s: s['teach']['seconds'] >= 0)
        self.assertEqual((state['model'], state['teach']['models']), ('taught', 1))
        self.assertIn('taught', state['models'])
        self.assertEqual(state['teach']['text'], 'Knows blue thing and red thing')
        print(f'answered {state["teach"]["seconds"]:.2f} s after letting go (promised: {PROMISED})')
        self.assertLess(state['teach']['seconds'], LOADED)
        viewer.wait_state(lambda s: s['result']['label'] == 'blue thing')
        self.shown.thing = 'red'
        viewer.wait_state(lambda s: s['result']['label'] == 'red thing')
        self.assertEqual({path.parent.name for path in self.pictures()}, {'red thing', 'blue thing'})
        viewer.__exit__()

        # An ordinary model: the next viewer has it among its choices, or is given it.
        viewer = self.start()
        self.assertEqual(viewer.state()['model'], 'everyday')
        self.command(viewer, model='taught')
        viewer.wait_state(lambda s: s['result']['label'] == 'red thing')
        viewer.__exit__()
        viewer = self.start('--model', self.folder / 'taught.tflite')
        viewer.wait_state(lambda s: s['result']['label'] == 'red thing')
        # And the session goes on where it ended.
        self.show(viewer, 'green', 'green thing')
        self.assertEqual(set(classes(viewer.state())), {'red thing', 'blue thing', 'green thing'})
        viewer.wait_state(lambda s: s['result']['label'] == 'green thing')

    def test_a_quick_answer_comes_first(self):
        """Where there is much to learn from: imprinted weights, then what takes longer."""
        for thing in ('red', 'blue'):
            self.folder.joinpath(thing).mkdir(parents=True)
            self.shown.thing = thing
            for i in range(60):
                self.folder.joinpath(thing, f'{i}.png').write_bytes(self.shown.png())
        viewer = self.start()
        self.command(viewer, teach=True)
        state = viewer.wait_state(lambda s: set(classes(s)) == {'red', 'blue'} and s['teach']['phase'] == 'idle', 4 * START)
        self.assertEqual(state['teach']['models'], 0)
        self.show(viewer, 'green', 'green')
        viewer.wait_state(lambda s: s['teach']['models'] == 2)

    def test_undo_rename_forget(self):
        viewer = self.start()
        self.show(viewer, 'red', 'red')
        self.show(viewer, 'blue', 'blue')
        n = len(self.pictures())
        viewer.wait_state(lambda s: s['model'] == 'taught' and s['result']['label'] == 'blue')

        self.command(viewer, teach_rename=['blue', 'sea'])
        viewer.wait_state(lambda s: s['result']['label'] == 'sea')
        self.assertTrue(self.pictures('sea'))
        self.assertFalse((self.folder / 'blue').exists())
        self.command(viewer, teach_undo=True)
        viewer.wait_state(lambda s: s['result']['label'] == 'blue')

        # One class alone is no choice: the model of before comes back.
        self.command(viewer, teach_forget='blue')
        viewer.wait_state(lambda s: s['model'] == 'everyday' and classes(s).keys() == {'red'})
        self.command(viewer, teach_undo=True)
        viewer.wait_state(lambda s: s['model'] == 'taught' and s['result']['label'] == 'blue')
        self.command(viewer, teach_undo=True)  # all pictures of that hold
        viewer.wait_state(lambda s: classes(s).keys() == {'red'} and s['model'] == 'everyday')
        self.command(viewer, teach_undo=True)
        viewer.wait_state(lambda s: not classes(s) and not s['teach']['undo'])
        self.assertEqual(len(self.pictures()), n)  # nothing is lost
        self.assertEqual(len(self.pictures('.forgotten')), n)
        self.assertEqual(viewer.control(**{'teach-undo': True})[0], 400)
        self.assertEqual(viewer.control(**{'teach-forget': 'blue'})[0], 400)

    def test_a_tap_takes_one(self):
        viewer = self.start()
        self.command(viewer, teach_hold='red')
        self.command(viewer, teach_done=True)
        viewer.wait_state(lambda s: classes(s) == {'red': 1} and s['teach']['phase'] == 'idle')
        self.command(viewer, teach=False)
        viewer.wait_state(lambda s: s['teach']['phase'] == 'off')

    def test_enough_is_enough(self):
        """A page that is gone cannot let go."""
        viewer = self.start()
        self.command(viewer, teach_hold='red')
        state = viewer.wait_state(lambda s: s['teach']['phase'] == 'idle' and s['teach']['taken'] > 5, 4 * START)
        self.assertEqual(state['teach']['taken'], 40)

    def test_nothing_moves(self):
        self.shown.moving = False
        viewer = self.start()
        self.command(viewer, teach_hold='red')
        state = viewer.wait_state(lambda s: 'nothing moves' in s['teach']['text'])
        self.assertLess(state['teach']['taken'], 4)
        self.command(viewer, teach_done=True)

    def test_what_is_refused(self):
        viewer = self.start()
        before = sorted(self.home.rglob('*'))
        for command, says in [({'teach-hold': '../red'}, 'without slashes'), ({'teach-hold': '/etc'}, 'without slashes'),
                              ({'teach-hold': '.forgotten'}, 'begin with a dot'), ({'teach-hold': '  '}, 'needs a name'),
                              ({'teach-hold': 'x' * 201}, '200 bytes'), ({'teach-hold': 'a\nb'}, 'in one line'),
                              ({'teach-hold': 1}, 'the name of a class'),
                              ({'teach': 1}, 'true or false'), ({'teach-rename': 'red'}, 'OLD NAME'),
                              ({'teach-rename': ['red']}, 'OLD NAME'), ({'teach-rename': ['red', 1]}, 'OLD NAME'),
                              ({'teach-rename': ['red', '../x']}, 'without slashes'),
                              ({'teach-rename': ['../x', 'red']}, 'no class is called'),
                              ({'teach-forget': '..'}, 'no class is called'),
                              ({'teach-undo': True}, 'nothing to be taken back')]:
            time.sleep(0.11)  # within the rate
            status, _, answer = viewer.ask('/control', 'POST', json.dumps(command), JSON)
            self.assertEqual(status, 400, command)
            self.assertIn(says, json.loads(answer)['error'], command)
        headers = {**JSON, 'Origin': 'http://evil.example'}
        self.assertEqual(viewer.ask('/control', 'POST', '{"teach-hold": "evil"}', headers)[0], 403)
        self.command(viewer, paused=True)
        status, answer = viewer.control(**{'teach-hold': 'red'})
        self.assertEqual((status, 'paused' in answer['error']), (400, True))
        after = [path for path in sorted(self.home.rglob('*')) if self.folder not in path.parents and path != self.folder]
        self.assertEqual([path for path in after if 'cache' not in path.parts], before)

    def test_broken_model_is_no_base(self):
        """After a choice that could not be loaded it teaches on what runs."""
        models = self.home / 'models'
        models.mkdir()
        (models / 'broken.tflite').write_text('not a model')
        self.env['MOBILENET_MODELS'] = str(models)
        viewer = self.start()
        self.command(viewer, model='broken')
        viewer.wait_state(lambda s: s['notice'] and s['model'] == 'everyday')
        self.command(viewer, teach_hold='red')
        viewer.wait_state(lambda s: s['teach']['taken'] > 0)
        self.command(viewer, teach_done=True)

    def test_folder_that_cannot_be(self):
        (self.home / 'file').write_text('')
        self.folder = self.home / 'file' / 'taught'
        viewer = self.start()
        self.command(viewer, teach=True)
        state = viewer.wait_state(lambda s: 'Not a directory' in s['teach']['text'])
        self.assertIn(str(self.folder), state['teach']['text'])
        self.assertIn('name a folder that can be made', state['teach']['text'])


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)

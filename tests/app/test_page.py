#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The page of mobilenet-viewer as a user sees it, in headless Chromium.

usage: test_page.py PROGRAM        SCREENSHOTS=FOLDER in the environment keeps pictures of it
"""
import base64
import os
import pathlib
import re
import shutil
import sys
import tempfile
import time
import unittest

from shown import Shown
from viewer_process import START, Viewer

try:
    from selenium import webdriver
    from selenium.common.exceptions import StaleElementReferenceException
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import Select, WebDriverWait
except ImportError:
    print('no python3-selenium: the page is not looked at')
    sys.exit(77)
PROGRAM = sys.argv[1]
BROWSER = shutil.which('chromium')
DRIVER = shutil.which('chromedriver')
if not BROWSER or not DRIVER:
    print('no chromium and chromium-driver: the page is not looked at')
    sys.exit(77)

SCENES = pathlib.Path(__file__).resolve().parents[2] / 'app' / 'demo'
TINY = pathlib.Path(__file__).resolve().parents[2] / 'models' / 'tiny'
PIXELS = '''const i = document.getElementById('picture'), c = document.createElement('canvas');
    c.width = 64; c.height = 48; const p = c.getContext('2d'); p.drawImage(i, 0, 0, 64, 48);
    return Array.from(p.getImageData(0, 0, 64, 48).data);'''

# Texts that run out of their button or field, and whatever is wider than the screen.
TOO_WIDE = '''const wide = document.documentElement.scrollWidth > window.innerWidth ? ['the page'] : [];
    for (const e of document.querySelectorAll('button, .button, select, label, .hint, .text, dt, dd'))
        if (e.clientWidth && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).textOverflow !== 'ellipsis')
            wide.push(e.id || e.innerText);
    return wide;'''


def open_browser(home):
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-proxy-server',
                 f'--user-data-dir={home}', '--window-size=1366,900', '--lang=en-US'):
        options.add_argument(flag)
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    options.page_load_strategy = 'eager'  # the video never ends
    try:
        driver = webdriver.Chrome(options=options, service=webdriver.chrome.service.Service(DRIVER))
    except TypeError:  # Selenium 3
        driver = webdriver.Chrome(DRIVER, options=options)
    driver.set_page_load_timeout(START)
    driver.set_script_timeout(START)
    return driver


class OpenPage(unittest.TestCase):
    """A viewer's page in a browser. start() gives the viewer."""
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.home, True)
        cls.viewer = cls.start()
        cls.addClassCleanup(cls.viewer.__exit__)
        cls.driver = open_browser(cls.home / 'browser')
        cls.addClassCleanup(cls.driver.quit)

    def setUp(self):
        self.driver.get(f'http://localhost:{self.viewer.port}/')
        self.wait(lambda: self.text('link-text') == 'Live')

    def tearDown(self):
        errors = [entry for entry in self.driver.get_log('browser')
                  if entry['level'] == 'SEVERE' and '400 (Bad Request)' not in entry['message']]
        self.assertEqual(errors, [])

    def by_id(self, name):
        return self.driver.find_element(By.ID, name)

    def text(self, name):
        return self.by_id(name).text

    def wait(self, condition, seconds=START):
        return WebDriverWait(self.driver, seconds, 0.1).until(lambda _: condition())

    def picture(self, name, width, height, dark, phone=False):
        """The page in another size and colour scheme: nothing is wider than its place; a picture of all of it is kept."""
        self.driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride',
                                    {'width': width, 'height': height, 'deviceScaleFactor': 1, 'mobile': phone})
        self.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': [
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}]})
        time.sleep(1)
        self.assertEqual(self.driver.execute_script(TOO_WIDE), [], name)
        folder = os.environ.get('SCREENSHOTS')
        if folder:
            data = self.driver.execute_cdp_cmd('Page.captureScreenshot', {'captureBeyondViewport': True})['data']
            (pathlib.Path(folder) / f'{name}.png').write_bytes(base64.b64decode(data))

    def looks(self, name):
        for dark in (False, True):
            scheme = 'dark' if dark else 'light'
            self.picture(f'{name}-desktop-{scheme}', 1366, 900, dark)
            self.picture(f'{name}-phone-{scheme}', 390, 844, dark, phone=True)
        self.picture(f'{name}-small', 320, 568, False, phone=True)
        self.driver.execute_cdp_cmd('Emulation.clearDeviceMetricsOverride', {})


class PageTest(OpenPage):
    @classmethod
    def start(cls):
        models = cls.home / 'models'
        models.mkdir()
        shutil.copy(TINY / 'mobilenet_v2_u8.tflite', models / 'tiny.tflite')
        (models / 'broken.tflite').write_text('not a model')
        return Viewer(PROGRAM, '--web=0', env={'MOBILENET_MODELS': str(models)})

    def setUp(self):
        super().setUp()
        self.viewer.control(model='everyday', threshold=0.3, labels=True, paused=False)

    def test_moving_labelled_video(self):
        self.wait(lambda: self.driver.execute_script("return document.getElementById('picture').naturalWidth") == 640)
        first = self.driver.execute_script(PIXELS)
        self.assertGreater(max(first) - min(first), 50)  # not a blank picture

        def moved():
            now = self.driver.execute_script(PIXELS)
            return sum(abs(a - b) > 16 for a, b in zip(first, now)) > len(first) / 20
        self.wait(moved)  # the next scene

    def test_controls(self):
        self.wait(lambda: len(Select(self.by_id('model')).options) == 3)
        Select(self.by_id('model')).select_by_visible_text('tiny')
        self.viewer.wait_state(lambda s: s['model'] == 'tiny')
        slider = self.by_id('threshold')
        slider.send_keys(Keys.END)
        self.viewer.wait_state(lambda s: s['threshold'] == 1)
        self.wait(lambda: self.text('threshold-value') == '100 %')
        self.by_id('labels').click()
        self.viewer.wait_state(lambda s: not s['labels'])
        self.wait(lambda: self.by_id('labels').get_attribute('aria-pressed') == 'false')

    def test_broken_model(self):
        """It says so, and the old model goes on."""
        self.wait(lambda: len(Select(self.by_id('model')).options) == 3)
        Select(self.by_id('model')).select_by_visible_text('broken')
        self.wait(lambda: 'broken.tflite' in self.text('notice'))
        self.viewer.wait_state(lambda s: s['model'] == 'everyday')
        self.wait(lambda: Select(self.by_id('model')).first_selected_option.text == 'everyday')

    def test_keys(self):
        body = self.driver.find_element(By.TAG_NAME, 'body')
        body.send_keys(' ')
        self.viewer.wait_state(lambda s: s['paused'])
        self.wait(lambda: self.by_id('cover').is_displayed() and self.text('link-text') == 'Paused')
        body.send_keys(' ')
        self.viewer.wait_state(lambda s: not s['paused'])
        body.send_keys('l')
        self.viewer.wait_state(lambda s: not s['labels'])
        body.send_keys('m')
        self.viewer.wait_state(lambda s: s['model'] == 'tiny' or s['notice'])

    def test_screen_reader(self):
        """Everything that can be operated has a name and can be reached by Tab; labels are spoken."""
        names = self.driver.execute_script('''return Array.from(document.querySelectorAll('button, a, select, input'),
            (e) => e.innerText.trim() || e.ariaLabel || e.labels?.[0]?.innerText || '')''')
        self.assertTrue(all(names), names)
        reached = set()
        for _ in range(14):
            webdriver.ActionChains(self.driver).send_keys(Keys.TAB).perform()
            reached.add(self.driver.execute_script('return document.activeElement.id'))
        self.assertLessEqual({'pause', 'labels', 'snapshot', 'full', 'model', 'camera', 'threshold'}, reached)
        self.wait(lambda: '%' in self.driver.execute_script("return document.getElementById('spoken').textContent"))
        pictures = self.driver.execute_script("return Array.from(document.querySelectorAll('img'), (e) => e.alt)")
        self.assertIn('Live video of the camera, each frame with its label', pictures)

    def test_looks(self):
        self.wait(lambda: '%' in self.text('confidence'))
        self.looks('page')


class TeachingPanelTest(OpenPage):
    @classmethod
    def start(cls):
        cls.shown = Shown('red')
        cls.shown.__enter__()
        cls.addClassCleanup(cls.shown.__exit__)
        return Viewer(PROGRAM, '--web=0', '--threshold=0', '--teach', cls.home / 'taught', '--folder', cls.home / 'videos',
                      *cls.shown.source, env={'XDG_CACHE_HOME': str(cls.home / 'cache'), 'XDG_DATA_HOME': str(cls.home / 'data')})

    def press(self, selector):
        """As a pointer does; what is pressed must be where it can be."""
        self.driver.find_element(By.CSS_SELECTOR, selector).click()

    def classes(self):
        return {row.find_element(By.CLASS_NAME, 'name').text: int(row.find_element(By.CLASS_NAME, 'number').text.split()[0])
                for row in self.driver.find_elements(By.CSS_SELECTOR, '#teach-classes li:not(.editing)')}

    def has(self, *names):
        try:
            return set(self.classes()) == set(names)
        except StaleElementReferenceException:  # drawn anew meanwhile
            return False

    def show(self, thing, name):
        """Types the name and holds the button down for three pictures."""
        self.shown.thing = thing
        time.sleep(1)  # what is under way still shows the other
        self.by_id('teach-name').clear()
        self.by_id('teach-name').send_keys(name)
        button = self.by_id('teach-hold')
        webdriver.ActionChains(self.driver).click_and_hold(button).perform()
        self.wait(lambda: re.fullmatch(r'([3-9]|\d\d) taken', self.text('teach-hold-text')))
        self.assertEqual(button.get_attribute('aria-pressed'), 'true')
        webdriver.ActionChains(self.driver).release(button).perform()
        self.wait(lambda: button.get_attribute('aria-pressed') == 'false')
        self.assertEqual(self.by_id('teach-hold-text').text, 'Hold to take pictures')

    def test_teaching(self):
        self.assertFalse(self.by_id('teach').is_displayed())
        self.press('#teach-open')
        self.wait(lambda: self.by_id('teach').is_displayed())
        self.wait(lambda: self.driver.execute_script('return document.activeElement.id') == 'teach-name')
        self.show('red', 'red thing')
        self.wait(lambda: self.has('red thing'))
        self.wait(lambda: 'Knows red thing only' in self.text('teach-text'))
        self.show('blue', 'blue thing')

        # The new class answers, and it is told how soon.
        self.wait(lambda: self.text('label') == 'blue thing')
        self.wait(lambda: re.search(r'Knows blue thing and red thing\. The last answer took \d+\.\d s', self.text('teach-text')))
        self.wait(lambda: Select(self.by_id('model')).first_selected_option.text == 'taught')
        self.assertEqual(set(self.classes()), {'blue thing', 'red thing'})
        self.assertGreaterEqual(min(self.classes().values()), 3)
        self.shown.thing = 'red'
        self.wait(lambda: self.text('label') == 'red thing')
        self.looks('teach')

        # A press on a class names it for more pictures.
        self.press('#teach-classes li:first-child .name')
        self.assertEqual(self.by_id('teach-name').get_attribute('value'), 'blue thing')

        self.press('[aria-label="Rename red thing"]')
        field = self.driver.switch_to.active_element
        self.assertEqual(field.get_attribute('aria-label'), 'New name for red thing')
        field.send_keys(Keys.CONTROL, 'a')
        field.send_keys('rose\n')
        self.wait(lambda: self.has('blue thing', 'rose'))
        self.wait(lambda: self.text('label') == 'rose')
        self.assertEqual(self.driver.switch_to.active_element.get_attribute('aria-label'), 'Rename rose')
        self.press('#teach-undo')
        self.wait(lambda: self.has('blue thing', 'red thing'))
        self.press('[aria-label="Forget blue thing"]')
        self.wait(lambda: self.has('red thing'))
        self.wait(lambda: Select(self.by_id('model')).first_selected_option.text == 'everyday')
        self.press('#teach-undo')
        self.wait(lambda: self.has('blue thing', 'red thing'))
        self.wait(lambda: Select(self.by_id('model')).first_selected_option.text == 'taught')

        # A tap begins, and the next one ends: for whoever cannot hold. Keys do, too.
        button = self.by_id('teach-hold')
        for press in (button.click, lambda: button.send_keys(Keys.ENTER)):
            before = self.classes()['blue thing']
            self.by_id('teach-name').clear()
            self.by_id('teach-name').send_keys('blue thing')
            self.shown.thing = 'blue'
            press()
            self.wait(lambda: re.fullmatch(r'[1-9]\d* taken', self.text('teach-hold-text')))
            press()
            self.wait(lambda: self.text('teach-hold-text') == 'Hold to take pictures')
            self.viewer.wait_state(lambda s: s['teach']['phase'] == 'idle')
            self.wait(lambda: self.has('blue thing', 'red thing') and self.classes()['blue thing'] > before)

        self.press('#teach-open')
        self.wait(lambda: not self.by_id('teach').is_displayed())

    def test_name_that_cannot_be(self):
        self.press('#teach-open')
        self.wait(lambda: self.by_id('teach').is_displayed())
        self.by_id('teach-hold').click()  # without a name it asks for one
        self.assertEqual(self.driver.execute_script('return document.activeElement.id'), 'teach-name')
        self.by_id('teach-name').send_keys('../red')
        self.by_id('teach-hold').click()
        self.wait(lambda: 'without slashes' in self.text('notice'))
        self.wait(lambda: self.by_id('teach-hold').get_attribute('aria-pressed') == 'false')
        self.press('#teach-open')
        self.wait(lambda: not self.by_id('teach').is_displayed())

    def test_record(self):
        record = self.by_id('record')
        record.click()
        self.viewer.wait_state(lambda s: s['recording'])
        self.wait(lambda: record.get_attribute('aria-pressed') == 'true')
        frames = self.viewer.state()['stats']['frames']
        self.viewer.wait_state(lambda s: s['stats']['frames'] > frames + 10)
        self.driver.find_element(By.TAG_NAME, 'body').send_keys('r')
        self.viewer.wait_state(lambda s: not s['recording'])
        self.wait(lambda: record.get_attribute('aria-pressed') == 'false')
        videos = list((self.home / 'videos').iterdir())
        self.assertEqual(len(videos), 1)
        self.assertGreater(videos[0].stat().st_size, 1000)

    def test_record_that_cannot_be(self):
        folder = self.home / 'videos'
        shutil.rmtree(folder, True)
        folder.write_text('a file in its place')
        self.addCleanup(folder.unlink)
        self.by_id('record').click()
        self.wait(lambda: str(folder) in self.text('notice'))
        self.assertEqual(self.by_id('record').get_attribute('aria-pressed'), 'false')


class PictureTest(unittest.TestCase):
    def test_bars_of_the_right_label(self):
        home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, home, True)
        driver = open_browser(home)
        self.addCleanup(driver.quit)
        wait = WebDriverWait(driver, START, 0.2)

        def texts(selector):
            return [e.text for e in driver.find_elements(By.CSS_SELECTOR, selector)]
        source = f'filesrc location={SCENES}/scene-01.png ! pngdec ! imagefreeze is-live=true ! video/x-raw,framerate=5/1'
        with Viewer(PROGRAM, '--web=0', '--source', source) as viewer:
            driver.get(f'http://localhost:{viewer.port}/')
            wait.until(lambda d: texts('#label') == ['school bus'])
            results = viewer.state()['result']['results']
            self.assertEqual(len(results), 5)
            wait.until(lambda d: texts('#bars .name') == [one['label'] for one in results])
            wait.until(lambda d: texts('#bars .number') ==
                       [f"{round(one['confidence'] * 100)} %" for one in results])
            self.assertEqual(texts('#log .name'), ['school bus'])
            self.assertRegex(driver.find_element(By.CSS_SELECTOR, '#bars .fill').get_attribute('style'),
                             r'scaleX\(0\.[89]')


class TroubleTest(unittest.TestCase):
    def test_server_gone_and_back(self):
        home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, home, True)
        driver = open_browser(home)
        self.addCleanup(driver.quit)
        wait = WebDriverWait(driver, START, 0.2)
        source = ('--source', 'videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=20/1')
        with Viewer(PROGRAM, '--web=0', '--web-token', 'abcdefgh', *source) as viewer:
            port = viewer.port
            driver.get(f'http://localhost:{port}/')
            driver.find_element(By.ID, 'token').send_keys('abcdefgh\n')
            wait.until(lambda d: d.find_element(By.ID, 'link-text').text == 'Live')
            self.assertNotIn('abcdefgh', driver.current_url)
        wait.until(lambda d: d.find_element(By.ID, 'link-text').text == 'Connection lost')
        with Viewer(PROGRAM, '--web', port, '--web-token', 'abcdefgh', *source):
            wait.until(lambda d: d.find_element(By.ID, 'link-text').text == 'Live')
            wait.until(lambda d: d.execute_script("return document.getElementById('picture').naturalWidth") == 320)


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)

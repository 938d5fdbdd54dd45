#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The page of mobilenet-viewer as a user sees it, in headless Chromium.

usage: test_page.py PROGRAM        SCREENSHOTS=FOLDER in the environment keeps pictures of it
"""
import os
import pathlib
import shutil
import sys
import tempfile
import time
import unittest

from viewer_process import START, Viewer

try:
    from selenium import webdriver
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


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.home, True)
        models = pathlib.Path(cls.home) / 'models'
        models.mkdir()
        shutil.copy(TINY / 'mobilenet_v2_u8.tflite', models / 'tiny.tflite')
        (models / 'broken.tflite').write_text('not a model')
        cls.viewer = Viewer(PROGRAM, '--web=0', env={'MOBILENET_MODELS': str(models)})
        cls.addClassCleanup(cls.viewer.__exit__)
        cls.driver = open_browser(pathlib.Path(cls.home) / 'browser')
        cls.addClassCleanup(cls.driver.quit)

    def setUp(self):
        self.driver.get(f'http://localhost:{self.viewer.port}/')
        self.wait(lambda: self.text('link-text') == 'Live')
        self.viewer.control(model='everyday', threshold=0.3, labels=True, paused=False)

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
        """The page in another size and colour scheme, whole."""
        self.driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride',
                                    {'width': width, 'height': height, 'deviceScaleFactor': 1, 'mobile': phone})
        self.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': [
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}]})
        time.sleep(1)
        overflow = self.driver.execute_script('return document.documentElement.scrollWidth - window.innerWidth')
        self.assertLessEqual(overflow, 0, f'{name}: wider than the screen')
        folder = os.environ.get('SCREENSHOTS')
        if folder:
            self.driver.save_screenshot(str(pathlib.Path(folder) / f'{name}.png'))

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
        self.picture('desktop-light', 1366, 900, False)
        self.picture('desktop-dark', 1366, 900, True)
        self.picture('phone-dark', 390, 1500, True, phone=True)
        self.picture('phone-light', 390, 844, False, phone=True)
        self.picture('small', 320, 568, False, phone=True)
        self.driver.execute_cdp_cmd('Emulation.clearDeviceMetricsOverride', {})


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

"""The page of camd-web in a real Chromium: what is shown, how soon, what can be done with mouse and keyboard. With --full only."""
import os
import shlex
import signal
import unittest
from pathlib import Path

from browser import Browser, need_chromium
from harness import FULL, HERE, PYTHON, SLOWNESS, CamdTest, clip, free_port, still_picture, wait_for
from web import PathProxy, Web, need_camd_web, users_file

TILES = "[...document.querySelectorAll('.tile')]"

# Texts that can be read too badly, by WCAG's formula: less than 4.5 to 1 between the computed colours.
TOO_FAINT = """(() => {
  const parts = (colour) => { const found = colour.match(/[\\d.]+/g).map(Number); return found.length < 4 ? [...found, 1] : found; };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const light = (colour) => colour.slice(0, 3).map((value) => value / 255).map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => element ? over(parts(getComputedStyle(element).backgroundColor), ground(element.parentElement)) : [255, 255, 255, 1];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), faint = [];
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement, below = ground(element), own = over(parts(getComputedStyle(element).color), below);
    const [less, more] = [light(own), light(below)].sort((a, b) => a - b), ratio = (more + 0.05) / (less + 0.05);
    if (texts.currentNode.textContent.trim() && element.checkVisibility() && ratio < 4.5) faint.push(`${texts.currentNode.textContent}: ${ratio.toFixed(1)}`);
  }
  return faint;
})()"""


@unittest.skipUnless(FULL, "a browser is for tests/run.sh --full")
class Page(CamdTest):
    def setUp(self):
        need_chromium()
        need_camd_web()
        self.browsers = []

    def tearDown(self):
        for browser in self.browsers:
            browser.close()
        super().tearDown()

    def browse(self, web, path="/", login="", **size):
        browser = Browser(self, **size)
        self.browsers.append(browser)
        browser.open(f"http://{login}127.0.0.1:{web.port}{path}")
        return browser

    def shown(self, browser, name):
        """The screenshot stays where CAMD_TEST_PICTURES says, for people to look at."""
        if os.environ.get("CAMD_TEST_PICTURES"):
            browser.picture(Path(os.environ["CAMD_TEST_PICTURES"]) / f"{name}.png")

    def assert_well(self, browser, web):
        self.assertEqual(browser.complaints, [], "the console is free of errors")
        self.assertEqual([url for url in browser.asked_for if not url.startswith((f"http://127.0.0.1:{web.port}/", "data:", "about:"))], [],
                         "nothing is loaded from elsewhere")

    def test_all_cameras_are_seen_on_a_desk_and_on_a_phone(self):
        names = [f"camera-{number}" for number in range(12)]
        daemon = self.camd(cameras={**{name: {"input": clip(), "loop": "yes", "fps": 5} for name in names}, "dark": {"input": "rtsp://127.0.0.1:1/x"}},
                           settings={"slots_max": 4})
        for name in names:
            daemon.wait_frames(name, 2)
        web = Web(self, daemon, title="<img src=x onerror=alert(1)>").start()
        for kind, size in (("desk", {}), ("phone", {"width": 390, "height": 844})):
            browser = self.browse(web, **size)
            browser.wait(f"{TILES}.length === 13", "all cameras are there")
            browser.wait(f"{TILES}.filter(tile => tile.dataset.level === 'good' && tile.querySelector('canvas').width !== 320).length > 3", "pictures come")
            self.assertEqual(browser.value("document.getElementById('title').textContent"), "<img src=x onerror=alert(1)>", "a text is a text")
            self.assertIn("1 problem", browser.value("document.getElementById('summary').textContent"))
            self.assertLessEqual(browser.value("document.documentElement.scrollWidth"), size.get("width", 1440), "nothing is wider than the window")
            browser.wait("[...document.querySelectorAll('.tile')].find(tile => tile.dataset.name === 'dark').textContent.includes('Connection refused')",
                         "the reason")
            self.shown(browser, kind)
            for theme in ("light", "dark"):
                browser.value(f"document.documentElement.dataset.theme = '{theme}'")
                browser.wait(f"{TOO_FAINT}.length === 0", f"all texts of the {theme} page can be read")
            self.assert_well(browser, web)
            browser.close()

    def test_a_camera_that_goes_dark_shows_within_two_seconds(self):
        port = free_port()
        server = self.start_helper(PYTHON, HERE / "rtsp_server.py", "--port", port)
        daemon = self.camd(cameras={"gate": {"input": f"rtsp://127.0.0.1:{port}/live", "fps": 5}})
        daemon.wait_frames("gate", 3, timeout=60)
        web = Web(self, daemon).start()
        browser = self.browse(web)
        # pictures that were damaged on a busy machine are pictures, too
        browser.wait(f"['good', 'warn'].includes({TILES}[0]?.dataset.level)", "the camera has pictures")
        # it is tried again soon, and starting then
        browser.value("""new MutationObserver(() => { const tile = document.querySelector('.tile');
                         if (tile.dataset.level === 'bad' && !window.darkAt) [window.darkAt, window.darkText] = [Date.now(), tile.textContent];
                         }).observe(document.body, {subtree: true, attributes: true})""")
        last = daemon.events(name="gate")[-1]["seq"]
        server.kill()
        dark_ms = browser.wait("window.darkAt", "it shows", 60)
        event = wait_for(lambda: [event for event in daemon.events(name="gate") if event["seq"] > last and event["event"] == "camera_state" and event["state"] == "backoff"],
                         "camd's event")[0]
        told_ms = browser.value(f"Date.parse('{event['time']}')")
        print(f"shown {dark_ms - told_ms:.0f} ms after camd told it")
        self.assertLess(dark_ms - told_ms, 2000 * SLOWNESS)
        self.assertIn("No pictures", browser.value("window.darkText"))
        self.shown(browser, "dark")
        self.assert_well(browser, web)

    def test_a_zone_is_drawn_by_clicks_and_by_keys_and_its_line_is_camctl_s(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={still_picture()}")
        daemon.wait_frames("front", 3)
        web = Web(self, daemon).start()
        browser = self.browse(web)
        browser.wait(f"{TILES}[0]?.querySelector('canvas').height === 240", "its picture is there")
        browser.value("document.querySelector('.tile .frame').click()")
        browser.wait("document.getElementById('camera').open", "one camera is shown")
        browser.value("document.getElementById('draw').click()")
        box = browser.value("(({left, top, width, height}) => ({left, top, width, height}))(document.getElementById('stage').getBoundingClientRect())")
        for x, y in ((0.25, 0.25), (0.75, 0.25), (0.5, 0.75)):
            browser.click(box["left"] + x * box["width"], box["top"] + y * box["height"])
        line = browser.value("document.getElementById('draw-line').value")
        self.assertRegex(line, r"^camctl set front 'zone\.yard=0\.2[45]\S*,0\.2[45]\S* 0\.7[45]\S*,0\.2[45]\S* 0\.[45]\S*,0\.7[45]\S*'$")
        daemon.camctl(*shlex.split(line)[1:])
        browser.wait("document.querySelectorAll('#overlay polygon').length === 1", "it is shown at once")
        browser.value("document.getElementById('draw-clear').click()")
        at = lambda x, y: (box["left"] + x * box["width"], box["top"] + y * box["height"])
        for places in ([at(0.2, 0.2)], [at(0.8, 0.2)], [at(0.6, 0.6), at(0.5, 0.8)], [at(0.81, 0.21), at(0.9, 0.3)]):
            browser.touch(*places)
        self.assertRegex(browser.value("document.getElementById('draw-line').value"),
                         r"^camctl set front 'zone\.yard=0\.(2|19)\S*,0\.(2|19)\S* 0\.(9|8[89])\S*,0\.(3|29)\S* 0\.(5|49)\S*,0\.(8|79)\S*'$", "with a finger")
        browser.value("document.getElementById('draw-clear').click(); document.getElementById('draw-kind').value = 'object';"
                      "document.getElementById('draw-name').value = 'statue'; document.getElementById('draw-label').value = 'person';"
                      "document.getElementById('stage').focus()")
        browser.press("Enter")
        for key in ("ArrowRight", "ArrowDown"):
            browser.press(key, 4, shift=True)
            browser.press("Enter")
        line = browser.value("document.getElementById('draw-line').value")
        self.assertEqual(line, "camctl set front 'mask.statue=object:person 0.5,0.5 0.7,0.5 0.7,0.7'")
        daemon.camctl(*shlex.split(line)[1:])
        self.shown(browser, "drawing")
        browser.press("Escape")
        browser.wait("!document.getElementById('camera').open && !location.hash", "Escape closes it")
        browser.value("document.querySelector('.tile .frame').click()")
        browser.wait("document.querySelectorAll('#overlay polygon').length === 2", "what was set is shown")
        self.assert_well(browser, web)

    def test_is_there_below_a_path_of_a_proxy_and_with_a_password_in_its_address(self):
        """All paths were those of the proxy's root; and a browser fetches nothing from an address with a password in it."""
        daemon = self.camd(cameras={"front": {"input": still_picture()}})
        daemon.wait_frames("front", 2)
        web = Web(self, daemon, users_file=users_file(self.directory, anna="pass")).start()
        with PathProxy(web.port, "/cameras") as proxy:
            browser = self.browse(proxy, path="/cameras/#camera=front", login="anna:pass@")
            browser.wait("document.querySelector('#camera canvas')?.height === 240", "its picture is there")
            browser.value("document.getElementById('show-grid').click()")
            browser.wait("document.getElementById('grid-note').textContent.includes('No object has been seen')", "its grid is fetched")
            self.assertEqual(browser.complaints, [])
            browser.close()

    def test_what_is_important_is_not_pushed_out_by_much_that_is_not(self):
        """After a hundred such events the page said that nothing had happened, beside a camera without pictures."""
        daemon = self.camd(cameras={"dark": {"input": "rtsp://127.0.0.1:1/x"}})
        wait_for(lambda: daemon.camera("dark")["state"] == "backoff", "it is dark")
        web = Web(self, daemon).start()
        before = self.browse(web)
        told = "[...document.querySelectorAll('#event-list .what')].filter(what => what.textContent === 'No pictures').length"
        before.wait(told, "it is told")
        with daemon.control() as control:
            for number in range(300):
                control.ask("ptz", name="dark", moving=number % 2 == 0)
        before.value("document.getElementById('which-events').value = 'all'; document.getElementById('which-events').dispatchEvent(new Event('change'))")
        before.wait("[...document.querySelectorAll('#event-list .what')].filter(what => what.textContent.startsWith('Asked for')).length > 150", "many others have come")
        self.assertTrue(before.value(told))
        before.close()
        self.browse(web).wait(told, "it is told who comes later")

    def test_on_a_narrow_phone_with_letters_of_twice_the_size_all_is_within_the_window(self):
        """The link for the keyboard covered the page's head, and what is chosen from stood out on the right."""
        daemon = self.camd(cameras={"front": {"input": still_picture()}})
        daemon.wait_frames("front", 2)
        browser = self.browse(Web(self, daemon).start(), width=320, height=640)
        browser.wait(f"{TILES}[0]?.dataset.level === 'good'", "the camera is there")
        browser.value("document.documentElement.style.fontSize = '200%'")
        outside = "[...document.querySelectorAll('body *')].filter(one => one.checkVisibility() && one.getBoundingClientRect().right > 320.5).length"
        browser.wait(f"document.documentElement.scrollWidth === 320 && {outside} === 0", "nothing is wider than the window")
        self.assertLessEqual(browser.value("document.querySelector('.skip').getBoundingClientRect().bottom"), 0)
        browser.value("location.hash = 'camera=front'")
        browser.wait("document.getElementById('camera').open", "one camera is shown")
        browser.value("document.getElementById('draw').click()")
        browser.wait(f"{outside} === 0", "nor is it when a zone is drawn")

    def test_goes_on_when_a_camera_is_renamed_and_programs_are_started_again(self):
        daemon = self.camd()
        daemon.camctl("add", "front", f"input={clip()}", "loop=yes")
        daemon.camctl("add", "yard", f"input={still_picture()}")
        web = Web(self, daemon).start()
        browser = self.browse(web)
        browser.wait(f"{TILES}.length === 2 && {TILES}.every(tile => tile.dataset.level === 'good')", "both cameras")
        browser.value("document.querySelector('.tile .frame').click(); window.stays = true")
        browser.wait("document.getElementById('camera').open", "one camera is shown")
        daemon.camctl("rename", "front", "back")
        browser.wait("document.getElementById('camera').open && document.getElementById('camera-name').textContent === 'back'", "it is shown by its new name")
        daemon.camctl("remove", "back")
        browser.wait(f"!document.getElementById('camera').open && {TILES}.length === 1", "what is gone is not shown")
        # what the page had asked for by the old name when that went, and was told that there is none
        browser.complaints = [complaint for complaint in browser.complaints
                              if not all(word in complaint for word in ('"source": "network"', "404", "/front"))]
        self.assert_well(browser, web)
        banner = "document.getElementById('banner')"
        daemon.stop()
        browser.wait(f"!{banner}.hidden && {banner}.textContent.includes('no camd is there')", "camd's end is told")
        daemon.start()
        browser.wait(f"{banner}.hidden && {TILES}[0]?.dataset.level === 'good'", "camd is there again")
        web.stop()
        browser.wait(f"!{banner}.hidden && {banner}.textContent.includes('server is lost')", "the end of camd-web is told")
        web.start()
        browser.wait(f"{banner}.hidden && document.querySelector('.tile .stale').hidden", "and it is there again")
        web.process.send_signal(signal.SIGSTOP)
        try:
            browser.value("Date.now = (now => () => now() + 60000)(Date.now)")  # as after a sleep
            browser.wait(f"!{banner}.hidden && !document.querySelector('.tile .stale').hidden", "a server that says nothing is noticed")
        finally:
            web.process.send_signal(signal.SIGCONT)
        browser.wait(f"{banner}.hidden && document.querySelector('.tile .stale').hidden", "it says something again")
        self.assertTrue(browser.value("window.stays"), "the page is the same one, and was not loaded again")


if __name__ == "__main__":
    unittest.main()

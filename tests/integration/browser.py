"""A real Chromium for tests, by its DevTools protocol: pages are opened, looked at and pressed as by people."""
import base64
import json
import shutil
import subprocess
import time
import unittest
import urllib.request

from harness import SLOWNESS

COMPLAINTS = ("Runtime.exceptionThrown", "Log.entryAdded")


def need_chromium():
    if not shutil.which("chromium"):
        raise unittest.SkipTest("needs Debian's package chromium")
    try:
        import websocket  # noqa: F401
    except ImportError:
        raise unittest.SkipTest("needs Debian's package python3-websocket") from None


class Browser:
    """One page, to be closed."""

    def __init__(self, test, width=1440, height=900):
        import websocket

        need_chromium()
        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--remote-allow-origins=*",
             f"--user-data-dir={test.directory}/chromium", "--hide-scrollbars", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.complaints, self.asked_for, self.number = [], [], 0
        self.socket = websocket.create_connection(self.page_address(), timeout=30 * SLOWNESS)
        for domain in ("Runtime", "Log", "Page", "Network"):
            self.command(f"{domain}.enable")
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)

    def page_address(self):
        for line in self.process.stderr:
            if "DevTools listening on" in line:
                port = line.split("127.0.0.1:")[1].split("/")[0]
                pages = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json"))
                return next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
        raise AssertionError("chromium does not start")

    def close(self):
        if self.process.returncode is not None:
            return
        self.process.terminate()
        self.process.wait(30)
        self.process.stderr.close()

    def take(self, message):
        method, params = message.get("method"), message.get("params", {})
        if method in COMPLAINTS or (method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert")):
            self.complaints.append(json.dumps(params)[:500])
        if method == "Network.requestWillBeSent":
            self.asked_for.append(params["request"]["url"])

    def command(self, method, **params):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']}")
                return message["result"]
            self.take(message)

    def open(self, url):
        self.command("Page.navigate", url=url)

    def value(self, expression):
        """Of a JavaScript expression."""
        result = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise AssertionError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, expression, what, timeout=60):
        deadline = time.monotonic() + timeout * SLOWNESS
        while not (value := self.value(expression)):
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain: {what}: {expression}")
            time.sleep(0.1)
        return value

    def click(self, x, y):
        for kind in ("mousePressed", "mouseReleased"):
            self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def touch(self, *places):
        """A finger that comes down at the first place, goes over the others, and leaves."""
        for number, (x, y) in enumerate(places):
            self.command("Input.dispatchTouchEvent", type="touchMove" if number else "touchStart", touchPoints=[{"x": x, "y": y}])
        self.command("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def press(self, key, count=1, shift=False):
        for _ in range(count):
            for kind in ("keyDown", "keyUp"):
                self.command("Input.dispatchKeyEvent", type=kind, key=key, code=key, modifiers=8 if shift else 0,
                             windowsVirtualKeyCode={"Enter": 13, "Escape": 27, "Tab": 9}.get(key, 0), text="\r" if key == "Enter" and kind == "keyDown" else "")

    def picture(self, path):
        path.write_bytes(base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"]))

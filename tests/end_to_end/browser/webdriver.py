"""Drives headless Chromium through chromedriver's WebDriver protocol (w3.org/TR/webdriver2)."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def require(program):
    path = shutil.which(program) or os.path.join("/usr/bin", program)
    if not os.access(path, os.X_OK):
        raise SystemExit(f"FAILED: {program} is not installed; this test cannot do without it "
                         "(Debian: chromium, chromium-driver)")
    return path


class Browser:
    """One window of a browser with an empty profile."""

    def __init__(self, width=1200, height=800, scripts=True):
        self._profile = tempfile.mkdtemp(prefix="osprey-browser-")
        self._driver = subprocess.Popen([require("chromedriver"), "--port=0"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self._driver.stdout:
            port = re.search(r"started successfully on port (\d+)", line)
            if port:
                break
        else:
            raise SystemExit("FAILED: chromedriver does not start")
        self._url = f"http://127.0.0.1:{port[1]}/session"
        options = {"binary": require("chromium"),
                   "args": FLAGS + [f"--window-size={width},{height}", f"--user-data-dir={self._profile}"]}
        if not scripts:
            options["prefs"] = {"profile.managed_default_content_settings.javascript": 2}
        answer = self._call("POST", "", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options}}})
        self._url += "/" + answer["sessionId"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._call("DELETE", "")
        finally:
            self._driver.terminate()
            self._driver.wait()
            self._driver.stdout.close()
            shutil.rmtree(self._profile, ignore_errors=True)

    def _call(self, method, path, body=None):
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self._url + path, data, method=method,
                                         headers={"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()[:500]}") from error

    def open(self, url):
        self._call("POST", "/url", {"url": url})

    def reload(self):
        self._call("POST", "/refresh")

    def run(self, script, *args):
        return self._call("POST", "/execute/sync", {"script": script, "args": list(args)})

    def find(self, css):
        return self._call("POST", "/element", {"using": "css selector", "value": css})[ELEMENT]

    def click(self, css):
        self._call("POST", f"/element/{self.find(css)}/click")

    def type(self, css, text):
        self._call("POST", f"/element/{self.find(css)}/value", {"text": text})

    def press(self, *keys):
        """All down in their order, then all up: the last with the others held."""
        actions = [{"type": "keyDown", "value": key} for key in keys]
        actions += [{"type": "keyUp", "value": key} for key in reversed(keys)]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "k", "actions": actions}]})

    def hover(self, css):
        origin = {ELEMENT: self.find(css)}
        self._call("POST", "/actions", {"actions": [{
            "type": "pointer", "id": "m", "actions": [
                {"type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": origin}]}]})

    def resize(self, width, height):
        self._call("POST", "/window/rect", {"width": width, "height": height})

    def settle(self):
        """Two frames: what the page put off until the next one is done."""
        return self._call("POST", "/execute/async", {"args": [], "script":
            "const done = arguments[0];"
            "requestAnimationFrame(() => requestAnimationFrame(() => done(true)));"})

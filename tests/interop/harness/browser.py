"""Opens a page in headless Chromium, which is a program of Debian's."""

import html.parser
import json
import pathlib
import re
import subprocess
import tempfile

from processes import LIMIT

#: Nothing but the page: no updates, no first run, no accounts.
ALONE = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
]


class Opened:
    """A page as the browser sees it: its elements, what its console says, and what it asked for."""

    def __init__(self, path, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder, "net.json")
            profile = f"--user-data-dir={folder}/profile"
            watch = ["--enable-logging=stderr", f"--log-net-log={log}", "--net-log-capture-mode=Everything"]
            page = pathlib.Path(path).resolve().as_uri()
            argv = ["chromium", *ALONE, profile, *watch, *arguments, "--dump-dom", page]
            done = subprocess.run(argv, capture_output=True, encoding="utf-8", timeout=LIMIT)
            if done.returncode:
                raise AssertionError(f"chromium failed:\n{done.stderr}")
            self.dom = done.stdout
            self.console = re.findall(r"CONSOLE.*", done.stderr)
            self.requests = _requests(json.loads(log.read_text()))
        self.elements = _Elements()
        self.elements.feed(self.dom)


def _requests(log):
    """The addresses of all requests that the page made. Those that the browser makes for itself, which no flag turns off,
    come from no origin."""
    started = log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    starts = (event.get("params", {}) for event in log["events"] if event["type"] == started)
    return {start["url"] for start in starts if start.get("initiator", "not an origin") != "not an origin"}


class _Elements(html.parser.HTMLParser):
    """For each figure, by its id: its attributes, and how many elements of each name are in it."""

    def __init__(self):
        super().__init__()
        self.figures = {}
        self.counts = {}
        self._figure = None

    def handle_starttag(self, tag, attributes):
        if tag == "figure":
            self._figure = dict(attributes)["id"]
            self.figures[self._figure] = dict(attributes)
            self.counts[self._figure] = {}
        elif self._figure:
            counts = self.counts[self._figure]
            counts[tag] = counts.get(tag, 0) + 1

    def handle_endtag(self, tag):
        if tag == "figure":
            self._figure = None

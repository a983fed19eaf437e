"""The page of `bench --html` in a browser: it shows every point of its plots, says nothing on the console, and asks the
network for nothing."""

import itertools
import json
import pathlib
import tempfile
import unittest

from browser import Opened
from processes import our_client, our_server

#: Calls a second, and seconds.
RATE, SECONDS = 500, 4

#: As the page draws them.
MOST_BARS = 40
POINTS_PER_NINE = 20


#: Is seen to ask and to complain.
NOISY = """<!DOCTYPE html><link rel="stylesheet" href="http://127.0.0.1:9/style.css">
<script>console.error("complaint")</script>"""


def run(*arguments):
    done = our_client(*arguments)
    if done.returncode:
        raise AssertionError(f"routeguide {arguments[0]} failed:\n{done.stderr}")
    return done.stdout


class Browser(unittest.TestCase):
    def test_it_tells_what_a_page_asks_for_and_says_on_the_console(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "noisy.html").write_text(NOISY)
        page = Opened(folder / "noisy.html")
        self.assertEqual(page.requests, {"http://127.0.0.1:9/style.css"})
        self.assertIn("complaint", "".join(page.console))


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        port = cls.enterClassContext(our_server())
        load = "--rate", f"{RATE}/s", "--duration", f"{SECONDS}s"
        server = "--addr", f"127.0.0.1:{port}"
        call = "RouteGuide/GetPerson", "name=Alice"
        figures = run("bench", *call, *server, *load, "-o", "json", "-q")
        (folder / "figures.json").write_text(figures)
        run("bench", "report", str(folder / "figures.json"), "--html", str(folder / "page.html"))
        cls.figures = json.loads(figures)
        cls.page = Opened(folder / "page.html")

    def points(self, plot):
        """How many points a plot says that it has; as many are drawn."""
        said = int(self.page.elements.figures[plot]["data-points"])
        counts = self.page.elements.counts[plot]
        self.assertEqual(counts["circle"] if "circle" in counts else counts["rect"], said, plot)
        return said

    def seconds(self):
        """How many points of time there are: what is left of a second at the end is put to the one before."""
        buckets = len(self.figures["timeline"]["buckets"])
        return buckets - (buckets > 1 and self.figures["elapsed"] - (buckets - 1) < 0.5)

    def test_nothing_is_said_on_the_console(self):
        self.assertEqual(self.page.console, [])

    def test_nothing_is_asked_for(self):
        self.assertEqual(self.page.requests, set())

    def test_there_are_four_plots(self):
        plots = ["latency-over-time", "latency-by-percentile", "rate", "histogram"]
        self.assertEqual(list(self.page.elements.figures), plots)

    def test_every_second_has_four_percentiles(self):
        self.assertEqual(self.points("latency-over-time"), 4 * self.seconds())

    def test_every_second_has_the_rate_asked_and_reached_and_failures(self):
        self.assertEqual(self.points("rate"), 3 * self.seconds())

    def test_latency_and_service_time_have_points_up_to_the_last_call(self):
        calls = self.figures["latency"]["count"]
        shares = itertools.count()
        before = itertools.takewhile(lambda number: 10 ** (number / POINTS_PER_NINE) < 2 * calls, shares)
        self.assertEqual(self.points("latency-by-percentile"), 2 * (len(list(before)) + 1))

    def test_the_histogram_has_bars(self):
        self.assertIn(self.points("histogram"), range(1, MOST_BARS + 1))

    def test_the_browser_sees_the_method(self):
        self.assertIn(f"<h1>{self.figures['method']}</h1>", self.page.dom)

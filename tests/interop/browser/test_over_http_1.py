"""A page on our server in plaintext: browsers speak HTTP/1.1 there."""

import unittest

import people
from calls import PEOPLE, WATCH, Calls
from page import STREAMING, Page
from served import served


class OverHttp1(Calls, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.page = cls.enterClassContext(Page())
        file = cls.enterClassContext(people.write_file(PEOPLE))
        cls.served = cls.enterClassContext(served("--people", file.name, "--allow-origin", cls.page.origin))

    def test_a_stream_brings_a_change_of_health(self):
        for client in STREAMING:
            with self.subTest(client=str(client)), served("--allow-origin", self.page.origin) as stopping:
                settings = {"most": 2, "when_replied": stopping.stop}
                outcome = self.page.call(client, stopping.url, WATCH, {}, **settings)
                self.assertEqual(outcome["replies"], [{"status": "SERVING"}, {"status": "NOT_SERVING"}])

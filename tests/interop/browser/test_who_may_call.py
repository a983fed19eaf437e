"""Which pages may call our server, and what becomes of the calls of the others."""

import pathlib
import tempfile
import unittest

from calls import GET_PERSON, OK
from page import CLIENTS, CONNECT_GETS, Page
from served import served

UNAUTHENTICATED = 16


class WhoMayCall(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.page = cls.enterClassContext(Page())

    def start(self, *arguments):
        self.served = self.enterContext(served(*arguments))

    def call(self, client, **settings):
        return self.page.call(client, self.served.url, GET_PERSON, {"name": "Alice"}, **settings)

    def assert_blocked(self, client, **settings):
        """The page learns nothing, because of the origin."""
        before = self.page.blocked(self.served.url)
        outcome = self.call(client, **settings)
        self.assertNotEqual(outcome["code"], OK)
        self.assertEqual((outcome["replies"], outcome["headers"], outcome["trailers"]), ([], {}, {}))
        self.page.wait_until_blocked(self.served.url, before + 1)

    def assert_none_is_called(self):
        for client in CLIENTS:
            with self.subTest(client=str(client)):
                # Any header makes the browser ask before a GET, too.
                self.assert_blocked(client, metadata={"x-request-id": "page"})
        self.assertEqual(self.served.all_calls(), [])

    def test_no_other_origin_without_allow_origin(self):
        self.start()
        self.assert_none_is_called()

    def test_no_origin_but_that_of_allow_origin(self):
        port = self.page.origin.rpartition(":")[2]
        others = f"http://localhost:{port}", f"https://127.0.0.1:{port}", "http://127.0.0.1"
        self.start(*(argument for other in others for argument in ("--allow-origin", other)))
        self.assert_none_is_called()

    def test_a_get_that_needs_no_permission_is_answered_and_the_page_does_not_see_it(self):
        self.start()
        for client in CONNECT_GETS:
            with self.subTest(client=str(client)):
                self.assert_blocked(client)
        self.assertEqual([call.code for call in self.served.all_calls()], ["OK"] * len(CONNECT_GETS))

    def test_each_origin_of_allow_origin(self):
        self.start("--allow-origin", "https://example.com", "--allow-origin", self.page.origin)
        for client in CLIENTS:
            with self.subTest(client=str(client)):
                self.assertEqual(self.call(client)["code"], OK)

    def test_every_origin_with_a_star(self):
        self.start("--allow-origin", "*")
        for client in CLIENTS:
            with self.subTest(client=str(client)):
                self.assertEqual(self.call(client)["code"], OK)

    def test_a_token_is_asked_of_calls_and_not_of_the_questions_before_them(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        tokens = pathlib.Path(folder, "tokens")
        tokens.write_text("secret\n")
        self.start("--allow-origin", self.page.origin, "--auth-token-file", str(tokens))
        for client in CLIENTS:
            with self.subTest(client=str(client)):
                for token, code in ("secret", OK), ("other", UNAUTHENTICATED):
                    metadata = {"authorization": f"Bearer {token}"}
                    self.assertEqual(self.call(client, metadata=metadata)["code"], code)
                self.assertEqual(self.call(client)["code"], UNAUTHENTICATED)

"""A page on our server over TLS: browsers choose HTTP/2 there."""

import unittest

import people
from calls import GET_PERSON, PEOPLE, WATCH, Calls
from certificates import Authority
from page import STREAMING, Page
from served import served


class OverHttp2(Calls, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Chromium knows only authorities of a profile or of the system.
        cls.page = cls.enterClassContext(Page("--ignore-certificate-errors"))
        authority = cls.enterClassContext(Authority())
        certificate, key = authority.issue("server", "IP:127.0.0.1")
        tls = "--cert", str(certificate), "--key", str(key)
        file = cls.enterClassContext(people.write_file(PEOPLE))
        settings = "--people", file.name, "--allow-origin", cls.page.origin
        cls.served = cls.enterClassContext(served(*tls, *settings, scheme="https"))

    def test_a_stream_is_cancelled_alone_and_its_connection_is_kept(self):
        # In HTTP/1.1, the connection would end with it.
        def peer(client, method, message, **settings):
            sent = f"kept-{method}-{len(peers)}"
            self.call(client, method, message, metadata={"x-request-id": sent}, **settings)
            return self.served.wait_for_call(id=sent).peer

        peers = []
        for client in STREAMING:
            peers.append(peer(client, GET_PERSON, {"name": "Alice"}))
            peers.append(peer(client, WATCH, {"service": "RouteGuide"}, most=1))
        self.assertEqual(len(set(peers)), 1, peers)

"""h2spec on our server: the rules of HTTP/2 and HPACK, in strict mode, in plaintext and over TLS."""

import re
import unittest

from certificates import Authority
from processes import h2spec, our_server

#: As many as v2.2.1 has. Fewer would mean that it gave up.
TESTS = 146

#: h2spec takes the end of a stream that it still writes to for a failure, if the answer is faster than its next frame.
ATTEMPTS = 3


class RulesOfHttp2(unittest.TestCase):
    def run_h2spec(self, port, *arguments):
        """Its report as JUnit is not well-formed: it quotes bytes."""
        for _ in range(ATTEMPTS):
            done = h2spec("--strict", "--port", str(port), *arguments)
            counts = re.findall(r"^(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed$", done.stdout, re.M)
            if counts == [(str(TESTS), str(TESTS), "0", "0")]:
                return
        self.fail(done.stdout)

    def test_in_plaintext(self):
        self.run_h2spec(self.enterContext(our_server()))

    def test_over_tls(self):
        authority = self.enterContext(Authority())
        certificate, key = authority.issue("server", "DNS:localhost", "IP:127.0.0.1")
        identity = "--cert", str(certificate), "--key", str(key)
        port = self.enterContext(our_server(*identity))
        self.run_h2spec(port, "--tls", "--insecure")

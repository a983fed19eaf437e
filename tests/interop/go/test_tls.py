"""Our client on grpc-go's interop server over TLS."""

import json
import unittest

from certificates import Authority
from processes import PROTOS, go_interop_server, our_client


class OverTls(unittest.TestCase):
    def setUp(self):
        self.authority = self.enterContext(Authority())
        certificate, key = self.authority.issue("server", "DNS:localhost")
        flags = "-use_tls", "-tls_cert_file", certificate, "-tls_key_file", key
        self.port = self.enterContext(go_interop_server(*map(str, flags)))

    def run_ours(self, method, *arguments):
        return our_client(
            *("call", f"grpc.testing.TestService/{method}", "-a", f"https://localhost:{self.port}"),
            *("--proto", "grpc/testing/test.proto", "-I", str(PROTOS)),
            *("--cacert", self.authority.ca, *arguments),
        )

    def call(self, method, *arguments):
        done = self.run_ours(method, *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [json.loads(line) for line in done.stdout.split("\n")[:-1]]

    def test_a_unary_call(self):
        self.assertEqual(self.call("EmptyCall"), [{}])

    def test_a_stream_of_replies(self):
        sizes = {"responseParameters": [{"size": size} for size in (31415, 9, 2653)]}
        replies = self.call("StreamingOutputCall", "-d", json.dumps(sizes))
        self.assertEqual(len(replies), 3)

    def test_an_encoding_that_the_server_does_not_have(self):
        done = self.run_ours("EmptyCall", "--compress", "gzip")
        # 64 + UNIMPLEMENTED. grpc-go does not say what it accepts.
        self.assertEqual(done.returncode, 76)
        self.assertIn("hint: does the server accept this encoding?", done.stderr)

"""Our client on grpcio over TLS, with compression and through proxies of others."""

import json
import pathlib
import tempfile
import unittest

from certificates import Authority
from processes import our_client, proxy, specimen_server

#: 1: there is no RPC without a connection.
FAILED = 1


class OverTls(unittest.TestCase):
    def setUp(self):
        self.authority = self.enterContext(Authority())
        self.identity = self.authority.issue("server", "DNS:localhost", "IP:127.0.0.1")

    def start(self, *arguments):
        self.port = self.enterContext(specimen_server("--tls", *self.identity, *arguments))

    def run_ours(self, command, *arguments, host="localhost"):
        address = f"https://{host}:{self.port}"
        return our_client(command, "-a", address, "--cacert", self.authority.ca, *arguments)

    def output(self, command, *arguments, **where):
        done = self.run_ours(command, *arguments, **where)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_every_kind_of_call(self):
        self.start()
        self.assertIn("specimens.Echo\n", self.output("list"))
        one = '{"text":"Zo\u00eb"}'
        self.assertEqual(json.loads(self.output("call", "One", "-d", one)), json.loads(one))
        both = f'{{"specimens":[{one},{one}]}}'
        self.assertEqual(self.output("call", "Spread", "-d", both).count("\n"), 2)
        self.assertEqual(json.loads(self.output("call", "Collect", "-d", one * 2)), json.loads(both))
        self.assertEqual(self.output("call", "Each", "-d", one * 2).count("\n"), 2)
        self.assertEqual(self.output("health", "specimens.Echo"), "SERVING\n")

    def test_the_certificate_may_be_for_an_address(self):
        self.start()
        self.output("list", host="127.0.0.1")

    def test_another_name_is_refused(self):
        self.start()
        done = self.run_ours("list", "--server-name", "example.org")
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("not for example.org, but for localhost and 127.0.0.1", done.stderr)

    def test_client_certificates(self):
        self.start("--client-ca", self.authority.ca)
        certificate, key = self.authority.issue("client")
        self.output("list", "--cert", certificate, "--key", key)
        done = self.run_ours("list")
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("the server asks for a client certificate", done.stderr)

    def test_compression_both_ways(self):
        self.start("--gzip")
        text = "x" * 10_000
        for encoding in "gzip", "deflate":
            done = self.run_ours("call", "One", f"text={text}", "--compress", encoding, "-v")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(json.loads(done.stdout), {"text": text})
            self.assertIn("< grpc-encoding: ", done.stderr)

    def test_a_plaintext_call_is_told_to_use_tls(self):
        self.start()
        done = our_client("list", "-a", f"localhost:{self.port}")
        self.assertEqual(done.returncode, FAILED)
        self.assertIn(f"https://localhost:{self.port}", done.stderr)

    def test_tinyproxy(self):
        self.start()
        folder = self.enterContext(tempfile.TemporaryDirectory())
        settings = pathlib.Path(folder, "tinyproxy.conf")
        with_password = "Port PORT\nListen 127.0.0.1\nBasicAuth me secret\n"
        # The file has the port, so it is written when that is known.
        script = f"printf '{with_password}' > {settings}; exec tinyproxy -d -c {settings}"
        port = self.enterContext(proxy("sh", "-c", script))
        self.output("list", "--proxy", f"http://me:secret@127.0.0.1:{port}")
        for user in "", "me:guess@":
            done = self.run_ours("list", "--proxy", f"http://{user}127.0.0.1:{port}")
            self.assertEqual(done.returncode, FAILED)
            self.assertIn("a user and a password" if not user else "refused the user", done.stderr)

    def test_microsocks(self):
        self.start()
        arguments = "-i", "127.0.0.1", "-p", "PORT", "-u", "me", "-P", "secret"
        port = self.enterContext(proxy("microsocks", *arguments))
        for scheme in "socks5", "socks5h":
            self.output("list", "--proxy", f"{scheme}://me:secret@127.0.0.1:{port}")
            done = self.run_ours("list", "--proxy", f"{scheme}://me:guess@127.0.0.1:{port}")
            self.assertEqual(done.returncode, FAILED)
            self.assertIn("refused the user and the password", done.stderr)

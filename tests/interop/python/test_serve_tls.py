"""The peer's client, and OpenSSL's, on our server over TLS."""

import os
import queue
import socket
import ssl
import subprocess
import time
import unittest

import grpc

import people
from certificates import Authority
from peer_client import PeerClient
from processes import LIMIT, our_server


class ServeTls(unittest.TestCase):
    def setUp(self):
        self.authority = self.enterContext(Authority())
        self.certificate, self.key = self.issue("server")

    def issue(self, name):
        return self.authority.issue(name, "DNS:localhost", "IP:127.0.0.1")

    def start(self, *arguments):
        tls = "--cert", self.certificate, "--key", self.key
        self.port = self.enterContext(our_server(*tls, *arguments))

    def connect(self, identity=None, token=None):
        """A client that trusts the authority."""
        files = (self.authority.ca, *reversed(identity or ()))
        credentials = grpc.ssl_channel_credentials(*(file.read_bytes() for file in files))
        if token:
            call = grpc.access_token_call_credentials(token)
            credentials = grpc.composite_channel_credentials(credentials, call)
        return self.enterContext(PeerClient(self.port, credentials=credentials))

    def shown(self):
        """The certificate that the server shows."""
        context = ssl.create_default_context(cafile=self.authority.ca)
        context.set_alpn_protocols(["h2"])
        with socket.create_connection(("127.0.0.1", self.port), LIMIT) as connection:
            with context.wrap_socket(connection, server_hostname="localhost") as session:
                return ssl.DER_cert_to_PEM_cert(session.getpeercert(binary_form=True))

    def s_client(self, *arguments):
        """The end of `openssl s_client`, which connects and closes the connection."""
        target = "-connect", f"127.0.0.1:{self.port}", "-CAfile", self.authority.ca
        argv = ["openssl", "s_client", *target, "-verify_return_error", *arguments]
        return subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT
        )

    def assert_refused(self, client, code):
        with self.assertRaises(grpc.RpcError) as caught:
            client.get_person("Alice")
        self.assertEqual(caught.exception.code(), code, caught.exception.details())

    def test_every_kind_of_call(self):
        self.start()
        client = self.connect()
        self.assertEqual(client.get_person("Alice"), people.ALICE)
        call = client.get_people(["Bob", "Nobody", "Alice"])
        self.assertEqual(list(call), [people.BOB, people.ALICE])

    def test_a_client_certificate(self):
        ca = "--client-ca", self.authority.ca
        self.start(*ca, "--client-name", "web.example.org", "--client-name", "urn:web")
        for names in ("DNS:web.example.org",), ("URI:urn:web", "DNS:other"):
            client = self.connect(self.authority.issue("client", *names))
            self.assertEqual(client.get_person("Alice"), people.ALICE)
        for identity in None, self.authority.issue("client", "DNS:other"):
            self.assert_refused(self.connect(identity), grpc.StatusCode.UNAVAILABLE)

    def test_a_token(self):
        tokens = self.authority.folder / "tokens"
        tokens.write_text("first\nsecond\n")
        self.start("--auth-token-file", tokens)
        self.assertEqual(self.connect(token="second").get_person("Alice"), people.ALICE)
        for token in None, "third":
            self.assert_refused(self.connect(token=token), grpc.StatusCode.UNAUTHENTICATED)

    def test_a_stream_goes_on_while_the_certificate_is_replaced(self):
        self.start()
        names = queue.SimpleQueue()
        call = self.connect().get_people(iter(names.get, None))
        names.put("Alice")
        self.assertEqual(next(call), people.ALICE)
        certificate, key = self.issue("new")
        new = ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(certificate.read_text()))
        os.replace(certificate, self.certificate)
        os.replace(key, self.key)
        end = time.monotonic() + LIMIT
        while self.shown() != new:
            self.assertLess(time.monotonic(), end, "the server shows the old certificate")
            time.sleep(0.05)
        self.assertEqual(self.connect().get_person("Bob"), people.BOB)
        names.put("Bob")
        self.assertEqual(next(call), people.BOB)
        names.put(None)
        self.assertEqual(list(call), [])

    def test_openssl_agrees_to_tls_1_2_and_1_3_and_to_nothing_older(self):
        self.start()
        for version in "tls1_2", "tls1_3":
            done = self.s_client(f"-{version}", "-alpn", "h2")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"ALPN protocol: h2", done.stdout)
        for version in "tls1", "tls1_1":
            # At its own level of security, OpenSSL would not even ask.
            done = self.s_client(f"-{version}", "-alpn", "h2", "-cipher", "ALL:@SECLEVEL=0")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(b"SSL alert number", done.stderr)

    def test_openssl_is_refused_without_http_2_by_a_server_of_grpc_alone(self):
        self.start("--protocols", "grpc")
        for alpn in (), ("-alpn", "http/1.1"):
            done = self.s_client(*alpn)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(b"no application protocol", done.stderr)

    def test_openssl_may_agree_to_http_1_1_or_to_nothing(self):
        self.start()
        for alpn, agreed in ((), b"No ALPN"), (("-alpn", "http/1.1"), b"ALPN protocol: http/1.1"):
            done = self.s_client(*alpn)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(agreed, done.stdout)

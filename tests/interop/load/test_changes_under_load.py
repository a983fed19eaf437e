"""What the server may do while it is called: retire connections, read people and certificates again.

Three clients make so many calls each, ours, grpcio with its default retries, and grpc-go in ghz. All of them succeed.
grpc-go makes a call again without being asked when the server has not seen it, and ghz reports the first attempt as a
failure of its own, so of ghz the successes are counted.
"""

import collections
import contextlib
import json
import os
import pathlib
import socket
import ssl
import time
import tempfile
import threading
import unittest

import grpc

from certificates import Authority
from connections import Connections
from peer_client import PeerClient
from processes import LIMIT, ROUTEGUIDE_PROTOS, ghz, our_client, our_server

CALLS = 30_000
IN_FLIGHT = 50
#: Of ghz.
CONNECTIONS = 4

#: The server looks at its files once a second, and reads one that is as it was at the look before.
PAUSE = 3


def retiring(age):
    """The arguments for a server whose connections last so long.

    grpc-go waits for a second and fails calls when GOAWAY overtakes its own greeting: on a busy machine, that happens with
    connections that are much younger than a second.
    """
    return "--max-connection-age", age, "--max-connection-age-grace", "1m"


class Target:
    """A server, and what a client needs to trust it."""

    def __init__(self, port, ca=None):
        self.port = port
        self.ca = ca

    def call_with_grpcio(self):
        """The number of calls by status, and the ages that Alice had."""
        codes, ages = collections.Counter(), set()
        free = threading.Semaphore(IN_FLIGHT)
        over = threading.Semaphore(0)

        def ended(call):
            codes[call.code()] += 1
            if call.code() is grpc.StatusCode.OK:
                ages.add(call.result().age)
            free.release()
            over.release()

        credentials = self.ca and grpc.ssl_channel_credentials(self.ca.read_bytes())
        with PeerClient(target=f"localhost:{self.port}", credentials=credentials) as client:
            for _ in range(CALLS):
                free.acquire(timeout=LIMIT)
                client.get_person_later("Alice").add_done_callback(ended)
            for _ in range(CALLS):
                over.acquire(timeout=LIMIT)
        return codes, ages

    def call_with_ghz(self):
        """ghz's report."""
        trust = ("--cacert", str(self.ca)) if self.ca else ("--insecure",)
        done = ghz(
            *trust,
            *("--proto", str(ROUTEGUIDE_PROTOS / "route_guide.proto")),
            *("--import-paths", str(ROUTEGUIDE_PROTOS)),
            *("--call", "RouteGuide.GetPerson", "--data", '{"name":"Alice"}'),
            *("--total", str(CALLS), "--concurrency", str(IN_FLIGHT)),
            *("--connections", str(CONNECTIONS), "--rps", "5000", "--format", "json"),
            f"localhost:{self.port}",
        )
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return json.loads(done.stdout)

    def call_with_ours(self):
        """The number of replies, and what was said beside them."""
        scheme, trust = ("https", ("--cacert", self.ca)) if self.ca else ("http", ())
        done = our_client(
            *("call", "GetPerson", "-a", f"{scheme}://localhost:{self.port}", *trust),
            *("--concurrency", str(IN_FLIGHT), "--retry", "3", "-d", "@-"),
            stdin='{"name":"Alice"}\n' * CALLS,
        )
        return done.stdout.count('"Alice"'), done.returncode, done.stderr


@contextlib.contextmanager
def repeatedly(change):
    """Calls `change` again and again in the background, less often than the server reads a file that no longer changes."""
    over, failures = threading.Event(), []

    def run():
        try:
            while not over.wait(PAUSE):
                change()
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if failures:
        raise failures[0]


def replace(path, content):
    """Replaces a file as editors and deployments do: by a new one."""
    new = path.with_suffix(".new")
    new.write_bytes(content)
    os.replace(new, path)


class UnderLoad(unittest.TestCase):
    def assert_all_succeed_with_grpcio(self, target):
        codes, ages = target.call_with_grpcio()
        self.assertEqual(codes, {grpc.StatusCode.OK: CALLS})
        return ages

    def assert_all_succeed_with_ghz(self, target):
        report = target.call_with_ghz()
        succeeded = report["statusCodeDistribution"].get("OK")
        self.assertEqual(succeeded, CALLS, report["errorDistribution"])

    def assert_all_succeed_with_ours(self, target):
        self.assertEqual(target.call_with_ours(), (CALLS, 0, ""))


class ConnectionsOfAge(UnderLoad):
    def serve(self, age):
        port = self.enterContext(our_server(*retiring(age)))
        self.target = Target(port)
        self.connections = self.enterContext(Connections(port))

    def assert_connections_were_retired(self, at_once=1):
        self.assertGreater(len(self.connections.clients), at_once)

    def test_grpcio_loses_no_call(self):
        self.serve("1s")
        self.assert_all_succeed_with_grpcio(self.target)
        self.assert_connections_were_retired()

    def test_grpc_go_loses_no_call(self):
        self.serve("1s")
        self.assert_all_succeed_with_ghz(self.target)
        self.assert_connections_were_retired(CONNECTIONS)

    def test_our_client_loses_no_call(self):
        # It makes the calls in a second.
        self.serve("250ms")
        self.assert_all_succeed_with_ours(self.target)
        self.assert_connections_were_retired()


class PeopleReplaced(UnderLoad):
    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.people = folder / "people.json"
        self.age = 0
        self.birthday()
        self.target = Target(self.enterContext(our_server("--people", str(self.people))))
        self.enterContext(repeatedly(self.birthday))

    def birthday(self):
        self.age += 1
        replace(self.people, json.dumps([{"name": "Alice", "age": self.age}]).encode())

    def test_grpcio_sees_old_people_or_new_ones(self):
        ages = self.assert_all_succeed_with_grpcio(self.target)
        until = time.monotonic() + LIMIT
        while len(ages) < 2 and time.monotonic() < until:
            ages |= self.assert_all_succeed_with_grpcio(self.target)
        self.assertGreater(len(ages), 1)
        self.assertNotIn(0, ages)

    def test_grpc_go_loses_no_call(self):
        self.assert_all_succeed_with_ghz(self.target)

    def test_our_client_loses_no_call(self):
        self.assert_all_succeed_with_ours(self.target)


class CertificateReplaced(UnderLoad):
    """Connections are retired as well, or no client would see the new certificates."""

    def setUp(self):
        authority = self.enterContext(Authority())
        names = "DNS:localhost", "IP:127.0.0.1"
        self.identities = [authority.issue(name, *names) for name in ("first", "second")]
        self.certificate, self.key = authority.folder / "in-use.pem", authority.folder / "in-use.key"
        self.next = 0
        self.renew()
        files = "--cert", str(self.certificate), "--key", str(self.key)
        port = self.enterContext(our_server(*files, *retiring("1s")))
        self.target = Target(port, authority.ca)
        self.shown = set()
        self.enterContext(repeatedly(self.renew_and_look))

    def renew(self):
        certificate, key = self.identities[self.next]
        self.next = 1 - self.next
        # For a moment the two do not belong together, and the server keeps what it has.
        replace(self.certificate, certificate.read_bytes())
        replace(self.key, key.read_bytes())

    def renew_and_look(self):
        self.look()
        self.renew()

    def look(self):
        """Notes the certificate that the server shows now."""
        context = ssl.create_default_context(cafile=self.target.ca)
        context.set_alpn_protocols(["h2"])
        with socket.create_connection(("127.0.0.1", self.target.port), LIMIT) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as connection:
                self.shown.add(connection.getpeercert(binary_form=True))

    def assert_both_were_shown(self):
        """The calls of one client may be over before the second is."""
        until = time.monotonic() + LIMIT
        while len(self.shown) < 2 and time.monotonic() < until:
            time.sleep(0.1)
        self.assertEqual(len(self.shown), 2)

    def test_grpcio_loses_no_call(self):
        self.assert_all_succeed_with_grpcio(self.target)
        self.assert_both_were_shown()

    def test_grpc_go_loses_no_call(self):
        self.assert_all_succeed_with_ghz(self.target)
        self.assert_both_were_shown()

    def test_our_client_loses_no_call(self):
        self.assert_all_succeed_with_ours(self.target)

"""`buf curl` on our server, and our `call` beside it: in three protocols, over both versions of HTTP, with the .proto files and
with reflection."""

import json
import unittest
from dataclasses import dataclass

import jsons
import people
from processes import ROUTEGUIDE_PROTOS, buf_curl, our_client, our_server

#: What ends with the status n, ends with 8 n.
BUF_STATUS = 8
#: With 64 + n.
OUR_STATUS = 64

NOT_FOUND = 5


@dataclass(frozen=True)
class Way:
    """How to call, as arguments of both."""

    buf: tuple
    ours: tuple
    has_streams: bool

    def __str__(self):
        return " ".join(self.buf)


def ways():
    folder, file = str(ROUTEGUIDE_PROTOS), str(ROUTEGUIDE_PROTOS / "route_guide.proto")
    for buf_protocol, our_protocol in ("connect", "connect"), ("grpcweb", "grpc-web"), ("grpc", "grpc"):
        buf, ours = ("--protocol", buf_protocol), ("--protocol", our_protocol)
        buf_files, our_files = ("--schema", folder), ("-I", folder, "--proto", file)
        http_2, ours_2 = (*buf, "--http2-prior-knowledge"), (*ours, "--http", "2")
        yield Way(http_2, ours_2, has_streams=True)
        yield Way((*http_2, *buf_files), (*ours_2, *our_files), has_streams=True)
        # buf has no reflection over HTTP/1.1.
        if buf_protocol != "grpc":
            yield Way((*buf, *buf_files), (*ours, "--http", "1.1", *our_files), has_streams=False)


WAYS = tuple(ways())
STREAMING = tuple(way for way in WAYS if way.has_streams)


class BufCurl(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.people = *people.TUTORIAL, *people.AWKWARD
        file = cls.enterClassContext(people.write_file(cls.people))
        port = cls.enterClassContext(our_server("--missing", "status", "--people", file.name))
        cls.address = f"127.0.0.1:{port}"

    def buf(self, way, method, data):
        return buf_curl(*way.buf, "-d", data, f"http://{self.address}/{method}")

    def ours(self, way, method, data):
        return our_client("call", method, *way.ours, "-d", data, "--addr", self.address)

    def both(self, ways, method, data):
        """What `buf curl` and our client bring, each way."""
        for way in ways:
            yield way, self.buf(way, method, data), self.ours(way, method, data)

    def assert_same_replies(self, count, ways, method, data):
        for way, buf, ours in self.both(ways, method, data):
            with self.subTest(way=str(way)):
                self.assertEqual((buf.returncode, buf.stderr), (0, ""))
                self.assertEqual((ours.returncode, ours.stderr), (0, ""))
                replies = jsons.values(buf.stdout)
                self.assertEqual(len(replies), count)
                self.assertEqual(jsons.values(ours.stdout), replies)

    def assert_same_status(self, status, method, data):
        for way, buf, ours in self.both(WAYS, method, data):
            with self.subTest(way=str(way)):
                self.assertEqual((buf.returncode, buf.stdout), (BUF_STATUS * status, ""), buf.stderr)
                self.assertEqual((ours.returncode, ours.stdout), (OUR_STATUS + status, ""), ours.stderr)
                self.assertIn(json.loads(buf.stderr)["message"], ours.stderr)

    def test_both_print_the_same_person(self):
        # Each field of the others is in the stream below.
        self.assert_same_replies(1, WAYS, "RouteGuide/GetPerson", '{"name": "Alice"}')

    def test_both_print_the_same_people_of_a_stream(self):
        names = "".join(json.dumps({"name": person.name}) for person in self.people)
        self.assert_same_replies(len(self.people), STREAMING, "RouteGuide/GetPeople", names)

    def test_both_print_nothing_of_a_stream_of_nothing(self):
        self.assert_same_replies(0, STREAMING, "RouteGuide/GetPeople", '{"name": "Zoe"}')

    def test_both_end_with_the_status_of_the_server_and_its_message(self):
        self.assert_same_status(NOT_FOUND, "RouteGuide/GetPerson", '{"name": "Zo\\u00eb"}')

    def test_both_refuse_a_request_that_does_not_fit_without_a_status(self):
        for way, buf, ours in self.both(WAYS, "RouteGuide/GetPerson", '{"name": 1}'):
            with self.subTest(way=str(way)):
                self.assertEqual((buf.returncode, buf.stdout), (1, ""))
                self.assertIn(ours.returncode, range(1, OUR_STATUS))

    def test_both_list_the_same_methods(self):
        buf = buf_curl("--http2-prior-knowledge", "--list-methods", f"http://{self.address}")
        self.assertEqual(buf.returncode, 0, buf.stderr)
        services = our_client("list", "--addr", self.address).stdout.split()
        listed = [our_client("list", service, "--addr", self.address).stdout.split() for service in services]
        ours = sorted(method for methods in listed for method in methods)
        self.assertIn("RouteGuide/GetPeople", ours)
        self.assertEqual(sorted(buf.stdout.split()), ours)

"""`buf curl` on our server, in its three protocols, with the .proto files and with reflection."""

import json
import os
import unittest

from google.protobuf import json_format

import people
from person_pb2 import Person
from processes import ROUTEGUIDE_PROTOS, buf_curl, our_server

HTTP2 = "--http2-prior-knowledge"
FILES = ["--schema", str(ROUTEGUIDE_PROTOS)]

#: Reflection needs HTTP/2, and so does gRPC.
WAYS = [
    ["--protocol", protocol, *rest]
    for protocol in ("connect", "grpcweb", "grpc")
    for rest in ([HTTP2], [HTTP2, *FILES], FILES)
    if protocol != "grpc" or HTTP2 in rest
]


def load_tests(_loader, tests, _pattern):
    """Leaves the tests out where there is no buf: see tests/interop/run."""
    return tests if "BUF_BIN" in os.environ else unittest.TestSuite()


class BufCurl(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        port = cls.enterClassContext(our_server("--missing", "status"))
        cls.server = f"http://127.0.0.1:{port}"

    def call(self, method, data, ways):
        """The exit code, the replies and the error of each way to call."""
        for way in ways:
            with self.subTest(way=way):
                done = buf_curl(*way, "-d", data, f"{self.server}/RouteGuide/{method}")
                yield done

    def people(self, text):
        """The replies, one JSON value after the other."""
        decoder, replies = json.JSONDecoder(), []
        while text := text.strip():
            value, end = decoder.raw_decode(text)
            replies.append(json_format.ParseDict(value, Person()))
            text = text[end:]
        return replies

    def test_a_unary_call(self):
        for person in people.TUTORIAL:
            for done in self.call("GetPerson", json.dumps({"name": person.name}), WAYS):
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.people(done.stdout), [person])

    def test_a_stream_in_both_directions(self):
        names = "".join(json.dumps({"name": person.name}) for person in people.TUTORIAL)
        ways = [way for way in WAYS if HTTP2 in way]
        for done in self.call("GetPeople", names, ways):
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.people(done.stdout), list(people.TUTORIAL))

    def test_an_error(self):
        for done in self.call("GetPerson", '{"name": "Zoe"}', WAYS):
            # 8 times the code, which is 5: NOT_FOUND.
            self.assertEqual(done.returncode, 40, done.stderr)
            self.assertEqual(json.loads(done.stderr)["code"], "not_found")

    def test_the_methods_are_listed(self):
        done = buf_curl(HTTP2, "--list-methods", self.server)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLessEqual({"RouteGuide/GetPerson", "RouteGuide/GetPeople"}, set(done.stdout.split()))

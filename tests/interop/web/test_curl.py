"""curl on our server: a call is a request of HTTP, as the README shows."""

import json
import unittest

from google.protobuf import json_format

import people
from person_pb2 import Person
from processes import curl, our_server

JSON = "content-type: application/json"

#: How curl is told to speak each version of HTTP in plaintext.
VERSIONS = {"1.1": ["--http1.1"], "2": ["--http2-prior-knowledge"]}


class Curl(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        port = cls.enterClassContext(our_server("--missing", "status"))
        cls.url = f"http://127.0.0.1:{port}/RouteGuide"

    def each(self, *arguments):
        """The HTTP version, the status and the body of each answer."""
        for version, how in VERSIONS.items():
            done = curl(*how, "--write-out", "\n%{http_version} %{http_code}", *arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            body, _, end = done.stdout.rpartition("\n")
            spoken, status = end.split()
            self.assertEqual(spoken, version)
            yield int(status), body

    def assert_alice(self, *arguments):
        for status, body in self.each(*arguments):
            self.assertEqual(status, 200, body)
            self.assertEqual(json_format.Parse(body, Person()), people.TUTORIAL[0])

    def assert_fails(self, http, code, *arguments):
        for status, body in self.each(*arguments):
            self.assertEqual((status, json.loads(body)["code"]), (http, code))

    def test_a_post_of_json_is_a_call(self):
        self.assert_alice("-d", '{"name": "Alice"}', "-H", JSON, f"{self.url}/GetPerson")

    def test_a_get_is_a_call(self):
        message = ["--data-urlencode", 'message={"name": "Alice"}', "-d", "encoding=json"]
        self.assert_alice("--get", *message, f"{self.url}/GetPerson")

    def test_a_compressed_body_is_asked_for_and_read(self):
        data = ["-d", '{"name": "Alice"}', "-H", JSON]
        self.assert_alice("--compressed", *data, f"{self.url}/GetPerson")

    def test_a_chunked_body_is_read(self):
        # HTTP/2 has no chunks, and curl leaves the header out there.
        data = ["-d", '{"name": "Alice"}', "-H", JSON, "-H", "transfer-encoding: chunked"]
        done = curl("--http1.1", *data, f"{self.url}/GetPerson")
        self.assertEqual(json_format.Parse(done.stdout, Person()), people.TUTORIAL[0])

    def test_a_large_body_waits_for_permission_and_is_refused(self):
        data = ["-d", f'{{"name": "{"x" * 100_000}"}}', "-H", JSON, "-H", "expect: 100-continue"]
        self.assert_fails(429, "resource_exhausted", *data, f"{self.url}/GetPerson")

    def test_errors_are_json(self):
        def post(data):
            return "-d", data, "-H", JSON

        url = f"{self.url}/GetPerson"
        self.assert_fails(404, "not_found", *post('{"name": "Zoe"}'), url)
        self.assert_fails(400, "invalid_argument", *post('{"name": 1}'), url)
        self.assert_fails(404, "unimplemented", *post("{}"), f"{self.url}/Other")
        self.assert_fails(400, "invalid_argument", f"{url}?encoding=json&message=%25")

    def test_a_form_is_refused_with_what_is_accepted(self):
        for status, body in self.each("-d", "name=Alice", f"{self.url}/GetPerson"):
            self.assertEqual(status, 415)
            self.assertIn("application/json", body)

    def test_several_calls_share_a_connection(self):
        url = f"{self.url}/GetPerson"
        for how in VERSIONS.values():
            report = ["-w", "%{num_connects} ", "-o", "/dev/null", "-o", "/dev/null"]
            done = curl(*how, "-d", "{}", "-H", JSON, *report, url, url)
            self.assertEqual(done.stdout, "1 0 ")

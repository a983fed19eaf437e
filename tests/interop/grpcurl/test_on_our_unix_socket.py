"""grpcurl on a Unix socket of our server.

With `-unix` it sends `localhost` as `:authority`; for a target `unix:PATH` it
sends that target, percent-encoded, which the h2 crate rejects.
"""

import json
import unittest

from google.protobuf import json_format

import people
from person_pb2 import Person
from processes import grpcurl, our_unix_server


class GrpcurlOnOurUnixSocket(unittest.TestCase):
    def output(self, *arguments):
        """What a successful command printed."""
        done = grpcurl(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def assert_works(self, *target):
        self.assertIn("RouteGuide", self.output(*target, "list").split())
        for person in people.TUTORIAL:
            request = json.dumps({"name": person.name})
            reply = self.output("-d", request, *target, "RouteGuide/GetPerson")
            self.assertEqual(json_format.Parse(reply, Person()), person)

    def test_a_path_with_the_option_unix_is_answered(self):
        self.assert_works("-unix", self.enterContext(our_unix_server()))

    def test_a_unix_target_is_answered(self):
        self.assert_works(f"unix:{self.enterContext(our_unix_server())}")

"""`list`, `describe` and `call` agree with grpcurl on a server of grpcio's."""

import unittest

import specimens
from agreement import Agreement
from processes import PROTOS, specimen_server


class OnAServerWithReflectionV1alpha(Agreement, unittest.TestCase):
    """grpcio-reflection, and a schema with everything in it."""

    def setUp(self):
        self.start(specimen_server)

    def test_lists(self):
        self.agree_on_lists()

    def test_services(self):
        self.agree_on_service("specimens.Echo")

    def test_messages(self):
        for message in "Specimen", "Ending", "Collection":
            self.agree_on_message(f"specimens.{message}")

    def test_well_known_messages(self):
        for message in "Any", "Struct", "Timestamp":
            self.agree_on_message(f"google.protobuf.{message}")

    def test_enums(self):
        self.agree_on_enum("specimens.Colour")

    def test_descriptors(self):
        self.agree_on_descriptors("specimens.Echo")

    def test_descriptor_as_json(self):
        self.agree_on_descriptor_as_json("specimens.Echo")

    def test_our_protoset(self):
        self.agree_on_our_protoset("specimens.Echo")

    def test_their_protoset(self):
        self.agree_on_their_protoset("specimens.Echo")

    def test_every_status_ends_both_alike(self):
        for code in range(1, 17):
            request = {"code": code, "message": "gründlich"}
            exit_code = 64 + code
            shown = self.agree_on_replies("specimens.Echo/Fail", request, exit_code=exit_code)
            self.assertIn("gründlich", shown)

    def test_a_status_after_replies_loses_none_of_them(self):
        request = {"code": 10, "message": "later", "after": 3}
        self.agree_on_replies("specimens.Echo/FailLater", request, exit_code=74)


class RepliesOfAServerWithReflectionV1alpha(Agreement, unittest.TestCase):
    """The same server, where grpcurl has to be given its schema.

    grpcio's descriptors leave a field's JSON name out where it is the usual one,
    and then grpcurl prints the name of the .proto file.
    """

    their_schema = "-proto", "specimens.proto", "-import-path", str(PROTOS)

    def setUp(self):
        self.start(specimen_server)

    def test_unary_calls(self):
        for request in specimens.ORDINARY:
            self.agree_on_replies("specimens.Echo/One", request)

    def test_streams(self):
        collection = {"specimens": specimens.ORDINARY}
        self.agree_on_replies("specimens.Echo/Spread", collection)
        self.agree_on_replies("specimens.Echo/Collect", *specimens.ORDINARY)
        self.agree_on_replies("specimens.Echo/Each", *specimens.ORDINARY)

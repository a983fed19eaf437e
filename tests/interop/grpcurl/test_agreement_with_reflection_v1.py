"""`list`, `describe` and `call` agree with grpcurl on our server."""

import unittest

import jsons
from agreement import Agreement
from processes import our_server


class OnOurServer(Agreement, unittest.TestCase):
    """Reflection v1, and a schema that we would know without."""

    def setUp(self):
        self.start(our_server)

    def test_lists(self):
        self.agree_on_lists()

    def test_services(self):
        for service in "RouteGuide", "grpc.health.v1.Health":
            self.agree_on_service(service)

    def test_messages(self):
        for message in "Name", "Person", "Person.Address", "grpc.health.v1.HealthCheckRequest":
            self.agree_on_message(message)

    def test_enums(self):
        self.agree_on_enum("Person.Gender")

    def test_descriptors(self):
        self.agree_on_descriptors("RouteGuide")

    def test_descriptor_as_json(self):
        self.agree_on_descriptor_as_json("RouteGuide")

    def test_our_protoset(self):
        self.agree_on_our_protoset("RouteGuide")

    def test_their_protoset(self):
        self.agree_on_their_protoset("RouteGuide")

    def test_unary_calls(self):
        for name in "Alice", "Bob", "Nobody":
            self.agree_on_replies("RouteGuide/GetPerson", {"name": name})

    def test_a_unary_call_without_data(self):
        ours = self.run_ours("call", "RouteGuide/GetPerson")
        theirs = self.run_theirs("RouteGuide/GetPerson")
        self.assertEqual((ours.returncode, theirs.returncode), (0, 0), ours.stderr)
        self.assertEqual(jsons.values(ours.stdout), jsons.values(theirs.stdout))

    def test_bidirectional_calls(self):
        requests = [{"name": name} for name in ("Bob", "Nobody", "Alice", "Bob")]
        self.agree_on_replies("RouteGuide/GetPeople", *requests)
        self.agree_on_replies("RouteGuide/GetPeople")

    def test_health(self):
        self.agree_on_replies("grpc.health.v1.Health/Check", {})
        request = {"service": "NoSuchService"}
        self.agree_on_replies("grpc.health.v1.Health/Check", request, exit_code=69)

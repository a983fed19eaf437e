"""grpcurl on our server: its reflection, its methods, its health."""

import json
import subprocess
import unittest

from google.protobuf import json_format

import jsons
import people
import signatures
from person_pb2 import Person
from processes import grpcurl, our_server, running_grpcurl

#: grpcurl's exit code is 64 + the status's number, too.
NOT_FOUND = 69


def persons(text):
    return [json_format.ParseDict(value, Person()) for value in jsons.values(text)]


class GrpcurlOnOurServer(unittest.TestCase):
    def serve(self, *arguments):
        return f"127.0.0.1:{self.enterContext(our_server(*arguments))}"

    def output(self, *arguments, stdin=""):
        """What a successful command printed."""
        done = grpcurl(*arguments, stdin=stdin)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_lists_our_services(self):
        services = set(self.output(self.serve(), "list").split())
        expected = {"RouteGuide", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"}
        self.assertEqual(expected - services, set())

    def test_lists_the_methods_of_route_guide(self):
        methods = self.output(self.serve(), "list", "RouteGuide").split()
        self.assertEqual(methods, ["RouteGuide.GetPeople", "RouteGuide.GetPerson"])

    def test_describes_route_guide(self):
        self.assertEqual(
            signatures.methods(self.output(self.serve(), "describe", "RouteGuide")),
            {
                ("GetPerson", "", "Name", "", "Person"),
                ("GetPeople", "stream", "Name", "stream", "Person"),
            },
        )

    def test_describes_a_message(self):
        self.assertEqual(
            signatures.fields(self.output(self.serve(), "describe", "Person.Address")),
            {("", "string", "street", 1), ("", "string", "city", 2)},
        )

    def test_get_person_answers_a_unary_call(self):
        address = self.serve()
        for person in people.TUTORIAL:
            request = json.dumps({"name": person.name})
            reply = self.output("-d", request, address, "RouteGuide/GetPerson")
            self.assertEqual(persons(reply), [person])

    def test_get_people_answers_several_messages_in_order(self):
        names = "".join(json.dumps({"name": name}) for name in ("Bob", "Nobody", "Alice", "Bob"))
        replies = self.output("-d", "@", self.serve(), "RouteGuide/GetPeople", stdin=names)
        self.assertEqual(persons(replies), [people.BOB, people.ALICE, people.BOB])

    def test_get_people_answers_each_message_while_the_requests_are_open(self):
        arguments = "-d", "@", self.serve(), "RouteGuide/GetPeople"
        with running_grpcurl(*arguments, stdin=subprocess.PIPE) as client:
            for person in people.TUTORIAL:
                client.stdin.write(json.dumps({"name": person.name}))
                client.stdin.flush()
                # An object over several lines, of which only the last is a lone brace.
                reply = "".join(iter(client.stdout.readline, "}\n")) + "}"
                self.assertEqual(persons(reply), [person])
            client.stdin.close()
            self.assertEqual(client.stdout.read(), "")
            self.assertEqual(client.wait(), 0)

    def test_awkward_people_arrive_as_they_were_written(self):
        file = self.enterContext(people.write_file(people.AWKWARD))
        names = "".join(json.dumps({"name": person.name}) for person in people.AWKWARD)
        arguments = "-d", "@", self.serve("--people", file.name), "RouteGuide/GetPeople"
        self.assertEqual(persons(self.output(*arguments, stdin=names)), list(people.AWKWARD))

    def test_an_unknown_name_is_not_found_on_request(self):
        address = self.serve("--missing", "status")
        done = grpcurl("-d", '{"name": "Zoë"}', address, "RouteGuide/GetPerson")
        self.assertEqual((done.returncode, done.stdout), (NOT_FOUND, ""))
        self.assertIn("Zoë", done.stderr)

    def test_an_unknown_method_is_not_there(self):
        done = grpcurl(self.serve(), "RouteGuide/GetNobody")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("GetNobody", done.stderr)

    def test_the_server_and_route_guide_are_healthy(self):
        address = self.serve()
        for request in "{}", '{"service": "RouteGuide"}':
            reply = self.output("-d", request, address, "grpc.health.v1.Health/Check")
            self.assertEqual(json.loads(reply), {"status": "SERVING"})

    def test_the_health_of_a_service_it_does_not_have_is_not_found(self):
        request = '{"service": "NoSuchService"}'
        done = grpcurl("-d", request, self.serve(), "grpc.health.v1.Health/Check")
        self.assertEqual(done.returncode, NOT_FOUND)

"""`call`, `list`, `describe` and `health` on servers of the peer's.

One server has no reflection and one speaks v1alpha only, which our client comes
to after v1 was refused.
"""

import json
import pathlib
import subprocess
import tempfile
import unittest

import grpc_tools.protoc
from google.protobuf import json_format
from google.protobuf.descriptor_pb2 import FileDescriptorSet

import people
import specimens
from person_pb2 import Person
from processes import PROTOS, our_client, peer_server, running_client, specimen_server
from specimen_server import DOWN
from specimens_pb2 import Specimen

#: Where grpc_tools keeps the well-known types' files, and looks when run as a module.
WELL_KNOWN = pathlib.Path(grpc_tools.protoc.__file__).with_name("_proto")

#: 64 + the status's number.
NOT_FOUND, UNIMPLEMENTED = 69, 76


def wire(specimen):
    """Bytes to compare: messages with a NaN equal nothing, and 0.0 equals -0.0."""
    return specimen.SerializeToString(deterministic=True)


class OurClient(unittest.TestCase):
    def start(self, server):
        self.address = f"127.0.0.1:{self.enterContext(server())}"

    def run_ours(self, command, *arguments, stdin=""):
        return our_client(command, *arguments, "--addr", self.address, stdin=stdin)

    def output(self, command, *arguments, stdin=""):
        """What a successful command printed, as lines."""
        done = self.run_ours(command, *arguments, stdin=stdin)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split("\n")[:-1]


class OnAServerWithoutReflection(OurClient):
    def setUp(self):
        self.start(peer_server)

    def test_call_knows_route_guide_itself(self):
        [line] = self.output("call", "RouteGuide/GetPerson", "-d", '{"name": "Alice"}')
        self.assertEqual(json_format.Parse(line, Person()), people.ALICE)

    def test_call_takes_fields_from_the_command_line(self):
        [line] = self.output("call", "RouteGuide/GetPerson", "name=Bob")
        self.assertEqual(json_format.Parse(line, Person()), people.BOB)

    def test_list_fails_and_says_that_reflection_is_missing(self):
        done = self.run_ours("list")
        self.assertEqual(done.stdout, "")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("reflection", done.stderr)

    def test_health_is_unimplemented(self):
        self.assertEqual(self.run_ours("health").returncode, UNIMPLEMENTED)


class OnAServerWithReflectionV1alpha(OurClient):
    def setUp(self):
        self.start(specimen_server)

    def call(self, method, *arguments, stdin=""):
        return self.output("call", f"specimens.Echo/{method}", *arguments, stdin=stdin)

    def assert_echoed(self, requests, replies):
        for request, reply in zip(requests, replies, strict=True):
            expected = json_format.ParseDict(request, Specimen())
            self.assertEqual(wire(json_format.Parse(reply, Specimen())), wire(expected), request)
            # Not just what the peer reads back, but what it would have written: parsing
            # takes names and numbers in more than one form.
            self.assertEqual(json.loads(reply), json_format.MessageToDict(expected))

    def test_a_batch_of_unary_calls_is_answered_in_order(self):
        requests = specimens.ORDINARY + specimens.BEYOND_GRPCURL
        stdin = "".join(map(json.dumps, requests))
        self.assert_echoed(requests, self.call("One", "-d", "@-", stdin=stdin))

    def test_a_server_stream_has_each_specimen(self):
        collection = json.dumps({"specimens": specimens.ORDINARY})
        replies = self.call("Spread", "-d", "@-", stdin=collection)
        self.assert_echoed(specimens.ORDINARY, replies)

    def test_a_client_stream_has_each_specimen(self):
        stdin = "\n".join(map(json.dumps, specimens.ORDINARY))
        [reply] = self.call("Collect", "-d", "@-", stdin=stdin)
        collected = map(json.dumps, json.loads(reply)["specimens"])
        self.assert_echoed(specimens.ORDINARY, collected)

    def test_a_bidirectional_stream_answers_while_stdin_is_open(self):
        arguments = "call", "specimens.Echo/Each", "--addr", self.address, "-d", "@-"
        with running_client(*arguments, stdin=subprocess.PIPE) as client:
            for request in specimens.ORDINARY:
                client.stdin.write(json.dumps(request))
                client.stdin.flush()
                self.assert_echoed([request], [client.stdout.readline()])
            client.stdin.close()
            self.assertEqual(client.stdout.read(), "")
            self.assertEqual(client.wait(), 0)

    def test_reflection_v1alpha_can_be_asked_for(self):
        self.assertEqual(self.call("One", "--reflection", "v1alpha"), ["{}"])

    def test_no_reflection_is_asked_when_it_is_off(self):
        done = self.run_ours("call", "specimens.Echo/One", "--reflection", "off")
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)

    def test_list_has_the_services_and_their_methods(self):
        self.assertIn("specimens.Echo", self.output("list"))
        methods = "One", "Spread", "Collect", "Each", "Fail", "FailLater"
        self.assertEqual(
            sorted(self.output("list", "specimens.Echo")),
            sorted(f"specimens.Echo/{method}" for method in methods),
        )

    def test_the_proto_files_it_writes_compile_to_the_same_descriptors(self):
        with tempfile.TemporaryDirectory() as folder:
            self.output("describe", "specimens.Echo", "--proto-out", folder)
            self.assertEqual(compiled(folder), compiled(PROTOS))

    def test_health_is_the_exit_code(self):
        self.assertEqual(self.run_ours("health").returncode, 0)
        self.assertEqual(self.run_ours("health", "specimens.Echo").returncode, 0)
        self.assertEqual(self.run_ours("health", DOWN).returncode, 1)
        self.assertEqual(self.run_ours("health", "NoSuchService").returncode, NOT_FOUND)


def compiled(folder):
    """specimens.proto of the folder by protoc, without its imports."""
    with tempfile.NamedTemporaryFile() as output:
        # As in argv: its own name comes first.
        status = grpc_tools.protoc.main(
            [
                "protoc",
                f"--proto_path={folder}",
                f"--proto_path={WELL_KNOWN}",
                f"--descriptor_set_out={output.name}",
                "specimens.proto",
            ]
        )
        if status != 0:
            source = pathlib.Path(folder, "specimens.proto").read_text(encoding="utf-8")
            raise AssertionError(f"protoc does not take this:\n{source}")
        return FileDescriptorSet.FromString(output.read())

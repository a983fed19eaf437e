"""What it is for `list`, `describe` and `call` to agree with grpcurl.

JSON is compared value for value, and .proto source by what it declares. Neither
answer is compared with what it should be: what both get wrong is for the other
suites to find.
"""

import json
import pathlib
import tempfile

from google.protobuf import json_format
from google.protobuf.descriptor_pb2 import FileDescriptorSet

import jsons
import signatures
from processes import grpcurl, our_client


class Agreement:
    """Asks both about a server, which the `setUp` of a test case says; a mixin."""

    #: The schema where both are to take it from files, as our arguments and as grpcurl's.
    our_schema = their_schema = ()

    def start(self, server):
        self.address = f"127.0.0.1:{self.enterContext(server())}"

    def run_ours(self, command, *arguments, stdin=""):
        return our_client(
            command, *arguments, "--addr", self.address, *self.our_schema, stdin=stdin
        )

    def run_theirs(self, *arguments, options=(), stdin=""):
        return grpcurl(*self.their_schema, *options, self.address, *arguments, stdin=stdin)

    def both(self, verb, *symbols):
        """What both print when asked about the symbols."""
        runs = self.run_ours(verb, *symbols), self.run_theirs(verb, *symbols)
        for done in runs:
            self.assertEqual(done.returncode, 0, done.stderr)
        return [done.stdout for done in runs]

    def agree_on_lists(self):
        ours, theirs = (text.split() for text in self.both("list"))
        self.assertEqual(sorted(ours), sorted(theirs))
        for service in theirs:
            ours, theirs = (text.split() for text in self.both("list", service))
            # grpcurl separates the method by a point.
            theirs = ["/".join(method.rsplit(".", 1)) for method in theirs]
            self.assertEqual(sorted(ours), sorted(theirs))

    def agree_on_service(self, symbol):
        ours, theirs = map(signatures.methods, self.both("describe", symbol))
        self.assertEqual(ours, theirs)
        self.assertNotEqual(theirs, set())

    def agree_on_message(self, symbol):
        ours, theirs = map(signatures.fields, self.both("describe", symbol))
        self.assertEqual(ours, theirs)
        self.assertNotEqual(theirs, set())

    def agree_on_enum(self, symbol):
        ours, theirs = map(signatures.values, self.both("describe", symbol))
        self.assertEqual(ours, theirs)
        self.assertNotEqual(theirs, set())

    def agree_on_descriptors(self, service):
        """`--protoset-out` of both has the same files with the same content."""
        ours, theirs = self.protosets(service)
        self.assertEqual(files(ours), files(theirs))

    def agree_on_descriptor_as_json(self, service):
        done = self.run_ours("describe", service, "-o", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        _, theirs = self.protosets(service)
        [expected] = (
            json_format.MessageToDict(found)
            for file in FileDescriptorSet.FromString(theirs).file
            for found in file.service
            if f"{file.package}.{found.name}".removeprefix(".") == service
        )
        self.assertEqual(json.loads(done.stdout), expected)

    def agree_on_our_protoset(self, service):
        """grpcurl reads from it what it reads from the server."""
        ours, _ = self.protosets(service)
        with tempfile.NamedTemporaryFile() as file:
            file.write(ours)
            file.flush()
            read = grpcurl("-protoset", file.name, "describe", service)
        self.assertEqual(read.returncode, 0, read.stderr)
        self.assertEqual(read.stdout, self.run_theirs("describe", service).stdout)

    def agree_on_their_protoset(self, service):
        """We read from it what we read from the server."""
        _, theirs = self.protosets(service)
        with tempfile.NamedTemporaryFile() as file:
            file.write(theirs)
            file.flush()
            read = our_client("describe", service, "--protoset", file.name)
        self.assertEqual(read.returncode, 0, read.stderr)
        self.assertEqual(
            signatures.methods(read.stdout),
            signatures.methods(self.run_ours("describe", service).stdout),
        )

    def protosets(self, service):
        """What both write when asked about the service."""
        with tempfile.TemporaryDirectory() as folder:
            ours, theirs = pathlib.Path(folder, "ours"), pathlib.Path(folder, "theirs")
            done = self.run_ours("describe", service, "--protoset-out", str(ours))
            self.assertEqual(done.returncode, 0, done.stderr)
            done = self.run_theirs("describe", service, options=("-protoset-out", str(theirs)))
            self.assertEqual(done.returncode, 0, done.stderr)
            return ours.read_bytes(), theirs.read_bytes()

    def agree_on_replies(self, method, *requests, exit_code=0):
        """The call prints the same messages and ends alike, given the same JSON."""
        stdin = "".join(map(json.dumps, requests))
        ours = self.run_ours("call", method, "-d", "@-", stdin=stdin)
        theirs = self.run_theirs(method, options=("-d", "@"), stdin=stdin)
        self.assertEqual(theirs.returncode, exit_code, theirs.stderr)
        self.assertEqual(ours.returncode, exit_code, ours.stderr)
        self.assertEqual(jsons.values(ours.stdout), jsons.values(theirs.stdout))
        return ours.stderr


def files(protoset):
    """The files of a protoset by name, without comments and positions."""
    found = FileDescriptorSet.FromString(protoset).file
    for file in found:
        file.ClearField("source_code_info")
    return {file.name: file for file in found}

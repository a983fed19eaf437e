"""`copy --as grpcurl` in our shell prints lines that work."""

import shlex
import unittest

import jsons
from processes import PROTOS, go_interop_server, grpcurl, our_client, our_server, specimen_server


class Copied(unittest.TestCase):
    def check(self, server, *lines, flags=()):
        """The last line is a call, and grpcurl prints the same replies for it."""
        address = f"127.0.0.1:{self.enterContext(server())}"
        script = "\n".join([*lines, "copy --as grpcurl"])
        done = our_client("shell", "--addr", address, "--compact", *flags, stdin=script)
        self.assertEqual(done.returncode, 0, done.stderr)
        *replies, copied = done.stdout.splitlines()
        program, *arguments = shlex.split(copied)
        self.assertEqual(program, "grpcurl")
        theirs = grpcurl(*arguments)
        self.assertEqual(theirs.returncode, 0, theirs.stderr)
        self.assertEqual(jsons.values("\n".join(replies)), jsons.values(theirs.stdout))

    def test_a_call_of_our_server(self):
        self.check(our_server, "header 'x-a: it'\\''s'", "GetPerson name=Alice")

    def test_a_stream_of_our_server(self):
        self.check(our_server, "GetPeople <<END", '{"name": "Alice"} {"name": "Bob"}', "END")

    def test_names_of_our_server(self):
        self.check(our_server, "get-people -o json Alice Bob")

    def test_a_call_of_a_go_server_without_reflection(self):
        self.check(
            go_interop_server,
            "use grpc.testing.TestService",
            "UnaryCall responseSize:=9 payload.body=AAEC",
            flags=("--proto", "grpc/testing/test.proto", "-I", str(PROTOS)),
        )

    def test_a_call_of_a_server_with_reflection_v1alpha(self):
        # grpcio's descriptors have no JSON names, and grpcurl then prints those of the .proto file.
        self.check(
            specimen_server,
            "set timeout 10s",
            "let one = specimens.Echo/One text='it is' colour=GREEN",
            "use specimens.Echo",
            "One text=$one.text colour=$one.colour",
        )


if __name__ == "__main__":
    unittest.main()

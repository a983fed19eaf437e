"""Our client on the peer's server."""

import subprocess
import unittest

from google.protobuf import json_format, text_format

import people
from peer_server import REFUSED
from person_pb2 import Person
from processes import our_client, peer_server, running_client

#: Exit code 64 + 4: the RPC ended with DEADLINE_EXCEEDED.
DEADLINE_EXCEEDED = 68
#: Exit code 64 + 5: the RPC ended with NOT_FOUND.
NOT_FOUND = 69


def from_json(line):
    return json_format.Parse(line, Person())


def from_text(line):
    return text_format.Parse(line, Person())


class OurClientOnPeerServer(unittest.TestCase):
    def serve(self, *arguments):
        return f"127.0.0.1:{self.enterContext(peer_server(*arguments))}"

    def output(self, *arguments, stdin=""):
        """What a successful command printed, as lines."""
        done = our_client(*arguments, stdin=stdin)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.removesuffix("\n").split("\n")

    def test_get_person_prints_the_peers_person_as_json(self):
        address = self.serve()
        for person in people.TUTORIAL:
            [line] = self.output("get-person", person.name, "--addr", address, "-o", "json")
            self.assertEqual(from_json(line), person)

    def test_get_person_prints_the_peers_person_as_text(self):
        address = self.serve()
        for person in people.TUTORIAL:
            [line] = self.output("get-person", person.name, "--addr", address, "-o", "text")
            self.assertEqual(from_text(line), person)

    def test_get_people_prints_a_line_for_each_known_name_in_order(self):
        arguments = "get-people", "--addr", self.serve(), "-o", "json"
        lines = self.output(*arguments, stdin="Bob\nNobody\nAlice\nBob\n")
        self.assertEqual(
            [from_json(line) for line in lines], [people.BOB, people.ALICE, people.BOB]
        )

    def test_get_people_prints_each_reply_while_stdin_is_open(self):
        arguments = "get-people", "--addr", self.serve(), "-o", "json"
        with running_client(*arguments, stdin=subprocess.PIPE) as client:
            for person in people.TUTORIAL:
                client.stdin.write(person.name + "\n")
                client.stdin.flush()
                self.assertEqual(from_json(client.stdout.readline()), person)
            client.stdin.close()
            self.assertEqual(client.stdout.read(), "")
            self.assertEqual(client.wait(), 0)

    def test_awkward_people_print_as_json_that_the_peer_reads_back(self):
        self.assertEqual(self.awkward_people("json", from_json), list(people.AWKWARD))

    def test_awkward_people_print_as_text_that_the_peer_reads_back(self):
        self.assertEqual(self.awkward_people("text", from_text), list(people.AWKWARD))

    def awkward_people(self, form, parse):
        file = self.enterContext(people.write_file(people.AWKWARD))
        names = "".join(person.name + "\n" for person in people.AWKWARD)
        arguments = "get-people", "--addr", self.serve(file.name), "-o", form
        return [parse(line) for line in self.output(*arguments, stdin=names)]

    def test_a_person_named_not_found_prints_nothing_and_exits_69(self):
        done = our_client("get-person", "Nobody", "--addr", self.serve(), "-o", "json")
        self.assertEqual((done.returncode, done.stdout), (NOT_FOUND, ""))
        self.assertIn("Nobody", done.stderr)

    def test_status_not_found_prints_nothing_and_exits_69(self):
        done = our_client("get-person", REFUSED, "--addr", self.serve(), "-o", "json")
        self.assertEqual((done.returncode, done.stdout), (NOT_FOUND, ""))
        # The peer's own words, percent-encoded on the wire.
        self.assertIn(f"nobody is called {REFUSED}", done.stderr)

    def test_the_deadline_ends_a_stream_whose_stdin_stays_open(self):
        arguments = "get-people", "--addr", self.serve(), "--timeout", "1s"
        with running_client(*arguments, stdin=subprocess.PIPE) as client:
            self.assertEqual(client.stdout.read(), "")
            self.assertEqual(client.wait(), DEADLINE_EXCEEDED)

"""Floods of tiny DATA frames with a reader that pauses.

The h2 crate (0.4.16 and later) ends a connection with ENHANCE_YOUR_CALM when
too many DATA frames of under 256 bytes wait unread, and grpcio sends a frame
for each message. So an ordinary stream of names, or of people, is fatal as soon
as one side stops reading, unless the connection's window is large enough. Both
tests pause the reader, and with it the whole pipeline, in the middle.
"""

import functools
import itertools
import tempfile
import time
import unittest

from google.protobuf import json_format

import people
from peer_client import PeerClient
from person_pb2 import Person
from processes import our_server, peer_server, running_client
from relay import DATA, Relay

COUNT = 200_000
BEFORE_THE_PAUSE = 50_000
PAUSE_SECONDS = 5


def everyone():
    return itertools.islice(itertools.cycle(people.TUTORIAL), COUNT)


def pausing(replies):
    """`replies`, with nothing read for a while in the middle."""
    for number, reply in enumerate(replies):
        if number == BEFORE_THE_PAUSE:
            time.sleep(PAUSE_SECONDS)
        yield reply


class SmallFrames(unittest.TestCase):
    def assert_everyone(self, replies):
        received = 0
        for expected, reply in zip(everyone(), replies):
            if reply != expected:
                self.fail(f"reply {received} is {reply!r}, not {expected!r}")
            received += 1
        self.assertEqual(received, COUNT)
        self.assertIsNone(next(replies, None), "more replies than names")

    def test_our_server_loses_no_reply_of_the_peers_client(self):
        with our_server() as port, Relay(port) as relay, PeerClient(relay.port) as client:
            call = client.get_people(person.name for person in everyone())
            self.assert_everyone(pausing(call))
            self.assertGreaterEqual(relay.frames["to server", DATA], COUNT)

    def test_our_client_loses_no_reply_of_the_peers_server(self):
        # A line that was seen before is not parsed again: parsing is slow.
        @functools.cache
        def parsed(line):
            return json_format.Parse(line, Person())

        with tempfile.TemporaryFile("w+", encoding="utf-8") as names:
            names.writelines(person.name + "\n" for person in everyone())
            names.seek(0)
            with peer_server() as port, Relay(port) as relay, running_client(
                "get-people", "--addr", f"127.0.0.1:{relay.port}", "-o", "json", stdin=names
            ) as client:
                self.assert_everyone(parsed(line) for line in pausing(client.stdout))
                self.assertEqual(client.wait(), 0)
                self.assertGreaterEqual(relay.frames["to client", DATA], COUNT)

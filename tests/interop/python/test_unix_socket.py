"""The peer's client on a Unix socket of our server.

grpcio sends the path of the socket, percent-encoded, as `:authority`, which the
h2 crate rejects (grpc/grpc#38142).
"""

import unittest

import people
from peer_client import PeerClient
from processes import our_unix_server


class PeerClientOnOurUnixSocket(unittest.TestCase):
    def connect(self):
        path = self.enterContext(our_unix_server())
        return self.enterContext(PeerClient(target=f"unix:{path}"))

    def test_several_calls_on_one_connection_are_answered(self):
        client = self.connect()
        for person in people.TUTORIAL * 2:
            self.assertEqual(client.get_person(person.name), person)

    def test_a_stream_is_answered(self):
        call = self.connect().get_people(["Bob", "Nobody", "Alice"])
        self.assertEqual(list(call), [people.BOB, people.ALICE])

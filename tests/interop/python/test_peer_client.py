"""The peer's client on our server."""

import queue
import unittest

import grpc

import people
from peer_client import PeerClient
from processes import our_server


class PeerClientOnOurServer(unittest.TestCase):
    def connect(self, *arguments):
        return self.enterContext(PeerClient(self.enterContext(our_server(*arguments))))

    def test_get_person_answers_with_the_tutorials_people(self):
        client = self.connect()
        self.assertEqual(client.get_person("Alice"), people.ALICE)
        self.assertEqual(client.get_person("Bob"), people.BOB)

    def test_get_person_answers_an_unknown_name_with_a_person_named_not_found(self):
        self.assertEqual(self.connect().get_person("Nobody").name, "Not Found")

    def test_get_person_answers_an_unknown_name_with_not_found_on_request(self):
        client = self.connect("--missing", "status")
        with self.assertRaises(grpc.RpcError) as caught:
            client.get_person("Zoë")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)
        # Percent-encoded on the wire.
        self.assertIn("Zoë", caught.exception.details())

    def test_get_people_answers_in_order_and_skips_unknown_names(self):
        call = self.connect().get_people(["Bob", "Nobody", "Alice", "", "Bob"])
        self.assertEqual(list(call), [people.BOB, people.ALICE, people.BOB])
        self.assertEqual(call.code(), grpc.StatusCode.OK)

    def test_get_people_answers_each_name_while_the_requests_are_open(self):
        names = queue.SimpleQueue()
        call = self.connect().get_people(iter(names.get, None))
        names.put("Alice")
        self.assertEqual(next(call), people.ALICE)
        names.put("Bob")
        self.assertEqual(next(call), people.BOB)
        names.put(None)
        self.assertEqual(list(call), [])

    def test_a_cancelled_stream_leaves_the_connection_usable(self):
        client = self.connect()
        names = queue.SimpleQueue()
        call = client.get_people(iter(names.get, None))
        names.put("Alice")
        next(call)
        call.cancel()
        names.put(None)
        self.assertEqual(client.get_person("Bob"), people.BOB)

    def test_awkward_people_arrive_as_the_peer_wrote_them(self):
        file = self.enterContext(people.write_file(people.AWKWARD))
        client = self.connect("--people", file.name)
        call = client.get_people([person.name for person in people.AWKWARD])
        self.assertEqual(list(call), list(people.AWKWARD))

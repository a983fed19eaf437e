"""What holds for the calls of a page whose origin is allowed, over each version of HTTP."""

import itertools

from google.protobuf import json_format

import people
from page import CLIENTS, STREAMING
from person_pb2 import Person

OK, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND = 0, 3, 4, 5

GET_PERSON = "RouteGuide/GetPerson"
WATCH = "grpc.health.v1.Health/Watch"

#: The last one takes many frames of HTTP/2 and many chunks of base64.
PEOPLE = (*people.TUTORIAL, *people.AWKWARD, Person(name="large", hobbies=["0123456789"] * 50_000))

_ids = (f"page-{number}" for number in itertools.count())


class Calls:
    """Tests for a test case that has a `page` and a server, `served`."""

    def call(self, client, method, message, **settings):
        return self.page.call(client, self.served.url, method, message, **settings)

    def assert_replies(self, person, outcome):
        self.assertEqual((outcome["code"], outcome["message"]), (OK, ""))
        replies = [json_format.ParseDict(reply, Person()) for reply in outcome["replies"]]
        self.assertEqual(replies, [person])

    def test_a_reply_has_its_fields(self):
        for client in CLIENTS:
            for person in PEOPLE:
                with self.subTest(client=str(client), name=person.name):
                    self.assert_replies(person, self.call(client, GET_PERSON, {"name": person.name}))

    def test_an_error_has_its_code_and_its_message(self):
        for client in CLIENTS:
            with self.subTest(client=str(client)):
                outcome = self.call(client, GET_PERSON, {"name": "Zoë"})
                self.assertEqual(outcome["replies"], [])
                self.assertEqual(outcome["code"], NOT_FOUND)
                self.assertEqual(outcome["message"], 'no person named "Zoë"')

    def test_a_stream_brings_a_reply_before_it_ends_and_can_be_cancelled(self):
        for client in STREAMING:
            with self.subTest(client=str(client)):
                sent = next(_ids)
                asked = {"metadata": {"x-request-id": sent}, "most": 1}
                outcome = self.call(client, WATCH, {"service": "RouteGuide"}, **asked)
                self.assertEqual(outcome["replies"], [{"status": "SERVING"}])
                self.assertTrue(outcome["isCancelledHere"], outcome)
                self.assertEqual(self.served.wait_for_call(id=sent).code, "cancelled")

    def test_metadata_reaches_the_server(self):
        for client in CLIENTS:
            with self.subTest(client=str(client)):
                sent = next(_ids)
                metadata = {"x-request-id": sent}
                self.assert_replies(people.ALICE, self.call(client, GET_PERSON, {"name": "Alice"}, metadata=metadata))
                self.assertEqual(self.served.wait_for_call(id=sent).code, "OK")

    def test_a_call_may_have_a_deadline(self):
        for client in CLIENTS:
            with self.subTest(client=str(client)):
                self.assert_replies(people.ALICE, self.call(client, GET_PERSON, {"name": "Alice"}, timeout=600_000))

    def test_a_deadline_ends_a_stream(self):
        for client in STREAMING:
            with self.subTest(client=str(client)):
                # Whoever is first ends it, the page or the server.
                outcome = self.call(client, WATCH, {"service": "RouteGuide"}, timeout=200)
                self.assertEqual(outcome["code"], DEADLINE_EXCEEDED, outcome)

    def test_the_trailers_of_an_error_in_grpc_web_can_be_read(self):
        for client in CLIENTS:
            if client.protocol == "grpc-web":
                with self.subTest(client=str(client)):
                    # Of a request that is refused for its headers, the status is in those of the response. It may also be in the
                    # body, where grpc-web takes it out of the trailers.
                    outcome = self.call(client, GET_PERSON, {"name": "Zoe"}, metadata={"grpc-timeout": "soon"})
                    self.assertEqual(outcome["trailers"].get("grpc-status"), str(INVALID_ARGUMENT), outcome)
                    self.assertIn("grpc-message", outcome["trailers"])

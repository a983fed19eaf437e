"""The gRPC interop test cases, through `routeguide call`, on grpc-go's server.

Each test has the name of its case in doc/interop-test-descriptions.md of
github.com/grpc/grpc, which says what is sent and what has to come back. The
server has no reflection, so the schema comes from our own copy of test.proto.
"""

import base64
import json
import os
import signal
import subprocess
import tempfile
import unittest

from processes import PROTOS, go_interop_server, our_client, running_client
from relay import DATA, HEADERS, RST_STREAM, Relay

#: Bytes in the requests and replies of the streaming cases.
REQUESTS = (27182, 8, 1828, 45904)
REPLIES = (31415, 9, 2653, 58979)
#: The same for the large unary call.
LARGE_REQUEST, LARGE_REPLY = 271828, 314159

#: 64 + the status's number.
UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED = 66, 68, 76
INTERRUPTED = 130

#: 0xababab, as -bin metadata is written.
TRAILING = base64.b64encode(b"\xab" * 3).decode()
CUSTOM_METADATA = (
    "-H",
    "x-grpc-test-echo-initial: test_initial_metadata_value",
    "-H",
    f"x-grpc-test-echo-trailing-bin: {TRAILING}",
)

STATUS_MESSAGE = "test status message"
SPECIAL_STATUS_MESSAGE = (
    "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"
)


def payload(size):
    return {"body": base64.b64encode(bytes(size)).decode()}


def duplex(reply_size, request_size):
    """A request that wants one reply."""
    return {"responseParameters": [{"size": reply_size}], "payload": payload(request_size)}


def ending(message):
    """A request that wants the call to fail with UNKNOWN."""
    return {"responseStatus": {"code": 2, "message": message}}


class GoInterop(unittest.TestCase):
    def setUp(self):
        self.port = self.enterContext(go_interop_server())

    def call(self, method, *arguments, service="TestService", port=None):
        return (
            "call",
            f"grpc.testing.{service}/{method}",
            *("--addr", f"127.0.0.1:{port or self.port}"),
            *("--proto", "grpc/testing/test.proto", "-I", str(PROTOS)),
            *arguments,
        )

    def replies(self, method, *arguments, stdin=""):
        """What a successful call printed: a JSON value a line."""
        done = our_client(*self.call(method, *arguments), stdin=stdin)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.split("\n")[:-1]]

    def events(self, method, *arguments, stdin="", code=0):
        """The exchange of a call that ends with the exit code, as events."""
        arguments = *arguments, "-o", "envelope"
        done = our_client(*self.call(method, *arguments), stdin=stdin)
        self.assertEqual(done.returncode, code, done.stderr)
        return [json.loads(line) for line in done.stdout.split("\n")[:-1]]

    def one(self, events, kind):
        """The only event of its kind."""
        [found] = (event for event in events if event["event"] == kind)
        return found

    def assert_sizes(self, replies, sizes):
        bodies = [base64.b64decode(reply["payload"]["body"]) for reply in replies]
        self.assertEqual([len(body) for body in bodies], list(sizes))
        self.assertEqual(b"".join(bodies).strip(b"\0"), b"")

    def assert_unharmed(self):
        """The server still answers."""
        self.assertEqual(self.replies("EmptyCall"), [{}])

    def assert_fails(self, exit_code, method, *arguments, stdin="", service="TestService"):
        """The call fails so, without a reply; returns what stderr has."""
        done = our_client(*self.call(method, *arguments, service=service), stdin=stdin)
        self.assertEqual((done.returncode, done.stdout), (exit_code, ""), done.stderr)
        return done.stderr


class UnaryCases(GoInterop):
    def test_empty_unary(self):
        self.assertEqual(self.replies("EmptyCall"), [{}])

    def test_empty_unary_has_no_bytes_either_way(self):
        events = self.events("EmptyCall")
        self.assertEqual(self.one(events, "request")["size"], 0)
        self.assertEqual(self.one(events, "message")["size"], 0)

    def test_large_unary(self):
        request = {"responseSize": LARGE_REPLY, "payload": payload(LARGE_REQUEST)}
        replies = self.replies("UnaryCall", "-d", "@-", stdin=json.dumps(request))
        self.assert_sizes(replies, [LARGE_REPLY])

    def test_large_unary_from_a_file(self):
        request = {"responseSize": LARGE_REPLY, "payload": payload(LARGE_REQUEST)}
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            json.dump(request, file)
            file.flush()
            replies = self.replies("UnaryCall", "-d", f"@{file.name}")
        self.assert_sizes(replies, [LARGE_REPLY])


class StreamingCases(GoInterop):
    def test_client_streaming(self):
        requests = "".join(json.dumps({"payload": payload(size)}) for size in REQUESTS)
        replies = self.replies("StreamingInputCall", "-d", "@-", stdin=requests)
        self.assertEqual(replies, [{"aggregatedPayloadSize": 74922}])

    def test_server_streaming(self):
        request = {"responseParameters": [{"size": size} for size in REPLIES]}
        replies = self.replies("StreamingOutputCall", "-d", json.dumps(request))
        self.assert_sizes(replies, REPLIES)

    def test_ping_pong(self):
        self.ping_pong("\n")

    def test_ping_pong_where_nothing_follows_a_request(self):
        self.ping_pong("")

    def ping_pong(self, after):
        """Each request is written when the reply to the one before it was read."""
        arguments = self.call("FullDuplexCall", "-d", "@-")
        with running_client(*arguments, stdin=subprocess.PIPE) as client:
            for request, reply in zip(REQUESTS, REPLIES):
                client.stdin.write(json.dumps(duplex(reply, request)) + after)
                client.stdin.flush()
                self.assert_sizes([json.loads(client.stdout.readline())], [reply])
            client.stdin.close()
            self.assertEqual(client.stdout.read(), "")
            self.assertEqual(client.wait(), 0)

    def test_empty_stream(self):
        self.assertEqual(self.replies("FullDuplexCall"), [])

    def test_empty_stream_from_an_empty_stdin(self):
        self.assertEqual(self.replies("FullDuplexCall", "-d", "@-"), [])


class MetadataCases(GoInterop):
    def test_custom_metadata_on_a_unary_call(self):
        request = {"responseSize": LARGE_REPLY, "payload": payload(LARGE_REQUEST)}
        self.custom_metadata("UnaryCall", request)

    def test_custom_metadata_on_a_full_duplex_call(self):
        self.custom_metadata("FullDuplexCall", duplex(LARGE_REPLY, LARGE_REQUEST))

    def custom_metadata(self, method, request):
        arguments = *CUSTOM_METADATA, "-d", "@-"
        events = self.events(method, *arguments, stdin=json.dumps(request))
        headers, trailers = (self.one(events, kind)["metadata"] for kind in ("headers", "trailers"))
        self.assertEqual(headers["x-grpc-test-echo-initial"], ["test_initial_metadata_value"])
        self.assertEqual(trailers["x-grpc-test-echo-trailing-bin"], [TRAILING])
        self.assert_sizes([self.one(events, "message")["message"]], [LARGE_REPLY])
        # The order of the rest of it. A request is sent whenever the server may take it.
        self.assertEqual(
            [event["event"] for event in events if event["event"] != "request"],
            ["headers", "message", "trailers", "status"],
        )
        status = self.one(events, "status")
        self.assertEqual((status["code"], status["status"]), (0, "OK"))

    def test_events_have_their_sizes_and_their_times_in_order(self):
        request = {"responseSize": 9, "payload": payload(8)}
        events = self.events("UnaryCall", "-d", json.dumps(request))
        # A payload of 8 bytes is 2 + 8 in a message with 2 + 10, and the field
        # `response_size` has 2; the reply's is 2 + (2 + 9).
        self.assertEqual(self.one(events, "request")["size"], 14)
        self.assertEqual(self.one(events, "message")["size"], 13)
        times = [event["time_ms"] for event in events]
        self.assertEqual(times, sorted(times))


class StatusCases(GoInterop):
    def test_status_code_and_message_of_a_unary_call(self):
        self.status_code_and_message("UnaryCall")

    def test_status_code_and_message_of_a_full_duplex_call(self):
        self.status_code_and_message("FullDuplexCall")

    def status_code_and_message(self, method):
        request = "-d", json.dumps(ending(STATUS_MESSAGE))
        status = self.one(self.events(method, *request, code=UNKNOWN), "status")
        self.assertEqual((status["code"], status["status"]), (2, "UNKNOWN"))
        self.assertEqual(status["message"], STATUS_MESSAGE)
        shown = self.assert_fails(UNKNOWN, method, *request)
        self.assertIn(f"error: UNKNOWN: {STATUS_MESSAGE}\n", shown)

    def test_special_status_message(self):
        request = "-d", json.dumps(ending(SPECIAL_STATUS_MESSAGE))
        status = self.one(self.events("UnaryCall", *request, code=UNKNOWN), "status")
        self.assertEqual(status["message"], SPECIAL_STATUS_MESSAGE)

    def test_special_status_message_is_shown_without_its_control_characters(self):
        request = "-d", json.dumps(ending(SPECIAL_STATUS_MESSAGE))
        shown = self.assert_fails(UNKNOWN, "UnaryCall", *request)
        self.assertIn("and Unicode BMP \u263a and non-BMP \U0001f608", shown)
        self.assertEqual([c for c in shown if c in "\t\r"], [])

    def test_unimplemented_method(self):
        shown = self.assert_fails(UNIMPLEMENTED, "UnimplementedCall")
        self.assertIn("error: UNIMPLEMENTED: ", shown)

    def test_unimplemented_service(self):
        shown = self.assert_fails(
            UNIMPLEMENTED, "UnimplementedCall", service="UnimplementedService"
        )
        self.assertIn("error: UNIMPLEMENTED: ", shown)


class EndedByTheClientCases(GoInterop):
    def test_timeout_on_sleeping_server(self):
        # The case's own timeout; it strikes before the server has the call, or after.
        self.timeout_on_sleeping_server("1ms")
        self.assert_unharmed()

    def test_timeout_on_sleeping_server_that_has_the_call(self):
        with Relay(self.port) as relay:
            self.timeout_on_sleeping_server("2s", relay.port)
            relay.wait_for("to server", DATA)
        self.assert_unharmed()

    def timeout_on_sleeping_server(self, timeout, port=None):
        """The server waits for another request, and stdin stays open."""
        arguments = self.call("FullDuplexCall", "--timeout", timeout, "-d", "@-", port=port)
        stdin, held_open = (os.fdopen(end, mode) for end, mode in zip(os.pipe(), "rw"))
        with stdin, held_open:
            # The pipe has room for it, so that it is written before anybody reads.
            json.dump({"payload": payload(27182)}, held_open)
            held_open.flush()
            with running_client(*arguments, stdin=stdin) as client:
                self.assertEqual(client.stdout.read(), "")
                self.assertEqual(client.wait(), DEADLINE_EXCEEDED)

    def test_cancel_after_begin(self):
        with Relay(self.port) as relay:
            arguments = self.call("StreamingInputCall", "-d", "@-", port=relay.port)
            with running_client(*arguments, stdin=subprocess.PIPE) as client:
                relay.wait_for("to server", HEADERS)
                client.send_signal(signal.SIGINT)
                self.assertEqual(client.stdout.read(), "")
                self.assertEqual(client.wait(), INTERRUPTED)
            relay.wait_for("to server", RST_STREAM)
            self.assertEqual(relay.frames["to server", DATA], 0)
        self.assert_unharmed()

    def test_cancel_after_first_response(self):
        with Relay(self.port) as relay:
            arguments = self.call("FullDuplexCall", "-d", "@-", port=relay.port)
            with running_client(*arguments, stdin=subprocess.PIPE) as client:
                client.stdin.write(json.dumps(duplex(REPLIES[0], REQUESTS[0])))
                client.stdin.flush()
                self.assert_sizes([json.loads(client.stdout.readline())], REPLIES[:1])
                client.send_signal(signal.SIGINT)
                self.assertEqual(client.stdout.read(), "")
                self.assertEqual(client.wait(), INTERRUPTED)
            relay.wait_for("to server", RST_STREAM)
        self.assert_unharmed()

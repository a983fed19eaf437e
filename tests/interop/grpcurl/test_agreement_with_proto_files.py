"""`list`, `describe` and `call` agree with grpcurl on grpc-go's interop server."""

import unittest

from agreement import Agreement
from processes import PROTOS, go_interop_server


class OnAServerWithoutReflection(Agreement, unittest.TestCase):
    """grpc-go's interop server, and .proto files."""

    our_schema = "--proto", "grpc/testing/test.proto", "-I", str(PROTOS)
    their_schema = "-proto", "grpc/testing/test.proto", "-import-path", str(PROTOS)

    def setUp(self):
        self.start(go_interop_server)

    def test_lists(self):
        self.agree_on_lists()

    def test_services(self):
        for service in "TestService", "UnimplementedService":
            self.agree_on_service(f"grpc.testing.{service}")

    def test_messages(self):
        for message in "Payload", "SimpleRequest", "StreamingOutputCallRequest":
            self.agree_on_message(f"grpc.testing.{message}")

    def test_enums(self):
        self.agree_on_enum("grpc.testing.PayloadType")

    def test_descriptors(self):
        self.agree_on_descriptors("grpc.testing.TestService")

    def test_calls_of_every_kind(self):
        service = "grpc.testing.TestService"
        replies = {"responseParameters": [{"size": 9}, {"size": 0}, {"size": 65536}]}
        payload = {"payload": {"body": "AAEC"}}
        self.agree_on_replies(f"{service}/EmptyCall", {})
        self.agree_on_replies(f"{service}/UnaryCall", {"responseSize": 9} | payload)
        self.agree_on_replies(f"{service}/StreamingOutputCall", replies)
        self.agree_on_replies(f"{service}/StreamingInputCall", payload, payload)
        self.agree_on_replies(f"{service}/FullDuplexCall", replies, payload, replies)

    def test_calls_that_fail(self):
        service = "grpc.testing.TestService"
        request = {"responseStatus": {"code": 9, "message": "wet paint"}}
        shown = self.agree_on_replies(f"{service}/UnaryCall", request, exit_code=73)
        self.assertIn("wet paint", shown)
        self.agree_on_replies(f"{service}/UnimplementedCall", {}, exit_code=76)

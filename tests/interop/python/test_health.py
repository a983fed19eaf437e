"""grpcio-health-checking, the peer's client of grpc.health.v1, on our server."""

import unittest

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from peer_client import PeerClient
from processes import our_server


class PeerHealthCheckOnOurServer(unittest.TestCase):
    def setUp(self):
        client = self.enterContext(PeerClient(self.enterContext(our_server())))
        self.stub = HealthStub(client.channel)

    def status(self, service):
        return self.stub.Check(HealthCheckRequest(service=service)).status

    def test_the_server_as_a_whole_is_serving(self):
        self.assertEqual(self.status(""), HealthCheckResponse.SERVING)

    def test_route_guide_is_serving(self):
        self.assertEqual(self.status("RouteGuide"), HealthCheckResponse.SERVING)

    def test_a_service_it_does_not_have_is_not_found(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.status("NoSuchService")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)

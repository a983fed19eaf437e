"""grpcio-reflection, the peer's client of grpc.reflection.v1alpha, on our server."""

import unittest

from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

import person_pb2
import route_guide_pb2
from peer_client import PeerClient
from processes import our_server


class PeerReflectionOnOurServer(unittest.TestCase):
    def setUp(self):
        client = self.enterContext(PeerClient(self.enterContext(our_server())))
        self.database = ProtoReflectionDescriptorDatabase(client.channel)
        self.pool = DescriptorPool(self.database)

    def test_lists_our_services(self):
        services = set(self.database.get_services())
        expected = {
            "RouteGuide",
            "grpc.health.v1.Health",
            "grpc.reflection.v1alpha.ServerReflection",
        }
        self.assertEqual(expected - services, set())

    def test_describes_the_methods_as_protos_does(self):
        self.assertEqual(
            methods(self.pool.FindServiceByName("RouteGuide")),
            methods(route_guide_pb2.DESCRIPTOR.services_by_name["RouteGuide"]),
        )

    def test_describes_the_messages_as_protos_does(self):
        for generated in (
            route_guide_pb2.Name,
            person_pb2.Person,
            person_pb2.Person.Address,
        ):
            expected = generated.DESCRIPTOR
            found = self.pool.FindMessageTypeByName(expected.full_name)
            self.assertEqual(fields(found), fields(expected))

    def test_describes_the_enum_as_protos_does(self):
        found = self.pool.FindEnumTypeByName("Person.Gender")
        self.assertEqual(
            {value.name: value.number for value in found.values},
            dict(person_pb2.Person.Gender.items()),
        )


def methods(service):
    return {
        method.name: (
            method.input_type.full_name,
            method.client_streaming,
            method.output_type.full_name,
            method.server_streaming,
        )
        for method in service.methods
    }


def fields(message):
    return {
        field.name: (
            field.number,
            field.type,
            field.is_repeated,
            field.has_presence,
            field.json_name,
            field.message_type and field.message_type.full_name,
            field.enum_type and field.enum_type.full_name,
        )
        for field in message.fields
    }

"""specimens.Echo on grpcio: a service that our client has to ask about.

Its reflection is grpcio-reflection's, which speaks v1alpha only. Its health is
grpcio-health-checking's, with a service that is up and one that is not.
"""

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse
from grpc_reflection.v1alpha import reflection

import serving
import specimens_pb2_grpc
from specimens_pb2 import Collection, Specimen

#: The service that is not serving.
DOWN = "specimens.UnderRepair"


class Echo(specimens_pb2_grpc.EchoServicer):
    def One(self, request, context):
        return request

    def Spread(self, request, context):
        yield from request.specimens

    def Collect(self, request_iterator, context):
        return Collection(specimens=request_iterator)

    def Each(self, request_iterator, context):
        yield from request_iterator

    def Fail(self, request, context):
        self._end(request, context)

    def FailLater(self, request, context):
        for _ in range(request.after):
            yield Specimen()
        self._end(request, context)

    @staticmethod
    def _end(request, context):
        [code] = (code for code in grpc.StatusCode if code.value[0] == request.code)
        context.abort(code, request.message)


def register(server):
    specimens_pb2_grpc.add_EchoServicer_to_server(Echo(), server)
    checks = health.HealthServicer()
    checks.set("specimens.Echo", HealthCheckResponse.SERVING)
    checks.set(DOWN, HealthCheckResponse.NOT_SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    names = "specimens.Echo", "grpc.health.v1.Health", reflection.SERVICE_NAME
    reflection.enable_server_reflection(names, server)


if __name__ == "__main__":
    serving.serve(register)

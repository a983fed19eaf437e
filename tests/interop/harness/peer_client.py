"""RouteGuide's client on grpcio: what our server is tested with."""

import json

import grpc

import processes
import route_guide_pb2_grpc
from route_guide_pb2 import Name

_OPTIONS = {
    # A proxy of the environment would be asked for loopback addresses too.
    "grpc.enable_http_proxy": 0,
    # A deadline for every call on the channel, also for those that other
    # packages make on it, so that a hang becomes a failure.
    "grpc.service_config": json.dumps(
        {"methodConfig": [{"name": [{}], "timeout": f"{processes.LIMIT}s"}]}
    ),
}


class PeerClient:
    """A client on a connection of its own; a context manager that closes it.

    With channel credentials it calls over TLS.
    """

    def __init__(self, port=None, *, target=None, credentials=None):
        target = target or f"127.0.0.1:{port}"
        options = list(_OPTIONS.items())
        if credentials:
            self.channel = grpc.secure_channel(target, credentials, options)
        else:
            self.channel = grpc.insecure_channel(target, options)
        self._stub = route_guide_pb2_grpc.RouteGuideStub(self.channel)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def get_person(self, name):
        return self._stub.GetPerson(Name(name=name))

    def get_person_later(self, name):
        """The call, which is a future of the person."""
        return self._stub.GetPerson.future(Name(name=name))

    def get_people(self, names):
        """The call: an iterator of people that also has a status.

        `names` is read on a thread of grpcio's and sent with a DATA frame for
        each. Replies are not read ahead: iterating is what reads them.
        """
        return self._stub.GetPeople(Name(name=name) for name in names)

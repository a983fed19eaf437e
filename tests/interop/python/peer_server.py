"""RouteGuide on grpcio: what our client is tested against.

    peer_server.py [PEOPLE.json]

Like the tutorial's server it answers GetPerson for an unknown name with a
person named "Not Found", and GetPeople skips unknown names. One name,
`REFUSED`, gets a status instead, for the client must treat both alike. It has no
reflection: our client knows RouteGuide without.
"""

import functools
import json
import pathlib
import sys

import grpc
from google.protobuf import json_format

import people
import route_guide_pb2_grpc
import serving
from person_pb2 import Person

#: Not ASCII, because a status message is percent-encoded on the wire.
REFUSED = "Zoë"


class RouteGuide(route_guide_pb2_grpc.RouteGuideServicer):
    def __init__(self, known):
        self._known = {person.name: person for person in known}

    def GetPerson(self, request, context):
        if request.name == REFUSED:
            context.abort(grpc.StatusCode.NOT_FOUND, f"nobody is called {request.name}")
        return self._known.get(request.name, Person(name="Not Found"))

    def GetPeople(self, request_iterator, context):
        # grpcio sends a DATA frame for each yielded message.
        for request in request_iterator:
            if person := self._known.get(request.name):
                yield person


def main():
    known = people.TUTORIAL
    if arguments := sys.argv[1:]:
        records = json.loads(pathlib.Path(arguments[0]).read_text(encoding="utf-8"))
        known = [json_format.ParseDict(record, Person()) for record in records]
    serving.serve(
        functools.partial(
            route_guide_pb2_grpc.add_RouteGuideServicer_to_server, RouteGuide(known)
        )
    )


if __name__ == "__main__":
    main()

"""The people of the tests, and the file in which both servers take them."""

import json
import tempfile

from google.protobuf import json_format

from person_pb2 import Person

ALICE = Person(
    name="Alice",
    age=30,
    gender=Person.FEMALE,
    hobbies=["reading", "swimming"],
    address=Person.Address(street="123 Main St", city="New York"),
)
BOB = Person(
    name="Bob",
    age=25,
    gender=Person.MALE,
    hobbies=["gaming", "cycling"],
    address=Person.Address(street="456 Elm St", city="Los Angeles"),
)
#: Whom both servers know when they are given no file.
TUTORIAL = (ALICE, BOB)

#: What the two implementations could write or read differently: absent beside
#: empty, the ends of a range, an enum number without a name (proto3 enums are
#: open), and everything that JSON and the text format escape.
AWKWARD = (
    Person(name="nothing else"),
    Person(name="empty address", address=Person.Address()),
    Person(name="youngest", age=-(2**31)),
    Person(name="oldest", age=2**31 - 1),
    Person(name="unnamed gender", gender=7),
    Person(name="empty hobby", hobbies=["", "", "x"]),
    Person(name="Zoë 佐江 👩‍🚀"),
    Person(name='"quoted" \\ \'back\'', hobbies=["\0\x01\t\r\n\x7f\x80\u2028\u202e\ufeff"]),
)


def write_file(people):
    """Writes `people` as a proto3 JSON array; a temporary file that the caller closes."""
    file = tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8")
    json.dump([json_format.MessageToDict(person) for person in people], file)
    file.flush()
    return file

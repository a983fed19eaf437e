"""Requests for specimens.Echo: what JSON writes in ways of its own."""

#: What grpcurl reads and prints as the JSON mapping says.
ORDINARY = (
    {},
    {
        "truth": True,
        "signed32": -(2**31),
        "zigzag32": -1,
        "fixedSigned32": 2**31 - 1,
        "unsigned32": 2**32 - 1,
        "fixed32": 1,
        "signed64": str(-(2**63)),
        "zigzag64": "-1",
        "fixedSigned64": str(2**63 - 1),
        "unsigned64": str(2**64 - 1),
        # The first integer that a double cannot hold.
        "fixed64": str(2**53 + 1),
        "single": 0.1,
        "twice": 0.1,
        "text": '\0\x7f\u2028\u202e<>&"\\/ Zoë 佐江 👩‍🚀',
        "blob": "AP+/fg==",
        "colour": "GREEN",
    },
    {"twice": "NaN", "single": "Infinity", "manyDoubles": ["-Infinity", 1e300, 5e-324, 2.0**60]},
    {"single": 1.17549435e-38, "twice": 1.7976931348623157e308},
    # proto3 enums are open.
    {"colour": 7, "manyColours": ["RED", "NO_COLOUR", 99]},
    {"inner": {}, "perhaps": 0, "otherName": "x"},
    # Names are taken as they are in the .proto file, and printed as they are in JSON.
    {"signed_32": 1, "renamed": "x", "many_texts": [""]},
    {"manyNumbers": ["1", 2, "-3"], "manyTexts": ["", "a"], "manyInner": [{}, {"text": "x"}]},
    {"byText": {"": "0", "a": "1"}, "byNumber": {"-1": {}, "2": {"text": "x"}}},
    {"byTruth": {"true": "RED", "false": "NO_COLOUR"}},
    {"chosenText": ""},
    {"chosenNumber": "0"},
    {"chosenSpecimen": {"inner": {"inner": {}}}},
    {"when": "1970-01-01T00:00:00Z"},
    {"when": "2024-02-29T12:34:56.5+09:00"},
    {"when": "0001-01-01T00:00:00Z"},
    {"when": "9999-12-31T23:59:59.999999999Z"},
    {"howLong": "0s"},
    {"howLong": "-1.5s"},
    {"howLong": "0.000000001s"},
    {"howLong": "1.000001s"},
    {"anything": {"a": None, "b": [1, "x", True, {"c": {}}], "d": 1.5}},
    {"anyValue": None, "anyList": [None, 1]},
    {"anyValue": []},
    {"anyMessage": {"@type": "type.googleapis.com/specimens.Ending", "code": 5}},
    {"anyMessage": {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "1.5s"}},
    {"maybeNumber": str(-(2**63)), "maybeText": "", "maybeBlob": "AA==", "maybeTruth": False},
)

#: What grpcurl 1.9.4 refuses, loses or prints otherwise, and what it makes of it.
BEYOND_GRPCURL = (
    # {}
    {"twice": -0.0},
    # null
    {"maybeBlob": ""},
    # Refused both: it reads no field mask from a string, and no duration that
    # Go's own type cannot hold.
    {"which": "a,b.cD"},
    {"howLong": "315576000000s"},
)

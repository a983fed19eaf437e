"""Picks methods, fields and values out of .proto source.

Two programs lay the same source out differently, and write a type's name in
full or as far as its scope needs. So names are compared by their last part, and
everything without regard to order.
"""

import re

_TYPE = r"(stream\s+)?([\w.]+)"
_METHOD = re.compile(rf"\brpc\s+(\w+)\s*\(\s*{_TYPE}\s*\)\s*returns\s*\(\s*{_TYPE}\s*\)")
_FIELD = re.compile(
    r"^\s*(optional\s+|repeated\s+)?(map\s*<[^>]+>|[\w.]+)\s+(\w+)\s*=\s*(\d+)", re.MULTILINE
)
_VALUE = re.compile(r"^\s*(\w+)\s*=\s*(-?\d+)", re.MULTILINE)


def methods(source):
    """Name, `stream` or nothing and the request's type, the same for the reply."""
    return {
        (name, asks.strip(), _last(request), answers.strip(), _last(reply))
        for name, asks, request, answers, reply in _METHOD.findall(_code(source))
    }


def fields(source):
    """Label, type, name and number of each, nested messages included."""
    return {
        (label.strip(), _type(kind), name, int(number))
        for label, kind, name, number in _FIELD.findall(_code(source))
    }


def values(source):
    """Name and number of each enum value, nested enums included."""
    return {(name, int(number)) for name, number in _VALUE.findall(_code(source))}


def _code(source):
    return re.sub(r"//.*", "", source)


def _type(kind):
    if kind.startswith("map"):
        key, value = re.split(r"[<,>]", kind)[1:3]
        return f"map<{key.strip()}, {_last(value.strip())}>"
    return _last(kind)


def _last(name):
    return name.rpartition(".")[2]

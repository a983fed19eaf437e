"""Reads JSON values that follow each other, with or without space between."""

import json

_DECODER = json.JSONDecoder()


def values(text):
    """All values of `text`, in order."""
    found, at = [], 0
    while text := text[at:].lstrip():
        value, at = _DECODER.raw_decode(text)
        found.append(value)
    return found

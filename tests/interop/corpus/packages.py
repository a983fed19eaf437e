"""The descriptors of the Python packages that are installed: schemas that others wrote, for many purposes."""

import importlib
import pathlib
import sysconfig

from google.protobuf.descriptor_pb2 import FileDescriptorSet


def descriptor_set():
    """A FileDescriptorSet of every file that generated modules hold.

    Modules that cannot be imported are left out: they contradict others, or need
    other versions of them. Importing the rest registers the extensions among
    them, so that custom options are compared by value.
    """
    root = pathlib.Path(sysconfig.get_path("purelib"))
    files = {}
    for path in sorted(root.rglob("*_pb2.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        try:
            module = importlib.import_module(name)
        except (ImportError, TypeError):
            continue
        if found := getattr(module, "DESCRIPTOR", None):
            files[found.name] = found.serialized_pb
    schema = FileDescriptorSet()
    for content in files.values():
        schema.file.add().ParseFromString(content)
    return schema

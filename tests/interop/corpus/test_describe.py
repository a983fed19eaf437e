"""`describe` on hundreds of files: what it prints, protoc compiles to the descriptors that it was printed from."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import grpc_tools
from google.protobuf import json_format
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorSet

import packages
from processes import LIMIT, our_client

#: The .proto files that protoc brings along.
INCLUDE = pathlib.Path(grpc_tools.__file__).parent / "_proto"


class DescribeOnPackages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = packages.descriptor_set()
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.protoset = cls.folder / "packages.binpb"
        cls.protoset.write_bytes(cls.schema.SerializeToString())
        cls.sources = cls.folder / "sources"
        cls.printed = our_client(
            "describe", "--all", "--protoset", cls.protoset, "--proto-out", cls.sources
        )

    def setUp(self):
        self.assertEqual(self.printed.returncode, 0, self.printed.stderr)
        self.assertGreater(len(self.schema.file), 700)

    def test_protoc_compiles_the_source_to_the_same_descriptors(self):
        names = {str(path.relative_to(self.sources)) for path in self.sources.rglob("*.proto")}
        expected = {file.name: normalized(file) for file in self.schema.file}
        left_out = expected.keys() - names
        # Those have to be protobuf's own.
        self.assertEqual({name for name in left_out if not (INCLUDE / name).is_file()}, set())
        for file in self.compile(sorted(names)).file:
            self.assertEqual(normalized(file), expected[file.name], file.name)
            names.remove(file.name)
        self.assertEqual(names, set())

    def compile(self, names):
        compiled = self.folder / "compiled.binpb"
        done = subprocess.run(
            [
                *(sys.executable, "-m", "grpc_tools.protoc"),
                *(f"-I{self.sources}", f"-I{INCLUDE}", f"-o{compiled}", *names),
            ],
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return FileDescriptorSet.FromString(compiled.read_bytes())

    def test_the_source_on_stdout_is_the_same(self):
        for path in self.sources.rglob("*.proto"):
            name = path.relative_to(self.sources)
            self.assertIn(f"// {name}\n{path.read_text()}", self.printed.stdout)

    def test_json_is_what_protobuf_makes_of_the_descriptors(self):
        done = our_client("describe", "-o", "json", "--protoset", self.protoset)
        self.assertEqual(done.returncode, 0, done.stderr)
        ours = {file["name"]: file for file in json.loads(done.stdout)["file"]}
        self.assertEqual(len(ours), len(self.schema.file))
        for file in self.schema.file:
            self.assertEqual(ours[file.name], json_format.MessageToDict(file), file.name)


def normalized(file):
    """A copy without what compilers do differently: JSON names that follow from the
    field's name may be left out, and numbers may have more digits than they need.
    Options that are empty have no source."""
    copy = type(file)()
    copy.CopyFrom(file)
    normalize(copy)
    return copy


def normalize(element):
    """A descriptor and all descriptors within it."""
    if isinstance(element, FieldDescriptorProto):
        element.json_name = element.json_name or json_name(element.name)
        if element.extendee:
            # Never used.
            element.ClearField("json_name")
        if element.type in (element.TYPE_DOUBLE, element.TYPE_FLOAT) and element.default_value:
            element.default_value = repr(float(element.default_value))
    for field, value in element.ListFields():
        if field.name == "options":
            if not value.ByteSize():
                element.ClearField("options")
        elif field.message_type and field.is_repeated:
            for nested in value:
                normalize(nested)


def json_name(name):
    return re.sub("_+(.?)", lambda found: found[1].upper(), name)


if __name__ == "__main__":
    unittest.main()

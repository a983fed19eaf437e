"""The Debian package, built by cargo-deb from Cargo.toml, and listed by dpkg-deb."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parents[3]


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise AssertionError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


class DebianPackage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        # As packaging/deb/build does, with the program that is tested.
        release, made = ROOT / "target/release/routeguide", ROOT / "target/package"
        program = pathlib.Path(os.environ["ROUTEGUIDE_BIN"])
        if not release.exists():
            release.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(program, release)
            cls.addClassCleanup(release.unlink)
        shutil.rmtree(made, ignore_errors=True)
        cls.addClassCleanup(shutil.rmtree, made)
        run(str(program), "man", str(made / "man"))
        cls.package = cls.folder / "routeguide.deb"
        build = [os.environ["CARGO_DEB_BIN"], "--no-build", "--locked", "--fast"]
        run(*build, "--output", str(cls.package))
        run("dpkg-deb", "--raw-extract", str(cls.package), str(cls.folder / "tree"))

    def holds(self, path):
        self.assertTrue((self.folder / "tree" / path).is_file(), path)

    def test_it_holds_the_program(self):
        self.holds("usr/bin/routeguide")

    def test_it_holds_the_units(self):
        self.holds("usr/lib/systemd/system/routeguide.service")
        self.holds("usr/lib/systemd/system/routeguide.socket")

    def test_it_holds_the_manual_pages(self):
        self.holds("usr/share/man/man1/routeguide.1.gz")
        self.holds("usr/share/man/man1/routeguide-serve.1.gz")

    def test_it_holds_the_completions(self):
        self.holds("usr/share/bash-completion/completions/routeguide")
        self.holds("usr/share/zsh/vendor-completions/_routeguide")
        self.holds("usr/share/fish/vendor_completions.d/routeguide.fish")

    def test_its_server_is_not_started_by_the_installation(self):
        script = (self.folder / "tree/DEBIAN/postinst").read_text()
        self.assertNotIn("deb-systemd-invoke start", script)

    def test_it_depends_on_the_c_library_that_it_was_built_with(self):
        self.assertIn("libc6", run("dpkg-deb", "--field", str(self.package), "Depends"))

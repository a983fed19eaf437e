"""Certificates of an authority of their own, made with openssl."""

import pathlib
import subprocess
import tempfile


def _openssl(*arguments, stdin=None):
    argv = ["openssl", *map(str, arguments)]
    subprocess.run(argv, check=True, capture_output=True, input=stdin)


class Authority:
    """An authority; a context manager. Its files are in a folder that goes with it."""

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self._folder.name)
        self.ca = self.folder / "ca.pem"
        name = ("-subj", "/CN=Interop CA", "-days", "2", "-nodes")
        key = ("-newkey", "rsa:2048", "-keyout", self.folder / "ca.key")
        _openssl("req", "-x509", *key, "-out", self.ca, *name)
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def issue(self, name, *names):
        """The files of a certificate for these alternative names, and of its key."""
        certificate, key = (self.folder / f"{name}.{end}" for end in ("pem", "key"))
        request = self.folder / f"{name}.csr"
        new = ("-newkey", "rsa:2048", "-nodes", "-keyout", key)
        _openssl("req", *new, "-out", request, "-subj", f"/CN={name}")
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={','.join(names) or 'DNS:' + name}\n")
        signer = ("-CA", self.ca, "-CAkey", self.folder / "ca.key", "-CAcreateserial")
        validity = ("-days", "2", "-extfile", extensions)
        _openssl("x509", "-req", "-in", request, *signer, *validity, "-out", certificate)
        return certificate, key

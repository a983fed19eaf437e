"""A TCP relay that counts the HTTP/2 frames it passes on.

The tests of small frames prove nothing if the peer puts many messages into one
frame, and whether it does is up to its version and its buffers. So they count.
That a call has begun, or was cancelled, shows nowhere but in the frames either.
Frame layout: RFC 9113, section 4.1; the kinds: section 6.
"""

import collections
import socket
import threading
import time

import processes

DATA = 0
HEADERS = 1
RST_STREAM = 3

_PREFACE = len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
_HEADER = 9


class Relay:
    """Passes one connection on to `port`; a context manager.

    `frames` has their number by direction, "to server" and "to client", and by
    kind. DATA frames without content do not count.
    """

    def __init__(self, port):
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open = [self._listener]
        self.port = self._listener.getsockname()[1]
        self.frames = collections.Counter()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self._open:
            # Closing alone would not wake the thread that waits on it.
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()

    def wait_for(self, name, kind):
        """Waits for the first frame of the kind."""
        end = time.monotonic() + processes.LIMIT
        while not self.frames[name, kind]:
            if time.monotonic() > end:
                raise AssertionError(f"no frame {name} of kind {kind}: {self.frames}")
            time.sleep(0.01)

    def _accept(self):
        try:
            client, _ = self._listener.accept()
            self._open.append(client)
            server = socket.create_connection(self._target)
            self._open.append(server)
        except OSError:
            return
        for each in client, server:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for source, sink, name, preface in (
            (client, server, "to server", _PREFACE),
            (server, client, "to client", 0),
        ):
            threading.Thread(
                target=self._copy, args=(source, sink, name, preface), daemon=True
            ).start()

    def _copy(self, source, sink, name, skip):
        pending = bytearray()
        try:
            while received := source.recv(65536):
                pending += received
                skip = self._count(pending, name, skip)
                sink.sendall(received)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _count(self, pending, name, skip):
        """Takes whole headers and payloads off `pending`; returns what is left to skip."""
        at = 0
        while True:
            step = min(skip, len(pending) - at)
            at, skip = at + step, skip - step
            if len(pending) - at < _HEADER:
                del pending[:at]
                return skip
            length, kind = int.from_bytes(pending[at : at + 3], "big"), pending[at + 3]
            self.frames[name, kind] += kind != DATA or length > 0
            at, skip = at + _HEADER, length

"""A page in Chromium that calls other origins when it is told to.

A web server has the page, and the page asks it for the next call and posts what became of it.
"""

import contextlib
import http.server
import json
import os
import pathlib
import queue
import re
import tempfile
import threading
from dataclasses import dataclass, field

from browser import ALONE
from processes import chromium, wait_for

#: Seconds for a call of the page, and for the browser to show the page before the first one.
_LIMIT = 60

#: What the page tells of a reply.
_REPLIED = object()

_HTML = (pathlib.Path(__file__).parent / "page" / "index.html").read_bytes()


def _nothing():
    pass


@dataclass(frozen=True)
class Client:
    """A library and how it is told to call."""

    library: str
    #: Only connect-web has the choice.
    protocol: str = "grpc-web"
    options: dict = field(default_factory=dict)

    def __str__(self):
        return f"{self.library}, {self.protocol}, {self.options}"


CONNECT = tuple(Client("connect-web", "connect", {"useBinaryFormat": binary}) for binary in (True, False))
#: They do so for methods without side effects alone.
CONNECT_GETS = tuple(
    Client(client.library, client.protocol, client.options | {"useHttpGet": True}) for client in CONNECT
)
GRPC_WEB_BINARY = Client("grpc-web", options={"format": "binary"})

CLIENTS = (
    *CONNECT,
    *CONNECT_GETS,
    Client("connect-web", options={"useBinaryFormat": True}),
    Client("connect-web", options={"useBinaryFormat": False}),
    Client("grpc-web", options={"format": "text"}),
    GRPC_WEB_BINARY,
)
#: In its binary format, grpc-web has no streams.
STREAMING = tuple(client for client in CLIENTS if client != GRPC_WEB_BINARY)


class Page:
    """A context manager; `origin` is the page's."""

    def __init__(self, *arguments):
        self._arguments = arguments
        self._calls = queue.SimpleQueue()
        self._outcomes = queue.SimpleQueue()
        self._is_stuck = False
        self._resources = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as resources:
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
            resources.callback(server.server_close)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            resources.callback(server.shutdown)
            # Ends the request that waits for the next call.
            resources.callback(self._calls.put, None)
            self.origin = f"http://127.0.0.1:{server.server_port}"
            # The browser's processes may write to it a little longer than the first one lives.
            profile = resources.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            argv = [*ALONE, f"--user-data-dir={profile}", "--enable-logging=stderr", *self._arguments]
            self._said = resources.enter_context(chromium(*argv, f"{self.origin}/"))
            self._resources = resources.pop_all()
        return self

    def __exit__(self, *_):
        self._resources.close()

    def call(self, client, server, method, message, metadata=None, timeout=None, most=None, when_replied=_nothing):
        """Has the page call; what it tells of the call.

        `most` is the number of replies after which it cancels the call, and `when_replied` is called after the first one of
        a stream.
        """
        service, _, method = method.rpartition("/")
        self._calls.put(
            {
                "library": client.library,
                "protocol": client.protocol,
                "options": client.options,
                "server": server,
                "service": service,
                "method": method,
                "message": message,
                "metadata": metadata or {},
                "timeout": timeout,
                "most": most,
            }
        )
        while (outcome := self._told()) is _REPLIED:
            when_replied()
            when_replied = _nothing
        if "failure" in outcome:
            raise AssertionError(f"the page fails: {outcome['failure']}")
        return outcome

    def _told(self):
        if self._is_stuck:
            raise AssertionError("the page did not answer before")
        try:
            return self._outcomes.get(timeout=_LIMIT)
        except queue.Empty:
            self._is_stuck = True
            raise AssertionError(f"the page does not answer; the browser says:\n{self._said()}") from None

    def blocked(self, server):
        """How many requests to a server the browser has said that it blocked."""
        return len(re.findall(rf"at '{server}/\S+' .*blocked by CORS policy", self._said()))

    def wait_until_blocked(self, server, count):
        """Waits for the browser to say that it blocked so many."""
        wait_for(lambda: self.blocked(server) >= count, "the browser to block a request")

    def _handler(self):
        calls, outcomes = self._calls, self._outcomes
        files = {
            "/": ("text/html", _HTML),
            "/page.js": ("text/javascript", pathlib.Path(os.environ["BROWSER_PAGE"]).read_bytes()),
        }

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path == "/next":
                    self._answer("application/json", json.dumps(calls.get()).encode())
                elif self.path in files:
                    self._answer(*files[self.path])
                else:
                    self.send_error(404)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outcomes.put(_REPLIED if self.path == "/replied" else json.loads(body))
                self._answer("text/plain", b"")

            def _answer(self, kind, body):
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler

"""`routeguide serve` as pages call it, and what its log says of their calls."""

import contextlib
import re
from dataclasses import dataclass

from processes import our_client, our_verbose_server, wait_for

_LINE = re.compile(r"\* (/\S+) (\S+) in \S+ from (\S+): .* id (\S+)")


@dataclass(frozen=True)
class Call:
    method: str
    code: str
    peer: str
    id: str


class Served:
    """A server by its URL and its log. `stop` tells it to stop."""

    def __init__(self, scheme, port, log, stop):
        self.url = f"{scheme}://127.0.0.1:{port}"
        self._address = f"127.0.0.1:{port}"
        self._log = log
        self.stop = stop

    def calls(self):
        """The calls that have ended. What a browser asks before a call is none."""
        lines = (_LINE.match(line) for line in self._log().splitlines())
        return [Call(line[1], line[2], line[3], line[4]) for line in lines if line]

    def all_calls(self):
        """All calls that were made up to now: one more ends behind them, on the server's only thread."""
        done = our_client("get-person", "Bob", "--addr", self._address, "-H", "x-request-id: last")
        if done.returncode:
            raise AssertionError(done.stderr)
        wait_for(lambda: any(call.id == "last" for call in self.calls()), "the last call in the log")
        return [call for call in self.calls() if call.id != "last"]

    def wait_for_call(self, **wanted):
        """Waits for the end of a call that has these fields."""

        def found():
            calls = self.calls()
            return [call for call in calls if wanted.items() <= vars(call).items()]

        return wait_for(found, f"a call with {wanted} in the log")[0]


@contextlib.contextmanager
def served(*arguments, scheme="http"):
    """A context manager of a server on one thread that knows when someone is not found."""
    with our_verbose_server("--missing", "status", "--threads", "1", *arguments) as server:
        yield Served(scheme, *server)

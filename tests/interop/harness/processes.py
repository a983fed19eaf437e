"""Starts routeguide and its peers, and waits for them with a limit.

Every wait in the suites is bounded by `LIMIT`, so that a hang becomes a failure;
nothing passes or fails by a clock otherwise. Whatever survives an interrupted
suite, `run` ends with the suite's process group.
"""

import contextlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

#: Seconds. Far more than anything here takes on a slow and busy machine.
LIMIT = 120

_INTEROP = pathlib.Path(__file__).parents[1]
#: The .proto files of the services that are not RouteGuide; an import path.
PROTOS = _INTEROP / "protos"
#: Those of RouteGuide.
ROUTEGUIDE_PROTOS = _INTEROP.parents[1] / "protos"


def our_server(*arguments):
    """`routeguide serve` on a free port; a context manager of the port."""
    return _server(_ours("serve", "--listen", "127.0.0.1:0", *arguments), _bare_environment())


@contextlib.contextmanager
def our_verbose_server(*arguments):
    """`routeguide serve` on a free port; a context manager of the port, and of functions that read its log and stop it."""
    argv = _ours("serve", "--listen", "127.0.0.1:0", "--verbose", *arguments)
    with _background(argv, _bare_environment()) as (process, log):
        yield _port(process, log), lambda: _text(log), process.terminate


def our_unix_server():
    """`routeguide serve` on a Unix socket; a context manager of the socket's path."""
    return _unix_server(_ours("serve", "--listen"))


def peer_server(*arguments):
    """RouteGuide on grpcio, without reflection; a context manager of the port."""
    return _python_server("peer_server.py", *arguments)


def specimen_server(*arguments):
    """specimens.Echo on grpcio, with reflection v1alpha; a context manager of the port."""
    return _python_server("specimen_server.py", *arguments)


def go_interop_server(*arguments):
    """grpc-go's interop server, which has no reflection; a context manager of the port."""
    # Where it listens it says on the level of information.
    environment = _bare_environment() | {"GRPC_GO_LOG_SEVERITY_LEVEL": "info"}
    return _server([os.environ["GO_INTEROP_SERVER_BIN"], "-port", "0", *arguments], environment)


@contextlib.contextmanager
def proxy(program, *arguments):
    """A proxy of Debian's on a free port; a context manager of the port.

    `PORT` in the arguments, or in a file that they name, is the port. The proxies
    say nothing when they are ready, so their port is tried until it answers.
    """
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    argv = [program, *(str(argument).replace("PORT", str(port)) for argument in arguments)]
    with _background(argv, os.environ) as (process, _):
        end = time.monotonic() + LIMIT
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > end:
                    raise AssertionError(f"{program} does not listen") from None
                time.sleep(0.02)
        yield port


@contextlib.contextmanager
def chromium(*arguments):
    """Chromium of Debian's; a context manager of a function that reads what it says."""
    with _background(["chromium", *arguments], os.environ) as (_, log):
        yield lambda: _text(log)


def wait_for(condition, what):
    """Waits until a function returns something true, which is returned. `what` is said if it never does."""
    end = time.monotonic() + LIMIT
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.02)
    return found


def our_client(*arguments, stdin=""):
    """Runs routeguide to its end, with the text `stdin` as its standard input."""
    return _run(_ours(*arguments), stdin)


def grpcurl(*arguments, stdin=""):
    """Runs grpcurl to its end, with the text `stdin` as its standard input."""
    return _run(_grpcurl(*arguments), stdin)


def curl(*arguments):
    """Runs curl to its end."""
    return _run(["curl", "--disable", "--silent", "--show-error", *arguments], "")


def buf_curl(*arguments):
    """Runs `buf curl` to its end."""
    return _run([os.environ["BUF_BIN"], "curl", *arguments], "")


def h2spec(*arguments):
    """Runs h2spec to its end."""
    return _run([os.environ["H2SPEC_BIN"], *arguments], "")


def ghz(*arguments):
    """Runs ghz, a load generator on grpc-go, to its end."""
    return _run([os.environ["GHZ_BIN"], *arguments], "")


def running_client(*arguments, stdin):
    """routeguide while it runs, killed when it takes longer than `LIMIT`."""
    return _running(_ours(*arguments), stdin)


def running_grpcurl(*arguments, stdin):
    """grpcurl while it runs, killed when it takes longer than `LIMIT`."""
    return _running(_grpcurl(*arguments), stdin)


def _ours(*arguments):
    return [os.environ["ROUTEGUIDE_BIN"], *arguments]


def _grpcurl(*arguments):
    return [os.environ["GRPCURL_BIN"], "-plaintext", *arguments]


def _bare_environment():
    # Nothing of the caller's: no address, proxy, log level or settings file.
    return {"HOME": tempfile.gettempdir()}


def _run(argv, stdin):
    return subprocess.run(
        argv,
        env=_bare_environment(),
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT,
    )


@contextlib.contextmanager
def _running(argv, stdin):
    streams = {"stdin": stdin, "stdout": subprocess.PIPE, "encoding": "utf-8"}
    with _process(argv, _bare_environment(), **streams) as (process, _):
        # Ends a read of its output as well, and then the exit code tells.
        watchdog = threading.Timer(LIMIT, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()


def _python_server(script, *arguments):
    return _server([sys.executable, _INTEROP / "python" / script, *arguments], os.environ)


@contextlib.contextmanager
def _server(argv, environment):
    with _background(argv, environment) as (process, log):
        yield _port(process, log)


@contextlib.contextmanager
def _unix_server(argv):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "guide.sock")
        with _background([*argv, f"unix:{path}"], _bare_environment()) as (process, log):
            _listening(process, log, re.escape(f"unix:{path}"))
            yield path


def _background(argv, environment):
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    return _process(argv, environment, **streams)


@contextlib.contextmanager
def _process(argv, environment, **streams):
    """A process and the file with its stderr, which a failure quotes."""
    with tempfile.TemporaryFile() as log, subprocess.Popen(
        argv, env=environment, stderr=log, **streams
    ) as process:
        try:
            yield process, log
        except Exception as error:
            error.add_note(f"{argv[:2]} wrote to stderr: {_text(log)!r}")
            raise
        finally:
            process.terminate()
            try:
                process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _port(process, log):
    return int(_listening(process, log, r"\S*:(\d+)\b.*")[1])


def _listening(process, log, address):
    """Waits for the line that a server writes to stderr once it is ready; the match of `address`."""
    end = time.monotonic() + LIMIT
    while True:
        ended = process.poll() is not None
        if found := re.search(rf"listening on {address}\n", _text(log)):
            return found
        if ended or time.monotonic() > end:
            raise AssertionError("the server did not say where it listens")
        time.sleep(0.02)


def _text(log):
    # pread, for the file's offset is the process's too.
    size = os.fstat(log.fileno()).st_size
    return os.pread(log.fileno(), size, 0).decode(errors="replace")

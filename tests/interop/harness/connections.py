"""Counts the connections to a port, also those that have ended: a load test that made only one proves little."""

import threading

#: The tables of sockets, and in hexadecimal, as in proc_net(5), the address of 127.0.0.1 in each. grpcio connects to it by
#: IPv6.
_TABLES = {
    "/proc/net/tcp": "0100007F",
    "/proc/net/tcp6": "0000000000000000FFFF00000100007F",
}
_SECONDS_BETWEEN_LOOKS = 0.02


class Connections:
    """A context manager; `clients` has the ports of the clients that it has seen."""

    def __init__(self, port):
        self._port = port
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.clients = set()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _watch(self):
        while not self._over.wait(_SECONDS_BETWEEN_LOOKS):
            for table, loopback in _TABLES.items():
                server = f"{loopback}:{self._port:04X}"
                with open(table, encoding="ascii") as sockets:
                    for line in sockets:
                        _, local, remote, *_ = line.split()
                        if remote == server:
                            self.clients.add(local)

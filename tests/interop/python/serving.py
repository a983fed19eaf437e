"""What the servers on grpcio have in common: a free port, and saying which."""

import sys
from concurrent import futures

import grpc


def serve(register):
    """Serves what `register` adds to a server, until the process is ended."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"listening on 127.0.0.1:{port}", file=sys.stderr, flush=True)
    server.wait_for_termination()

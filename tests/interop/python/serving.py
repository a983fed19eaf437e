"""What the servers on grpcio have in common: a free port, and saying which.

With `--tls CERT KEY` they are called over TLS, with `--client-ca CA` they want a
certificate from their clients, and with `--gzip` they compress replies.
"""

import argparse
import pathlib
import sys
from concurrent import futures

import grpc


def serve(register):
    """Serves what `register` adds to a server, until the process is ended."""
    arguments = argparse.ArgumentParser(add_help=False)
    arguments.add_argument("--tls", nargs=2, type=pathlib.Path)
    arguments.add_argument("--client-ca", type=pathlib.Path)
    arguments.add_argument("--gzip", action="store_true")
    chosen, sys.argv[1:] = arguments.parse_known_args()

    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=8),
        compression=grpc.Compression.Gzip if chosen.gzip else None,
    )
    register(server)
    if chosen.tls:
        certificate, key = (path.read_bytes() for path in chosen.tls)
        ca = chosen.client_ca and chosen.client_ca.read_bytes()
        credentials = grpc.ssl_server_credentials([(key, certificate)], ca, bool(ca))
        port = server.add_secure_port("127.0.0.1:0", credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"listening on 127.0.0.1:{port}", file=sys.stderr, flush=True)
    server.wait_for_termination()

#!/usr/bin/env python3
"""What stands around the image in ci/prove-image.sh: a name server like a cluster's, and TLS before MLflow.

    image-servers.py dns ADDRESS LOG NAME=IP...
    image-servers.py tls CERTIFICATE KEY UPSTREAM_PORT

`dns` answers A queries for exactly these names on port 53 of ADDRESS, says NXDOMAIN of any other, and
writes every question to LOG. `tls` listens on a free port of 127.0.0.1, prints it, and hands what it
decrypts to UPSTREAM_PORT. Both run until they are stopped; both are for loopback addresses only.
"""

import socket
import ssl
import struct
import sys
import threading

A, SECONDS = 1, 5


def question(packet: bytes) -> tuple[str, int, int]:
    """Name and type that are asked for, and where the question ends."""
    labels, at = [], 12
    while length := packet[at]:
        labels.append(packet[at + 1 : at + 1 + length].decode("ascii").lower())
        at += length + 1
    return ".".join(labels), struct.unpack_from("!H", packet, at + 1)[0], at + 5


def answer(packet: bytes, known: dict[str, str]) -> tuple[str, bytes]:
    name, kind, end = question(packet)
    address = known.get(name) if kind == A else None
    code = 0 if name in known else 3
    head = packet[:2] + struct.pack("!5H", 0x8580 | code, 1, 1 if address else 0, 0, 0)
    body = packet[12:end]
    if address:
        body += struct.pack("!HHHIH", 0xC00C, A, 1, SECONDS, 4) + socket.inet_aton(address)
    return f"{name} {'A' if kind == A else kind} {address or ('empty' if name in known else 'NXDOMAIN')}", head + body


def dns(address: str, log: str, names: list[str]) -> None:
    known = dict(name.split("=") for name in names)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    with open(log, "w", buffering=1) as lines:
        while True:
            packet, client = server.recvfrom(4096)
            said, reply = answer(packet, known)
            lines.write(said + "\n")
            server.sendto(reply, client)


def copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    finally:
        for end in (source, sink):
            end.close()


def serve(context: ssl.SSLContext, client: socket.socket, port: int) -> None:
    try:
        secure = context.wrap_socket(client, server_side=True)
    except OSError:
        return  # The client does not trust the certificate, which is what one of the checks is about.
    upstream = socket.create_connection(("127.0.0.1", port))
    threading.Thread(target=copy, args=(upstream, secure), daemon=True).start()
    copy(secure, upstream)


def tls(certificate: str, key: str, port: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(context, client, int(port)), daemon=True).start()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["dns", address, log, *names]:
            dns(address, log, names)
        case ["tls", certificate, key, port]:
            tls(certificate, key, port)
        case _:
            sys.exit(__doc__)

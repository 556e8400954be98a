"""A program that hands its command, with its streams, to a warm `stack`, and ends as that ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys


def main(place: str, *arguments: str) -> None:
    body = json.dumps({"command": ["stack", *arguments], "folder": os.getcwd(), "env": {**os.environ}}).encode()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(place)
        socket.send_fds(connection, [body], [0, 1, 2])
        told = connection.recv(64)
    code = int(told or 1)
    if code < 0:
        os.kill(os.getpid(), signal.Signals(-code))
    os._exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])

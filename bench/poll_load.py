"""Screens that poll, in one process: ``python -m bench.poll_load PORT VIEWS_FILE``; a number of seconds per line read.

Each of a few connections asks again as soon as it was answered; the answers per second are the screens at 1 Hz that the
server could at most hold.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from itertools import cycle
from pathlib import Path

from bench.push_load import LOAD_CORE
from bench.push_server import one_core

CONNECTIONS = 24
OUTPUT = "..board.data...map.figure.."


def request(address: str, port: int) -> bytes:
    """The POST that a ``dcc.Interval`` on the page makes."""
    body = json.dumps({
        "output": OUTPUT,
        "outputs": [{"id": "board", "property": "data"}, {"id": "map", "property": "figure"}],
        "inputs": [{"id": "tick", "property": "n_intervals", "value": 7}],
        "state": [{"id": "view", "property": "data", "value": address}],
        "changedPropIds": ["tick.n_intervals"],
    }).encode()  # fmt: skip
    head = (
        f"POST /_dash-update-component HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def answered(data: bytes) -> int | None:
    """The bytes of the whole answer that begins these, or None while its head is not there."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    if not data.startswith(b"HTTP/1.1 200"):
        raise ConnectionError(data[:200].decode("latin-1"))
    head = data[:end].lower()
    at = head.index(b"content-length:") + 15
    return end + 4 + int(head[at:].split(b"\r\n", 1)[0])


class Pollers:
    """The connections and what each has received of its answer."""

    def __init__(self, port: int, views: list[str]) -> None:
        self._requests = cycle([request(v, port) for v in views])
        self._poll = select.epoll()
        self._socks: dict[int, socket.socket] = {}
        self._held: dict[int, bytearray] = {}
        for _ in range(CONNECTIONS):
            sock = socket.create_connection(("127.0.0.1", port), timeout=30)
            self._socks[sock.fileno()], self._held[sock.fileno()] = sock, bytearray()
            self._poll.register(sock.fileno(), select.EPOLLIN)
            sock.sendall(next(self._requests))

    def run(self, seconds: float) -> tuple[int, int]:
        """(answers, bytes) in so many seconds."""
        answers = size = 0
        until = time.monotonic() + seconds
        while (now := time.monotonic()) < until:
            for fd, _ in self._poll.poll(until - now):
                held = self._held[fd]
                held += self._socks[fd].recv(1 << 20)
                whole = answered(bytes(held[:2_000]))
                if whole is not None and len(held) >= whole:
                    answers += 1
                    size += whole
                    held.clear()
                    self._socks[fd].sendall(next(self._requests))
        return answers, size


def main(port: int, views: Path) -> None:
    """Poll for as long as each line says, and print what came."""
    one_core(LOAD_CORE)
    pollers = Pollers(port, json.loads(views.read_text("utf-8")))
    for line in sys.stdin:
        answers, size = pollers.run(float(line))
        print(json.dumps({"answers": answers, "bytes": size}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))

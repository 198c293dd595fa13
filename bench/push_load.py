"""Screens by the thousand in one process: ``python -m bench.push_load PORT VIEWS_FILE OUT``.

A WebSocket client that does no more than a bench needs: it opens sockets, subscribes each to one of the views in turn,
answers pings, says every few seconds how it is, as a page does (``--echo``; 0: never), and notes for every frame which
topic and number it has and when its first bytes were read. For each
line read, a number of screens, it opens those that are missing and writes the frames of some seconds to OUT.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import select
import socket
import struct
import time
from pathlib import Path

import numpy as np

from bench.push_server import one_core

LOAD_CORE = 1
BUFFER = 1 << 18
HEAD = 160
SETTLE_S = 4.0
OPENING_MAX = 100
GROW_MAX_S = 120.0
ECHO_S = 30.0


class Screen:
    """One socket: which view it is on, how much of the frame it reads is still to come, and what was cut off."""

    __slots__ = ("left", "open", "skip", "sock", "view")

    def __init__(self, sock: socket.socket, view: int) -> None:
        self.sock, self.view, self.skip, self.left, self.open = sock, view, 0, b"", False


def dial(port: int) -> socket.socket:
    """A connected socket on which the upgrade to a WebSocket was asked for."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=30)
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall(
        f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    sock.setblocking(False)
    return sock


def masked(opcode: int, payload: bytes) -> bytes:
    """A client's frame; the mask is zero, which the protocol allows and which leaves the payload as it is."""
    n = len(payload)
    size = bytes((0x80 | n,)) if n < 126 else b"\xfe" + struct.pack("!H", n)
    return bytes((0x80 | opcode,)) + size + b"\0\0\0\0" + payload


class Hall:
    """All screens of the bench."""

    def __init__(self, port: int, views: list[str], echo_s: float = ECHO_S) -> None:
        self._port, self._views, self._echo_s = port, views, echo_s
        self._turn: list[int] = []
        self._due, self._last = 0.0, time.monotonic()
        self._screens: dict[int, Screen] = {}
        self._poll = select.epoll()
        self._buffer = bytearray(BUFFER)
        self.opened = 0
        self.lost = 0
        self.full = 0
        self.frames: list[tuple[int, int, float]] = []
        self.noting = False

    def __len__(self) -> int:
        return len(self._screens)

    def grow(self, n: int) -> None:
        """Open sockets until there are ``n``, serving those that are open meanwhile."""
        deadline = time.monotonic() + GROW_MAX_S
        while self.opened < n and time.monotonic() < deadline:
            for _ in range(min(OPENING_MAX - (len(self) - self.opened), n - len(self))):
                sock = dial(self._port)
                self._screens[sock.fileno()] = Screen(sock, len(self._screens) % len(self._views))
                self._poll.register(sock.fileno(), select.EPOLLIN)
            self.serve(0.005)

    def serve(self, seconds: float) -> None:
        """Read what comes for so long."""
        until = time.monotonic() + seconds
        view = memoryview(self._buffer)
        while (now := time.monotonic()) < until:
            for fd, _ in self._poll.poll(until - now, 1024):
                screen = self._screens[fd]
                try:
                    n = screen.sock.recv_into(self._buffer)
                except BlockingIOError:
                    continue
                except ConnectionError:
                    n = 0
                if n:
                    self._read(screen, view[:n], time.monotonic())
                else:
                    self._drop(fd)
            if self._echo_s:
                self._echo(now)

    def _echo(self, now: float) -> None:
        """The screens in turn, each once in so many seconds."""
        self._due += (now - self._last) * len(self) / self._echo_s
        self._last = now
        said = masked(1, json.dumps({
            "k": "echo", "beat": time.time_ns() // 1_000_000, "state": "live", "build": "bench", "heap": 50_000_000,
        }).encode())  # fmt: skip
        while self._due >= 1:
            self._due -= 1
            self._turn = self._turn or list(self._screens)
            screen = self._screens.get(self._turn.pop())
            if screen is not None and screen.open:
                screen.sock.send(said)

    def _drop(self, fd: int) -> None:
        self._poll.unregister(fd)
        self._screens.pop(fd).sock.close()
        self.lost += 1

    def _read(self, screen: Screen, data: memoryview, now: float) -> None:
        """Walk over the frames in these bytes; only the first bytes of each are looked at."""
        if screen.left:
            data = memoryview(screen.left + bytes(data))
            screen.left = b""
        at, end = 0, len(data)
        if not screen.open:
            at = self._opening(screen, bytes(data))
        if screen.skip:
            step = min(screen.skip, end)
            screen.skip -= step
            at = step
        while at < end:
            head = bytes(data[at : at + HEAD])
            size, start = frame_size(head)
            if size < 0 or len(head) < min(HEAD, start + size):
                screen.left = bytes(data[at:])
                return
            self._note(screen, head, start, size, now)
            screen.skip = max(0, at + start + size - end)
            at += start + size

    def _opening(self, screen: Screen, answer: bytes) -> int:
        """Take the answer to the upgrade and subscribe; how many of the bytes belonged to it."""
        end = answer.find(b"\r\n\r\n") + 4
        if end < 4:
            screen.left = answer
            return len(answer)
        if b" 101 " not in answer[:end]:
            raise ConnectionError(answer[:100].decode("latin-1"))
        screen.open = True
        self.opened += 1
        screen.sock.send(masked(1, json.dumps({"k": "sub", "view": self._views[screen.view]}).encode()))
        return end

    def _note(self, screen: Screen, head: bytes, start: int, size: int, now: float) -> None:
        opcode = head[0] & 0x0F
        if opcode == 9:
            screen.sock.send(masked(10, head[start : start + size]))
        elif opcode == 2 or head.startswith(b'{"k":"full"', start):
            self.full += 1
        elif self.noting and head.startswith(b'{"k":"delta"', start):
            i = head.index(b'"seq":', start) + 6
            self.frames.append((screen.view, int(head[i : head.index(b",", i)]), now))


def frame_size(head: bytes) -> tuple[int, int]:
    """(payload bytes, where the payload starts) of a server's frame; (-1, 0) when too little of it is there."""
    if len(head) < 2 or (head[1] == 126 and len(head) < 4) or (head[1] == 127 and len(head) < 10):
        return -1, 0
    n = head[1]
    if n == 126:
        return int.from_bytes(head[2:4], "big"), 4
    if n == 127:
        return int.from_bytes(head[2:10], "big"), 10
    return n, 2


def main() -> None:
    """Open the stages one after the other and write what each saw."""
    ask = argparse.ArgumentParser()
    ask.add_argument("port", type=int)
    ask.add_argument("views", type=Path)
    ask.add_argument("out", type=Path)
    ask.add_argument("--seconds", type=float, default=8.0)
    ask.add_argument("--echo", type=float, default=ECHO_S)
    a = ask.parse_args()
    one_core(LOAD_CORE)
    hall = Hall(a.port, json.loads(a.views.read_text("utf-8")), a.echo)
    while line := input():
        hall.grow(int(line))
        hall.serve(SETTLE_S)
        hall.frames, hall.noting, full, lost = [], True, hall.full, hall.lost
        began = time.monotonic()
        hall.serve(a.seconds)
        hall.noting = False
        took = time.monotonic() - began
        got = np.array([(v, s) for v, s, _ in hall.frames], np.int64).reshape(-1, 2)
        np.savez(a.out, view=got[:, 0], seq=got[:, 1], at=np.array([t for *_, t in hall.frames]), began=began)
        said = {"screens": len(hall), "took_s": took, "full": hall.full - full, "lost": hall.lost - lost}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()

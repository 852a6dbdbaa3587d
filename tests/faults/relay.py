"""A way to the database by TCP that can be cut, stalled and slowed."""

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, Thread


class Relay:
    """`python -m tests.faults.relay ADDRESS PORT SOCKET` runs one by itself, in another network."""

    def __init__(self, target: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        self.target = str(target)
        self.open, self.flowing = Event(), Event()
        self.open.set()
        self.flowing.set()
        self.delay = 0.0
        self.pairs: set[socket.socket] = set()
        self.lock = Lock()
        self.listener = socket.create_server((host, port))
        self.port = self.listener.getsockname()[1]

    def serve(self) -> None:
        while True:
            try:
                ours, _ = self.listener.accept()
            except OSError:
                return
            if not self.open.is_set():
                ours.close()
                continue
            theirs = socket.socket(socket.AF_UNIX)
            try:
                theirs.connect(self.target)
            except OSError:
                ours.close()
                theirs.close()
                continue
            with self.lock:
                self.pairs |= {ours, theirs}
            for one, other in ((ours, theirs), (theirs, ours)):
                Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while said := one.recv(65536):
                self.flowing.wait()
                time.sleep(self.delay)
                other.sendall(said)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # which ends the way back, too
        with self.lock:
            self.pairs.discard(one)
        one.close()

    @contextmanager
    def cut(self) -> Iterator[None]:
        """All connections are closed and none is let in."""
        self.open.clear()
        with self.lock:
            ends = list(self.pairs)
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        yield
        self.open.set()

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Connections stay, and new ones are made; nothing passes, not even that somebody has gone."""
        self.flowing.clear()
        yield
        self.flowing.set()

    @contextmanager
    def slowed(self, seconds: float) -> Iterator[None]:
        self.delay = seconds
        yield
        self.delay = 0.0

    def close(self) -> None:
        self.listener.close()


if __name__ == "__main__":
    Relay(Path(sys.argv[3]), sys.argv[1], int(sys.argv[2])).serve()

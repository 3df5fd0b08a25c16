"""Statements that must end: canceled ones, and those that reach STATEMENT_TIMEOUT_IN_SECONDS."""

import threading
import time
from typing import Protocol

AGAIN_SECONDS = 0.05  # an interrupt that comes between two of DuckDB's statements is lost, so it is sent again


class Watched(Protocol):
    """What the watchdog must know of a query."""

    ended: bool

    def expire(self) -> None: ...
    def interrupt(self) -> None: ...


class Watchdog:
    """One thread for all queries, asleep while none has a deadline."""

    def __init__(self) -> None:
        self._deadlines: dict[int, tuple[float, Watched]] = {}
        self._stopping: list[Watched] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def watch(self, query: Watched, seconds: float) -> None:
        """Call `query.expire` when it has not ended within so many seconds."""
        with self._changed:
            self._deadlines[id(query)] = (time.monotonic() + seconds, query)
            self._wake()

    def forget(self, query: Watched) -> None:
        with self._changed:
            self._deadlines.pop(id(query), None)

    def stop(self, query: Watched) -> None:
        """Interrupt what runs for `query` until it has ended."""
        with self._changed:
            self._stopping.append(query)
            self._wake()

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name='watchdog', daemon=True)
            self._thread.start()
        self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait(self._pause())
                now = time.monotonic()
                late = [query for at, query in self._deadlines.values() if at <= now]
                self._stopping = [query for query in self._stopping if not query.ended]
                stopping = list(self._stopping)
            for query in late:
                self.forget(query)
                query.expire()
            for query in stopping:
                query.interrupt()

    def _pause(self) -> float | None:
        if self._stopping:
            return AGAIN_SECONDS
        first = min((at for at, _ in self._deadlines.values()), default=None)
        return None if first is None else max(0.0, first - time.monotonic())

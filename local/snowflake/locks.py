"""Table locks as Snowflake holds them: UPDATE, DELETE, MERGE and TRUNCATE lock the table until their transaction ends.

DuckDB has no locks (it fails the later writer), so a second session would see an error where Snowflake lets it wait.
"""

import threading
import time
from collections.abc import Callable
from typing import Protocol

from errors import SnowflakeError, canceled

WAIT_SECONDS = 0.05  # a lock given back wakes at once; this bounds how late a cancellation is seen


class Owner(Protocol):
    """What a lock must know of a session."""

    id: int
    waits_for: str | None
    last_active: float
    closed: bool

    def is_busy(self) -> bool: ...
    def abort_transaction(self) -> None: ...


class TableLocks:
    """Who holds which table. `idle_blocker_seconds`: Snowflake aborts a transaction that blocks another and is idle."""

    def __init__(self, idle_blocker_seconds: float = 300) -> None:
        self.idle_blocker_seconds = idle_blocker_seconds
        self.holders: dict[str, Owner] = {}
        self.releases = 0
        self._released: dict[str, int] = {}
        self._changed = threading.Condition()

    def acquire(self, table: str, owner: Owner, timeout_seconds: float, is_canceled: Callable[[], bool]) -> None:
        """Take `table` for `owner`, waiting for its holder.

        Raises 000625 after `timeout_seconds`, 000623 when waiting would be a circle, 000604 when canceled."""
        deadline = time.monotonic() + timeout_seconds
        try:
            while True:
                with self._changed:
                    holder = self.holders.get(table)
                    if holder is None or holder is owner:
                        self.holders[table] = owner
                        return
                    owner.waits_for = table
                    self._check(table, owner, holder, deadline, is_canceled)
                    if holder.is_busy() or time.time() - holder.last_active <= self.idle_blocker_seconds:
                        self._changed.wait(WAIT_SECONDS)
                        continue
                holder.abort_transaction()  # without _changed: the holder may be about to take another lock
        finally:
            owner.waits_for = None

    def _check(self, table: str, owner: Owner, holder: Owner, deadline: float, is_canceled: Callable[[], bool]) -> None:
        if is_canceled():
            raise canceled()
        if time.monotonic() >= deadline:
            text = f'Another transaction has locked table {table} and this lock has not yet been released.'
            raise SnowflakeError('000625', '57014', text)
        seen: Owner | None = holder
        while seen is not None and seen.waits_for is not None:
            seen = self.holders.get(seen.waits_for)
            if seen is owner:
                raise SnowflakeError('000623', '40P01', f'Deadlock on table {table}: your statement was aborted.')

    def release(self, owner: Owner) -> None:
        """Give back everything `owner` holds and wake who waits for it."""
        with self._changed:
            for table in [name for name, holder in self.holders.items() if holder is owner]:
                del self.holders[table]
                self.releases += 1
                self._released[table] = self.releases
            self._changed.notify_all()

    def released_since(self, table: str, release: int) -> bool:
        """Whether anybody who may have changed `table` gave it back after so many releases of all tables."""
        return self._released.get(table, 0) > release

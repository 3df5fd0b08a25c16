"""Which files were loaded into which table: COPY INTO skips them. Bound to the table itself, undone by a rollback."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Loaded:
    """Files that COPY loaded into the table with this number."""

    table_oid: int
    files: tuple[str, ...]


@dataclass(frozen=True)
class Emptied:
    """TRUNCATE of the table with this number: its history begins anew."""

    table_oid: int


Event = Loaded | Emptied


class History:
    """The committed load history. A transaction keeps its own events until it commits."""

    def __init__(self) -> None:
        self._files: dict[int, frozenset[str]] = {}

    def files(self, table_oid: int, pending: list[Event]) -> frozenset[str]:
        """The files loaded into a table, as seen by a transaction with `pending` events."""
        files = self._files.get(table_oid, frozenset())
        for event in pending:
            if event.table_oid == table_oid:
                files = files | set(event.files) if isinstance(event, Loaded) else frozenset()
        return files

    def commit(self, events: list[Event]) -> None:
        for table_oid in {event.table_oid for event in events}:
            self._files[table_oid] = self.files(table_oid, events)

    def move(self, old: int, new: int) -> None:
        """The table was written anew under another number."""
        self._files[new] = self._files.pop(old, frozenset())

"""Which tables and views there are, read from DuckDB only after something may have changed it.

DuckDB answers by describing every table it has, a millisecond or two for forty of them, and a CREATE or DROP asks
several times.
"""

import threading
from typing import Any

from names import Name
from roles import Key

# no statement of DuckDB's that begins with one of these makes, changes or drops anything
HARMLESS = ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'WITH', 'FROM', 'DESCRIBE', 'SET')
_ALL = """
    SELECT database_name, schema_name, table_name, 'TABLE', table_oid FROM duckdb_tables()
    UNION ALL SELECT database_name, schema_name, view_name, 'VIEW', view_oid FROM duckdb_views() WHERE NOT internal"""


class Relations:
    """What all connections share: the tables and views that are committed, with the keys of their grants."""

    def __init__(self) -> None:
        self._generation = 0
        self._turn = threading.Lock()
        self._known: tuple[int, dict[Name, Key]] = (-1, {})

    def changed(self) -> None:
        """To be called after whatever may have made, changed or dropped a table or view."""
        with self._turn:
            self._generation += 1

    def seen_by(self, duck: 'Duck') -> dict[Name, Key]:
        """The tables and views a connection sees; within a transaction, those of its snapshot."""
        if duck.in_transaction:
            return _read(duck)
        generation, relations = self._known
        if generation != self._generation:
            generation = self._generation  # before reading: what changes meanwhile makes this out of date
            relations = _read(duck)
            self._known = (generation, relations)
        return relations


class Duck:
    """A DuckDB connection that tells Relations of what it did."""

    def __init__(self, connection: Any, relations: Relations) -> None:
        self._connection = connection
        self._relations = relations
        self._changed = False
        self.in_transaction = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, parameters: Any = None) -> Any:
        try:
            return self._connection.execute(sql, parameters)
        finally:
            self._note(sql.split(None, 1)[0].upper() if sql.strip() else '')

    def _note(self, word: str) -> None:
        if word.startswith('BEGIN'):
            self.in_transaction, self._changed = True, False
        elif word.startswith(('COMMIT', 'ROLLBACK')):
            self.in_transaction = False
            if self._changed:
                self._relations.changed()
        elif word not in HARMLESS:
            self._changed = True
            self._relations.changed()


def _read(duck: Duck) -> dict[Name, Key]:
    return {Name(*row[:3]): (row[3], row[4]) for row in duck.execute(_ALL).fetchall()}

"""Results on the wire: Snowflake's JSON rowset, in which every value is text and a NULL is null.

All clients get JSON: the Node driver reads nothing else, the Python connector reads both.
"""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow as pa

from cells import kind_of, text_sql, texts
from engine import Rows
from session import Session

CHUNK_ROWS = 50_000
FEW_ROWS = 500  # beyond, DuckDB is faster

# Without these the Node driver throws an error nobody can catch when it meets a BINARY or a TIME.
CLIENT_PARAMETERS = {
    'BINARY_OUTPUT_FORMAT': 'HEX', 'DATE_OUTPUT_FORMAT': 'YYYY-MM-DD', 'TIME_OUTPUT_FORMAT': 'HH24:MI:SS',
    'TIMEZONE': 'UTC', 'TIMESTAMP_OUTPUT_FORMAT': 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM',
    'TIMESTAMP_NTZ_OUTPUT_FORMAT': 'YYYY-MM-DD HH24:MI:SS.FF3', 'TIMESTAMP_LTZ_OUTPUT_FORMAT': '',
    'TIMESTAMP_TZ_OUTPUT_FORMAT': '', 'CLIENT_STAGE_ARRAY_BINDING_THRESHOLD': 10_000_000,
}  # fmt: skip


_WRITER = duckdb.connect(config={'threads': 1})  # a DuckDB of its own: values are written as text by it
_WRITER.execute("SET GLOBAL TimeZone = 'UTC'")


def parameters(session: Session) -> list[dict[str, Any]]:
    """By which the client writes values: those of its session, else the defaults."""
    given = session.parameters.shown()
    return [{'name': name, 'value': given.get(name, value)} for name, value in CLIENT_PARAMETERS.items()]


def rowtype(rows: Rows) -> list[dict[str, Any]]:
    """The description of each column that goes before the rows."""
    described = []
    for name, kind in zip(rows.table.column_names, rows.types, strict=True):
        wire = kind_of(kind)
        column: dict[str, Any] = {
            'name': name, 'type': wire, 'nullable': True, 'database': '', 'schema': '', 'table': '',
            'byteLength': None, 'length': None, 'scale': None, 'precision': None, 'collation': None,
        }  # fmt: skip
        if wire == 'fixed':
            digits = kind.partition('(')[2].rstrip(')').split(',') if kind.startswith('DECIMAL') else ['38', '0']
            column |= {'precision': int(digits[0]), 'scale': int(digits[1])}
        elif wire in ('text', 'binary'):
            length = 16_777_216 if wire == 'text' else 8_388_608
            column |= {'length': length, 'byteLength': length}
        elif wire.startswith('time'):
            column |= {'precision': 0, 'scale': 9}
        described.append(column)
    return described


@dataclass
class Rowset:
    """The rows of one result, written out piece by piece."""

    rows: Rows
    names: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.names = [f'c{number}' for number in range(self.rows.table.num_columns)]

    def piece(self, offset: int) -> list[list[str | None]]:
        """At most CHUNK_ROWS rows from `offset` on, as lists of text."""
        if not self.names:
            return []
        part = self.rows.table.slice(offset, CHUNK_ROWS).rename_columns(self.names)
        if part.num_rows <= FEW_ROWS:
            written = [texts(*column) for column in zip(part.columns, self.rows.types, strict=True)]
            if None not in written:
                return [list(row) for row in zip(*written, strict=True)]
        part = pa.table(dict(zip(self.names, part.columns, strict=True)))
        columns = ', '.join(text_sql(name, kind) for name, kind in zip(self.names, self.rows.types, strict=True))
        with _WRITER.cursor() as scratch:
            scratch.register('part', part)
            return [list(row) for row in scratch.execute(f'SELECT {columns} FROM part').fetchall()]

    def chunk(self, offset: int) -> bytes:
        """A later piece as its own download: the rows without the outer brackets."""
        return json.dumps(self.piece(offset), separators=(',', ':'))[1:-1].encode()


class Chunks:
    """The pieces of large results that clients still may fetch, the latest results only."""

    def __init__(self, most: int = 5_000) -> None:
        self._pieces: dict[str, tuple[Rowset, int]] = {}
        self._most = most

    def get(self, key: str) -> tuple[Rowset, int] | None:
        return self._pieces.get(key)

    def offer(self, rowset: Rowset, base_url: str) -> list[dict[str, Any]]:
        """Where to fetch all rows after the first CHUNK_ROWS."""
        offered = []
        for offset in range(CHUNK_ROWS, rowset.rows.table.num_rows, CHUNK_ROWS):
            key = uuid4().hex
            self._pieces[key] = (rowset, offset)
            count = min(CHUNK_ROWS, rowset.rows.table.num_rows - offset)
            sizes = {'rowCount': count, 'uncompressedSize': count * 100, 'compressedSize': count * 20}
            offered.append({'url': f'{base_url}/chunks/{key}', **sizes})
        while len(self._pieces) > self._most:
            del self._pieces[next(iter(self._pieces))]
        return offered


def data_of(session: Session, rows: Rows, chunks: Chunks, base_url: str) -> dict[str, Any]:
    """The `data` of a successful answer: description, the first rows, and where to fetch the others."""
    rowset, count = Rowset(rows), rows.table.num_rows
    data: dict[str, Any] = {
        'parameters': parameters(session), 'rowtype': rowtype(rows), 'rowset': rowset.piece(0) if count else [],
        'total': count, 'returned': count, 'queryResultFormat': 'json', 'version': 1,
        'arrayBindSupported': True, 'numberOfBinds': 0,
    }  # fmt: skip
    if count > CHUNK_ROWS:
        data['chunks'] = chunks.offer(rowset, base_url)
    return data

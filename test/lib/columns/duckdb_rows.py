"""Rows of Parquet files as DuckDB reads them, one exact text per value: see truth.ts for what each looks like."""

import hashlib
import json
import struct
import sys

import duckdb

LONG_BYTES = 1000


def expression(name: str, kind: str) -> str:
    column = '"' + name.replace('"', '""') + '"'
    if kind == 'DATE':
        return f"date_diff('day', DATE '1970-01-01', {column})"
    if kind == 'TIMESTAMP':
        return f'epoch_us({column})'
    if kind.startswith('DECIMAL'):
        return f'CAST({column} AS VARCHAR)'
    return column


def exact(value: object, kind: str) -> str | None:
    if value is None:
        return None
    if kind == 'DOUBLE':
        return struct.pack('>d', value).hex().upper()
    if kind == 'BOOLEAN':
        return '1' if value else '0'
    if kind in ('VARCHAR', 'BLOB'):
        content = value.encode() if isinstance(value, str) else bytes(value)
        return 'sha256:' + hashlib.sha256(content).hexdigest() if len(content) > LONG_BYTES else content.hex().upper()
    return str(value)


def main(files: list[str]) -> None:
    found = duckdb.read_parquet(files)
    kinds = [str(kind) for kind in found.types]
    columns = [expression(name, kind) for name, kind in zip(found.columns, kinds)]
    rows = found.project(', '.join(columns)).fetchall()
    json.dump(
        {
            'types': dict(zip(found.columns, kinds)),
            'rows': [[exact(value, kind) for value, kind in zip(row, kinds)] for row in rows],
        },
        sys.stdout,
    )


main(sys.argv[1:])

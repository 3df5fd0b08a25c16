"""A cell as the wire wants it: text, for a moment its days or its seconds with nine decimals since 1970."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.types as arrow

FIXED = (
    'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT', 'UHUGEINT',
)  # fmt: skip
KINDS = {
    'DOUBLE': 'real', 'FLOAT': 'real', 'BOOLEAN': 'boolean', 'DATE': 'date', 'BLOB': 'binary', 'TIME': 'time',
    'TIMESTAMP': 'timestamp_ntz', 'TIMESTAMP_NS': 'timestamp_ntz', 'TIMESTAMP_MS': 'timestamp_ntz',
    'TIMESTAMP_S': 'timestamp_ntz', 'TIMESTAMP WITH TIME ZONE': 'timestamp_tz', 'JSON': 'variant',
}  # fmt: skip


def kind_of(duckdb_type: str) -> str:
    """Snowflake's name on the wire for a DuckDB type."""
    if duckdb_type.startswith('DECIMAL') or duckdb_type in FIXED:
        return 'fixed'
    if duckdb_type.endswith(']'):
        return 'array'
    if duckdb_type.startswith(('STRUCT', 'MAP')):
        return 'object'
    return KINDS.get(duckdb_type, 'text')


def text_sql(column: str, kind: str) -> str:
    """SQL for DuckDB that writes a column of the DuckDB type `kind`."""
    wire = kind_of(kind)
    seconds = 'CAST(CAST({} AS DECIMAL(20,0)) * 0.000001000 AS VARCHAR)'
    if wire == 'date':
        return f"CAST({column} - DATE '1970-01-01' AS VARCHAR)"
    if wire in ('timestamp_ntz', 'time'):
        return seconds.format(f'epoch_us({column})')
    if wire == 'timestamp_tz':
        return seconds.format(f'epoch_us({column})') + " || ' 1440'"
    if wire == 'boolean':
        return f'CAST(CAST({column} AS INTEGER) AS VARCHAR)'
    if wire == 'binary':
        return f'hex({column})'
    if wire in ('array', 'object'):
        return f'CAST(to_json({column}) AS VARCHAR)'
    return f'CAST({column} AS VARCHAR)'


def texts(column: pa.ChunkedArray, kind: str) -> list[str | None] | None:
    """A column written without DuckDB, to which a statement of its own for a single row is a millisecond; None for
    types whose text only DuckDB knows."""
    write = _writer(column.type, kind)
    if write is None:
        return None
    if kind == 'DATE':
        column = column.cast(pa.int32())
    elif kind.startswith('TIMESTAMP'):
        column = column.cast(pa.int64())
    return [None if value is None else write(value) for value in column.to_pylist()]


def _writer(of: pa.DataType, kind: str) -> Callable[[Any], str] | None:
    if kind == 'VARCHAR' and arrow.is_string(of):
        return str
    if kind_of(kind) == 'fixed':
        return str if arrow.is_integer(of) else _digits if arrow.is_decimal(of) else None
    if kind == 'BOOLEAN':
        return lambda value: '1' if value else '0'
    if kind == 'BLOB' and arrow.is_binary(of):
        return lambda value: value.hex().upper()
    if kind == 'DATE':
        return str
    if kind == 'TIMESTAMP':
        return _seconds
    if kind == 'TIMESTAMP WITH TIME ZONE':
        return lambda value: f'{_seconds(value)} 1440'
    return None


def _digits(value: Decimal) -> str:
    return format(value, 'f')


def _seconds(microseconds: int) -> str:
    whole, part = divmod(abs(microseconds), 1_000_000)
    return f'{"-" if microseconds < 0 else ""}{whole}.{part:06}000'

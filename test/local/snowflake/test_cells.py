"""What the twin writes by itself is what DuckDB writes, in every type."""

import random
import sys

import duckdb
import pytest

from running_twin import REPOSITORY

sys.path.insert(0, str(REPOSITORY / 'local' / 'snowflake'))
import cells  # noqa: E402

MICROSECONDS = (0, 1, -1, 999_999, 1_000_000, -1_000_001, 253_402_300_799_999_999, -62_135_596_800_000_000)
WHOLE = (0, 1, -1, 12, -34, 2**63 - 1, -(2**63))
TYPES = {
    'VARCHAR': ['', 'a', "it's", '\U0001f600 \x01 "'],
    'BIGINT': WHOLE,
    'TINYINT': (0, -128, 127),
    'UBIGINT': (0, 2**64 - 1),
    'HUGEINT': (0, -1, 10**37, -(10**37)),
    'BOOLEAN': (True, False),
    'DECIMAL(38,0)': (0, 10**38 - 1, -(10**38 - 1)),
    'DECIMAL(5,2)': ('0', '-0.01', '0.05', '-999.99', '10'),
    'DECIMAL(38,20)': ('0', '0.00000000000000000001', '-123456789012345678.5'),
    'DATE': ('1970-01-01', '1969-12-31', '0001-01-01', '9999-12-31', '2024-02-29'),
    'BLOB': (b'', b'\x00\xff', b'abc'),
    'TIMESTAMP': MICROSECONDS,
    'TIMESTAMP WITH TIME ZONE': MICROSECONDS,
}


@pytest.mark.parametrize('kind', TYPES)
def test_as_duckdb_writes_it(kind):
    chosen = random.Random(kind)
    values = [*TYPES[kind], None]
    if kind.startswith('TIMESTAMP'):
        values += [chosen.randrange(MICROSECONDS[-1], MICROSECONDS[-2]) for _ in range(200)]
    duck = duckdb.connect()
    duck.execute("SET TimeZone = 'UTC'")
    given = 'make_timestamp(?)' if kind == 'TIMESTAMP' else 'make_timestamptz(?)' if kind.startswith('TIME') else '?'
    duck.execute(f'CREATE TABLE T (N INTEGER, C {kind})')
    for number, value in enumerate(values):
        duck.execute(f'INSERT INTO T VALUES (?, {given})', [number, value])
    column = duck.execute('SELECT C FROM T ORDER BY N').to_arrow_table().column(0)
    by_duckdb = duck.execute(f'SELECT {cells.text_sql("C", kind)} FROM T ORDER BY N').fetchall()
    assert cells.texts(column, kind) == [text for (text,) in by_duckdb]


@pytest.mark.parametrize('kind', ['DOUBLE', 'TIME', 'TIMESTAMP_NS', 'INTEGER[]', 'STRUCT(A INTEGER)'])
def test_others_are_left_to_duckdb(kind):
    duck = duckdb.connect()
    column = duck.execute(f'SELECT CAST(NULL AS {kind})').to_arrow_table().column(0)
    assert cells.texts(column, kind) is None

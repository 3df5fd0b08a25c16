"""Values come back as they went in: exact numbers, NULLs, moments, large results, binds."""

from datetime import date, datetime, time
from decimal import Decimal


def test_numbers_are_exact(session):
    session.sql('create table T (A number(38,0), B number(38,18), C number(5,2), D int)')
    values = (
        '98765432109876543210987654321098765432',
        '-12345678901234567890.123456789012345678',
        '0.05',
        '12345678901234567890',
    )
    session.sql(f'insert into T values ({", ".join(values)})')
    assert session.sql('select * from T') == [(int(values[0]), Decimal(values[1]), Decimal(values[2]), int(values[3]))]


def test_sum_of_decimals_is_exact(session):
    session.sql('create table T (A number(17,14))')
    session.sql('insert into T select 0.1 from table(generator(rowcount => 1000000))')
    assert session.one('select sum(A) from T') == Decimal('100000')
    assert session.one(
        'select sum(A) from (select 999.99999999999999::number(17,14) as A union all select 0.00000000000002)'
    ) == Decimal('1000.00000000000001')


def test_null_is_null_in_every_type(session):
    types = (
        'timestamp_ntz',
        'timestamp_tz',
        'date',
        'time',
        'varchar',
        'boolean',
        'float',
        'binary',
        'variant',
        'number(38,4)',
    )
    session.sql(f'create table T ({", ".join(f"C{n} {kind}" for n, kind in enumerate(types))}, L number)')
    session.sql('insert into T (L) values (1)')
    assert session.sql('select * from T') == [(None,) * len(types) + (1,)]


def test_moments_keep_their_microseconds_before_and_after_1970(session):
    session.sql('create table T (A timestamp_ntz(6), D date, H time)')
    session.sql("insert into T values ('1969-12-31 23:59:59.999999', '1899-01-01', '23:59:59.000001')")
    session.sql("insert into T values ('2026-03-29 02:30:00.000001', '9999-12-31', '00:00:00')")
    assert session.sql('select * from T order by A') == [
        (datetime(1969, 12, 31, 23, 59, 59, 999999), date(1899, 1, 1), time(23, 59, 59, 1)),
        (datetime(2026, 3, 29, 2, 30, 0, 1), date(9999, 12, 31), time(0)),
    ]


def test_large_results_come_in_chunks(session):
    rows = session.sql(
        "select seq, 'row ' || seq as name from (select row_number() over (order by 1) as seq "
        'from table(generator(rowcount => 120001))) order by seq'
    )
    assert len(rows) == 120_001
    assert rows[0] == (1, 'row 1') and rows[50_000] == (50_001, 'row 50001') and rows[-1] == (120_001, 'row 120001')


def test_columns_have_snowflakes_names(session):
    cursor = session.connection.cursor()
    cursor.execute('select count(*), max(A) as "max", A + 1, 2 from (select 1 as a) group by A')
    assert [column.name for column in cursor.description] == ['COUNT(*)', 'max', 'A + 1', '2']


def test_binds_of_every_type(twin, session):
    import snowflake.connector

    snowflake.connector.paramstyle, before = 'qmark', snowflake.connector.paramstyle
    try:
        other = session.other()
    finally:
        snowflake.connector.paramstyle = before
    values = (
        5,
        'its',
        1.5,
        True,
        date(2026, 1, 2),
        time(1, 2, 3),
        datetime(2026, 1, 2, 3, 4, 5, 678901),
        b'\x00\xff',
        None,
    )
    session.sql(
        'create table T (A int, B varchar, C float, D boolean, E date, F time, G timestamp_ntz, H binary, I varchar)'
    )
    other.sql(f'insert into T values ({", ".join("?" * len(values))})', values)
    assert session.sql('select * from T') == [values]
    assert other.sql('select A from T where B = ? and E = ?', ('its', date(2026, 1, 2))) == [(5,)]
    assert (
        other.connection.cursor()
        .executemany('insert into T (A, B) values (?, ?)', [(n, None) for n in range(1000)])
        .rowcount
        == 1000
    )
    assert session.sql('select count(*), sum(A), count(B) from T') == [(1001, 499505, 1)]


def test_parse_json_makes_objects_and_text_stays_text(session):
    session.sql('create table T (V variant)')
    session.sql("""insert into T select parse_json('{"a": {"b": [1, 2.5]}}')""")
    assert session.sql('select V:a:b[1]::float, typeof(V) from T')[0][0] == 2.5


def test_session_context(session):
    session.sql('use role PUBLIC')
    session.sql('use role SYSADMIN')
    session.sql('create or replace warehouse LOADING')
    session.sql('use warehouse LOADING')
    assert session.sql(
        'select current_role(), current_warehouse(), current_user(), current_database(), current_schema()'
    ) == [('SYSADMIN', 'LOADING', 'FIRN', 'FIRN', session.schema)]


def test_query_tag_by_statement_and_by_login(session):
    session.sql("alter session set query_tag = 'firn:run-1'")
    assert session.sql("show parameters like 'query_tag' in session")[0][1] == 'firn:run-1'
    session.sql('alter session unset query_tag')
    assert session.sql("show parameters like 'QUERY_TAG'")[0][1] == ''
    other = session.other(session_parameters={'QUERY_TAG': 'from login', 'TIMEZONE': 'UTC'})
    assert other.sql("show parameters like 'query_tag'")[0][1] == 'from login'

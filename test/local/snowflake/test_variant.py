"""VARIANT and BINARY: JSON text becomes typed values by PARSE_JSON only, and no digit of a number is lost."""

from decimal import Decimal

import pytest

LONG = '12345678901234567890.123456789012345678'
NUMBERS = f'{{"small": 9223372036854775807, "large": 18446744073709551615, "whole": {"9" * 38}, "money": {LONG}}}'


@pytest.fixture
def filled(session):
    session.sql('create table S (ID int, C varchar(134217728))')
    session.sql('create table T (ID int, V variant)')

    def fill(*texts):
        for number, text in enumerate(texts):
            session.sql('insert into S values (%s, %s)', (number, text))
        session.sql('insert into T select ID, parse_json(C) from S')
        return session

    return fill


def test_numbers_of_json_keep_every_digit(filled):
    session = filled(NUMBERS)
    assert session.sql('select V:small::number, V:large::number, V:whole::int, V:money::number(38,18) from T') == [
        (2**63 - 1, 2**64 - 1, 10**38 - 1, Decimal(LONG))
    ]
    assert session.sql('select V:small, V:large, V:whole, V:money, V:money::varchar from T') == [
        ('9223372036854775807', '18446744073709551615', '9' * 38, LONG, LONG)
    ]
    assert session.one('select V from T') == NUMBERS
    assert session.one('select V:large::number - 1 from T where V:small::number = 9223372036854775807') == 2**64 - 2


def test_values_of_json_have_their_types(filled):
    session = filled('{"i": 7, "d": 1.25, "e": 1e5, "s": "a \\"quoted\\" 12345678901234567.5", "t": true, "n": null}',
                     '[1, {"a b": [10, 20]}]', 'null', None)  # fmt: skip
    assert session.sql('select typeof(V:i), typeof(V:d), typeof(V:e), typeof(V:s), typeof(V:t), typeof(V:n), '
                       'typeof(V:none) from T where ID = 0') == [
        ('INTEGER', 'DECIMAL', 'DOUBLE', 'VARCHAR', 'BOOLEAN', 'NULL_VALUE', None)]  # fmt: skip
    assert session.sql('select typeof(V) from T order by ID') == [('OBJECT',), ('ARRAY',), ('NULL_VALUE',), (None,)]
    assert session.sql('select V:s::varchar, V:t::boolean, V:n::varchar, V:d::float, upper(V:s) from T where ID = 0') \
        == [('a "quoted" 12345678901234567.5', True, None, 1.25, 'A "QUOTED" 12345678901234567.5')]  # fmt: skip
    assert session.one("select count(*) from T where V:s = 'nothing of it'") == 0
    assert session.one("""select V[1]:"a b"[1]::int from T where ID = 1""") == 20
    assert session.one("""select get_path(V, '[1]."a b"[0]')::int from T where ID = 1""") == 10


def test_null_in_json_is_no_null_of_sql(filled):
    session = filled('null', None, '{"a": null}')
    assert session.sql('select V is null, V:a is null, V:b is null from T order by ID') == [
        (False, True, True), (True, True, True), (False, False, True)]  # fmt: skip
    assert session.sql('select V from T order by ID') == [('null',), (None,), ('{"a": null}',)]


BAD = ['{"secret": 1', '{"a": 1, "b": {"c": 1, "c": 2}}', '[{"a": 1, "a": 1}]', 'secret']
TOLD = ['incomplete object value', 'duplicate object attribute "c"', 'duplicate object attribute "a"',
        'unknown keyword "secret"']  # fmt: skip


@pytest.mark.parametrize(('text', 'told'), list(zip(BAD, TOLD, strict=True)))
def test_text_that_is_none_is_refused_and_quoted_as_snowflake_does(filled, text, told):
    session = filled('{"a": 1}')
    session.sql('insert into S values (9, %s)', (text,))
    for statement in ('select parse_json(C) from S', 'insert into T select ID, parse_json(C) from S',
                      'merge into T using (select ID, parse_json(C) as C from S) as S on T.ID = S.ID '
                      'when matched then update set V = S.C '
                      'when not matched then insert (ID, V) values (S.ID, S.C)'):  # fmt: skip
        code, state, message = session.refused(statement)
        assert (code, state) == (100069, '22P02') and f'Error parsing JSON: {told}, pos ' in message, statement
    assert session.one('select count(*) from T') == 1


def test_try_parse_json_is_null_for_what_cannot_be_read(filled):
    session = filled('null', None, '[{"a": 1}, {"a": 2}]', '12')
    for text in [*BAD, '', '  ']:
        session.sql('insert into S values (9, %s)', (text,))
    assert session.sql('select count_if(try_parse_json(C) is null and C is not null), count(*) from S') == [(6, 10)]
    assert session.one('select count(parse_json(C)) from S where ID < 9') == 3


def test_an_array_of_a_hundred_thousand(filled):
    session = filled('[' + ', '.join(str(n) for n in range(100_000)) + ']')
    assert session.one('select V[99999]::int from T') == 99_999
    assert session.one('select array_size(V) from T') == 100_000


def test_variants_and_bytes_are_described_as_such(session):
    session.sql('create table T (V variant, B binary(16), L binary(67108864), F boolean)')
    session.sql("insert into T select parse_json('{}'), to_binary('00ffab', 'HEX'), null, true")
    assert [row[1] for row in session.sql('describe table T')] == [
        'VARIANT', 'BINARY(16)', 'BINARY(67108864)', 'BOOLEAN']  # fmt: skip
    assert session.sql('select DATA_TYPE, CHARACTER_MAXIMUM_LENGTH from information_schema.columns '
                       f"where table_name = 'T' and table_schema = '{session.schema}' order by ordinal_position") == [
        ('VARIANT', None), ('BINARY', 16), ('BINARY', 67108864), ('BOOLEAN', None)]  # fmt: skip
    assert session.one('select B from T') == b'\x00\xff\xab'

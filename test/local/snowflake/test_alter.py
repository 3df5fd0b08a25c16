"""Tables altered: moved between schemas, swapped, columns changed together; databases dropped."""

import pytest


@pytest.fixture
def beside(session):
    """A second schema."""
    name = f'{session.schema}_BESIDE'
    session.sql(f'create or replace schema FIRN.{name}')
    session.sql(f'use schema FIRN.{session.schema}')
    yield name
    session.sql(f'drop schema FIRN.{name}')


def types(session, table='T'):
    return [(row[0], row[1], row[3]) for row in session.sql(f'describe table {table}')]


def test_a_name_may_hold_a_dot_a_quote_and_a_space(session):
    name = '"FENCE_RAW.ORDERS ""x"""'
    session.sql(f'create table {name} (ID int, N varchar(2))')
    session.sql(f"insert into {name} values (1, 'a')")
    session.sql('begin')
    session.sql(f"update {name} set N = 'b' where ID = 1")
    session.sql(f"merge into {name} t using (select 1 as ID) s on t.ID = s.ID when matched then update set N = 'c'")
    assert session.sql('show locks')[0][0].endswith('FENCE_RAW.ORDERS "x"')
    session.sql('commit')
    assert session.refused(f"update {name} set N = 'long'")[0] == 100078
    session.sql(f'alter table {name} add column "a.b" int')
    session.sql(f'delete from {name} where "a.b" is not null')
    assert session.sql(f'select * from FIRN.{session.schema}.{name}') == [(1, 'c', None)]
    assert [row[0] for row in session.sql(f'describe table {name}')] == ['ID', 'N', 'a.b']
    session.sql(f'truncate table {name}')
    session.sql(f'drop table {name}')
    assert session.refused(f'select * from {name}')[0] == 2003


def test_swap_with_a_table_of_another_schema(session, beside):
    session.sql('create table A (X varchar(1) not null)')
    session.sql(f'create table {beside}.B (X varchar(5), Y int default 3)')
    session.sql(f"insert into {beside}.B values ('hello', 1)")
    session.sql("insert into A values ('a')")
    session.sql(f'alter table A swap with {beside}.B')
    assert session.sql('select * from A') == [('hello', 1)]
    assert session.sql(f'select * from {beside}.B') == [('a',)]
    assert types(session, 'A') == [('X', 'VARCHAR(5)', 'Y'), ('Y', 'NUMBER(38,0)', 'Y')]
    assert session.refused(f"insert into {beside}.B values ('xy')")[0] == 100078
    assert session.refused(f'alter table A swap with {beside}.NONE')[0] == 2003


def test_rename_into_another_schema(session, beside):
    session.sql('create table A (X varchar(1))')
    session.sql("insert into A values ('a')")
    session.sql(f'alter table A rename to {beside}.C')
    assert session.sql(f'select * from {beside}.C') == [('a',)]
    assert session.refused('select * from A')[0] == 2003
    session.sql('create table A (X int)')
    assert session.refused(f'alter table A rename to {beside}.C')[:2] == (2002, '42710')


def test_a_table_keeps_when_it_was_made_and_what_was_loaded_into_it(session, beside):
    session.sql('create table A (X varchar(1))')
    asked = "select created from information_schema.tables where table_name = 'A' and table_schema in ('{}', '{}')"
    before = session.one(asked.format(session.schema, beside))
    session.sql('alter table A add column Y int')
    session.sql(f'alter table A rename to {beside}.A')
    assert session.one(asked.format(session.schema, beside)) == before


def test_like_with_copy_grants(session):
    session.sql('create table Y (A varchar(2) not null, B int default 4)')
    session.sql('create table X like Y copy grants')
    session.sql('create table if not exists X like Y copy grants')
    session.sql('create or replace transient table Z copy grants (A int)')
    assert types(session, 'X') == types(session, 'Y')
    session.sql("insert into X (A) values ('a')")
    assert session.sql('select * from X') == [('a', 4)]
    assert session.refused('create table X like Y')[0] == 2002


def test_several_columns_in_one_statement_or_none(session):
    session.sql('create table T (A varchar(3), B number(5,2), C int)')
    session.sql("insert into T values ('abc', 1.5, 2)")
    session.sql('alter table T alter column A set data type varchar(9), column B set data type number(9,2)')
    session.sql('alter table T modify A drop not null, C set not null')
    assert types(session) == [
        ('A', 'VARCHAR(9)', 'Y'), ('B', 'NUMBER(9,2)', 'Y'), ('C', 'NUMBER(38,0)', 'N'),
    ]  # fmt: skip
    refused = session.refused('alter table T alter A set data type varchar(99), B set data type number(9,3)')
    assert refused[:2] == (2108, '22000')
    assert types(session)[0][1] == 'VARCHAR(9)'
    assert session.sql('select * from T') == [('abc', 1.5, 2)]


def test_columns_dropped_and_renamed(session):
    session.sql('create table T (A varchar(3), "b" int, C int, D int)')
    session.sql("insert into T values ('abc', 1, 2, 3)")
    session.sql('alter table T drop column "b", C')
    session.sql('alter table T drop column if exists NONE')
    session.sql('alter table T rename column A to "new name"')
    assert session.sql('select * from T') == [('abc', 3)]
    assert session.refused("insert into T values ('long', 1)")[0] == 100078
    assert [row[0] for row in types(session)] == ['new name', 'D']
    assert session.refused('alter table T drop column NONE')[0] == 2025
    assert session.refused('alter table T rename column D to "new name"')[0] == 1430


def test_a_not_null_column_needs_a_default_where_there_are_rows(session):
    session.sql('create table T (A int)')
    session.sql('alter table T add column B int not null')
    session.sql('insert into T values (1, 2)')
    assert session.refused('alter table T add column C int not null')[0] == 100072
    session.sql('alter table T add column C int not null default 5')
    assert session.sql('select * from T') == [(1, 2, 5)]


def test_create_if_not_exists_leaves_what_is_there(session):
    session.sql('create table T (A int)')
    session.sql('insert into T values (1)')
    assert 'already exists, statement succeeded' in session.one('create table if not exists T (B varchar, C int)')
    assert session.sql('select * from T') == [(1,)]
    session.sql('create table if not exists U (A varchar(1))')
    assert types(session, 'U') == [('A', 'VARCHAR(1)', 'Y')]


def test_a_database_is_dropped_with_what_is_in_it_whoever_stands_in_it(session):
    other, third = session.other(), session.other()
    other.sql('create or replace database ELSEWHERE')
    other.sql('create table T (A int)')
    other.sql('insert into T values (1)')
    third.sql('use database ELSEWHERE')
    third.sql('select * from T')
    session.sql('drop database ELSEWHERE')
    assert session.refused('select * from ELSEWHERE.PUBLIC.T')[0] == 2003
    assert session.refused('drop database ELSEWHERE')[0] == 2003
    session.sql('drop database if exists ELSEWHERE')
    assert third.sql('select 1') == [(1,)]
    session.sql('create database ELSEWHERE')
    assert session.refused('select * from ELSEWHERE.PUBLIC.T')[0] == 2003
    session.sql('drop database ELSEWHERE')

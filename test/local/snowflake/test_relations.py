"""What is remembered of the catalogue is what DuckDB would say, whichever connection changed it."""

import sys

import duckdb
import pytest

from running_twin import REPOSITORY

sys.path.insert(0, str(REPOSITORY / 'local' / 'snowflake'))
from relations import Duck, Relations  # noqa: E402

CHANGES = ['create table B (X int)', 'create or replace table A (X int)', 'drop table A', 'create view V as select 1',
           'alter table A rename to C', 'create schema S; create table S.A (X int)', '  \n drop table A',
           "attach ':memory:' as D; create table D.T (X int)"]  # fmt: skip


@pytest.fixture
def two():
    """Two connections of one DuckDB, with a table A."""
    relations, duck = Relations(), duckdb.connect()
    duck.execute('create table A (X int)')
    first, second = Duck(duck.cursor(), relations), Duck(duck.cursor(), relations)
    return relations, first, second


def named(relations, duck):
    return {tuple(name): key for name, key in relations.seen_by(duck).items()}


def asked(duck):
    rows = duck.execute(
        "select database_name, schema_name, table_name, 'TABLE', table_oid from duckdb_tables() union all "
        "select database_name, schema_name, view_name, 'VIEW', view_oid from duckdb_views() where not internal"
    ).fetchall()
    return {row[:3]: row[3:] for row in rows}


@pytest.mark.parametrize('change', CHANGES)
def test_a_change_is_seen_by_the_other(two, change):
    relations, first, second = two
    before = named(relations, second)
    first.execute(change)
    assert named(relations, second) == asked(second) != before


@pytest.mark.parametrize('change', CHANGES[:-1])
@pytest.mark.parametrize('end', ['commit', 'rollback'])
def test_a_change_in_a_transaction_is_the_others_when_it_is_committed(two, change, end):
    relations, first, second = two
    before = named(relations, second)
    first.execute('begin transaction')
    first.execute(change)
    assert named(relations, first) == asked(first) != before
    assert named(relations, second) == before
    first.execute(end)
    assert named(relations, second) == named(relations, first) == asked(second)
    assert (named(relations, second) == before) == (end == 'rollback')


def test_it_is_read_once_for_many_questions(two):
    relations, first, second = two
    known = relations.seen_by(first)
    second.execute('insert into A values (1)')
    second.execute('select * from A')
    assert relations.seen_by(second) is known

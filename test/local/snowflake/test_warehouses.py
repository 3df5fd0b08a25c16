"""Warehouses: what may not compute is refused, what sleeps is woken where that is allowed."""

import pytest
import snowflake.connector

NONE = (606, '57P03')


@pytest.fixture
def warehouse(session):
    """A warehouse of the test's own, of this session."""
    name = f'WH_{session.schema}'
    session.sql(
        f'create or replace warehouse {name} warehouse_size = xsmall auto_suspend = 60 initially_suspended = true'
    )
    session.sql('create table T (A int)')
    yield name
    session.sql(f'drop warehouse {name}')


def state(session, name):
    return session.sql(f"show warehouses like '{name}'")[0][1]


def test_a_warehouse_sleeps_until_something_computes(session, warehouse):
    assert session.one('select current_warehouse()') == warehouse
    session.sql('create table U (A int)')
    session.sql('show tables')
    assert state(session, warehouse) == 'SUSPENDED'
    session.sql('insert into T values (1)')
    assert state(session, warehouse) == 'STARTED'


def test_suspended_twice_or_resumed_twice_is_an_error(session, warehouse):
    assert session.refused(f'alter warehouse {warehouse} suspend')[:2] == (90064, '22000')
    session.sql(f'alter warehouse {warehouse} resume')
    assert session.refused(f'alter warehouse {warehouse} resume')[:2] == (90063, '22000')
    session.sql(f'alter warehouse {warehouse} resume if suspended')
    session.sql(f'alter warehouse {warehouse} suspend')


@pytest.mark.parametrize('text', [
    'select * from T', 'insert into T values (1)', 'update T set A = 1', 'delete from T',
    'create table U as select 1 as A',
    'merge into T using (select 1 as A) s on T.A = s.A when not matched then insert (A) values (s.A)',
    'select (select count(*) from T)', 'select 1 from T union all select 2',
])  # fmt: skip
def test_without_a_warehouse_that_may_run_nothing_computes(session, warehouse, text):
    session.sql(f'alter warehouse {warehouse} set auto_resume = false')
    code, state_, message = session.refused(text)
    assert (code, state_) == NONE and message.startswith('No active warehouse selected in the current session.')
    session.sql(f'alter warehouse {warehouse} resume')
    session.sql(text)


def test_a_warehouse_that_is_not_there_is_missed_by_the_first_statement_that_computes(session):
    other = session.other(warehouse='NOWHERE')
    assert other.one('select current_warehouse()') is None
    assert other.one('select 1') == 1
    other.sql('create table T (A int)')
    assert other.refused('insert into T values (1)')[:2] == NONE
    assert other.refused('use warehouse NOWHERE')[:2] == (2043, '02000')
    assert other.refused('alter warehouse NOWHERE resume')[0] == 2003
    other.sql('use warehouse COMPUTE_WH')
    other.sql('insert into T values (1)')


def test_a_warehouse_that_is_dropped_under_a_session(session):
    session.sql('create or replace warehouse GOES')
    session.sql('create table T (A int)')
    session.sql('drop warehouse GOES')
    assert session.refused('select * from T')[:2] == NONE
    assert session.refused('drop warehouse GOES')[0] == 2003
    session.sql('drop warehouse if exists GOES')


def test_it_suspends_itself_when_nobody_used_it(session):
    session.sql('create or replace warehouse SLEEPS auto_suspend = 0.05 auto_resume = false')
    session.sql('create table T (A int)')
    codes = set()
    while 606 not in codes:
        session.sql('call system$wait(0.1)')
        codes.add(session.refused('select * from T')[0])
    session.sql('drop warehouse SLEEPS')


def test_the_warehouse_has_a_timeout_too(session, warehouse):
    session.sql(f'alter warehouse {warehouse} set statement_timeout_in_seconds = 1')
    assert session.refused('select count(*) from range(100000000) a, range(100000000) b')[0] == 630


def test_who_may_use_operate_and_make_warehouses(session, warehouse):
    session.sql('create or replace role WORKER')
    session.sql('grant role WORKER to user FIRN')
    session.sql('grant usage on database FIRN to role WORKER')
    session.sql(f'grant usage on schema FIRN.{session.schema} to role WORKER')
    session.sql('grant select on table T to role WORKER')
    worker = session.other(role='WORKER', warehouse=warehouse)
    assert worker.refused('select * from T')[:2] == NONE
    assert worker.sql('show warehouses') == []
    session.sql(f'grant usage on warehouse {warehouse} to role WORKER')
    assert worker.refused('select * from T')[:2] == NONE, 'the session has no warehouse until it takes one'
    worker.sql(f'use warehouse {warehouse}')
    assert worker.sql('select * from T') == []
    assert worker.refused(f'alter warehouse {warehouse} suspend')[:2] == (3001, '42501')
    session.sql(f'grant operate on warehouse {warehouse} to role WORKER')
    worker.sql(f'alter warehouse {warehouse} suspend')
    assert worker.sql('select * from T') == []
    assert worker.refused(f'alter warehouse {warehouse} set auto_suspend = 1')[:2] == (3001, '42501')
    assert worker.refused('create warehouse MINE')[:2] == (3001, '42501')
    assert worker.refused(f'drop warehouse {warehouse}')[:2] == (3001, '42501')
    session.sql('drop role WORKER')


def test_a_role_that_is_not_there_or_not_the_users_is_refused_at_login(session, twin):
    session.sql('create or replace role STRANGER')
    for role, code in (('NOBODY', '390189'), ('STRANGER', '390186')):
        with pytest.raises(snowflake.connector.errors.DatabaseError, match=code):
            twin.connect(role=role)
    assert session.refused('use role STRANGER')[:2] == (3013, '42501')
    assert session.refused('use role NOBODY')[:2] == (2043, '02000')
    session.sql('grant role STRANGER to role SYSADMIN')
    session.sql('use role STRANGER')
    assert session.one('select current_role()') == 'STRANGER'
    session.sql('use role ACCOUNTADMIN')
    session.sql('drop role STRANGER')

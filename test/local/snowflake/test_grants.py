"""Roles and grants: what a role may not see is not there (002003), what it may see and not do is refused (003001)."""

import pytest

MISSING, REFUSED = 2003, (3001, '42501')


@pytest.fixture
def worker(session):
    """A session of a role that may use warehouse, database and schema and nothing in it."""
    session.sql('create or replace role LOADER')
    session.sql('grant role LOADER to user FIRN')
    session.sql('grant usage on warehouse COMPUTE_WH to role LOADER')
    session.sql('grant usage on database FIRN to role LOADER')
    session.sql(f'grant usage on schema FIRN.{session.schema} to role LOADER')
    session.sql('create table T (A int, N varchar(3))')
    session.sql("insert into T values (1, 'a')")
    yield session.other(role='LOADER')
    session.sql('use role ACCOUNTADMIN')
    session.sql('drop role LOADER')


def test_a_table_without_a_grant_is_not_there(session, worker):
    for text in (
        'select * from T',
        'insert into T values (1, null)',
        'delete from T',
        'describe table T',
        'drop table T',
        'alter table T add column X int',
        'truncate table T',
        'create view V as select * from T',
    ):
        assert worker.refused(text)[0] in (MISSING, 3001), text
    assert worker.refused('select * from T')[0] == MISSING
    assert "'FIRN." in worker.refused('select * from T')[2] and 'not authorized' in worker.refused('select * from T')[2]
    assert worker.refused('select * from NONE')[0] == MISSING


def test_database_and_schema_need_usage(session, worker):
    session.sql('grant all on table T to role LOADER')
    assert worker.one('select count(*) from T') == 1
    session.sql(f'revoke usage on schema FIRN.{session.schema} from role LOADER')
    assert 'Schema' in worker.refused(f'select count(*) from FIRN.{session.schema}.T')[2]
    session.sql('revoke usage on database FIRN from role LOADER')
    assert 'Database' in worker.refused(f'select count(*) from FIRN.{session.schema}.T')[2]
    blind = session.other(role='LOADER')
    assert blind.sql('select current_database(), current_schema()') == [(None, None)]
    assert blind.refused('use database FIRN')[0] == 2043


@pytest.mark.parametrize(('text', 'privilege'), [
    ('select * from T', 'select'), ('insert into T values (2, null)', 'insert'), ("update T set N = 'b'", 'update'),
    ('delete from T', 'delete'), ('truncate table T', 'truncate'),
    ("merge into T using (select 1 as A) s on T.A = s.A when matched then update set N = 'm'", 'update'),
    ("merge into T using (select 1 as A) s on T.A = s.A when matched then delete", 'delete'),
    ("merge into T using (select 1 as A) s on T.A = s.A when not matched then insert (A) values (3)", 'insert'),
])  # fmt: skip
def test_each_statement_needs_its_own_privilege(session, worker, text, privilege):
    session.sql('grant references on table T to role LOADER')
    code, state, message = worker.refused(text)
    assert (code, state) == REFUSED
    assert message == "SQL access control error:\nInsufficient privileges to operate on table 'T'."
    session.sql(f'grant {privilege} on table T to role LOADER')
    worker.sql(text)
    session.sql(f'revoke {privilege} on table T from role LOADER')
    assert worker.refused(text)[:2] == REFUSED


def test_sources_need_select(session, worker):
    session.sql('create table S (A int, N varchar(3))')
    session.sql('grant all privileges on table T to role LOADER')
    session.sql('grant insert on table S to role LOADER')
    for text in ('insert into T select * from S', 'with c as (select * from S) select * from c',
                 'merge into T using S on T.A = S.A when matched then delete',
                 'update T set N = S.N from S where S.A = T.A', 'delete from T using S where S.A = T.A',
                 'select 1 where exists (select 1 from S)'):  # fmt: skip
        assert worker.refused(text)[:2] == REFUSED, text
    assert session.refused('grant select on S to role LOADER')[0] == 1003
    session.sql('grant select on table S to role LOADER')
    worker.sql('insert into T select * from S')


def test_a_view_reads_with_its_owners_rights(session, worker):
    session.sql('create view V as select A from T')
    session.sql('grant select on view V to role LOADER')
    assert worker.sql('select * from V') == [(1,)]
    assert worker.refused('select * from T')[0] == MISSING


def test_what_a_role_makes_is_its_own(session, worker):
    for text in (
        'create table MINE (A int)',
        'create table if not exists T (A int)',
        'create view MINE as select 1 as A',
        'create stage MINE',
        'create file format MINE type = parquet',
    ):
        code, state, message = worker.refused(text)
        assert (code, state) == REFUSED and f"schema '{session.schema}'" in message, text
    worker.sql('create temporary table OWN (A int)')
    worker.sql('insert into OWN values (1)')
    session.sql(f'grant create table, create view, create stage on schema FIRN.{session.schema} to role LOADER')
    worker.sql('create table MINE (A int)')
    worker.sql('insert into MINE values (1)')
    worker.sql('alter table MINE add column B int')
    worker.sql('alter table MINE alter column A drop not null, B drop not null')
    assert worker.sql('select * from MINE') == [(1, None)]
    session.sql('grant all on table T to role LOADER')
    for text in ('create or replace table T (A int)', 'drop table T', 'alter table T add column X int',
                 'alter table MINE swap with T', 'alter table T alter column A drop not null, N drop not null',
                 'grant select on table T to role PUBLIC'):  # fmt: skip
        assert worker.refused(text)[:2] == REFUSED, text
    worker.sql('create or replace table MINE (A int)')
    worker.sql('grant select on table MINE to role PUBLIC')
    worker.sql('drop table MINE')
    worker.sql('create stage FILES')
    worker.sql('list @FILES')
    worker.sql('drop stage FILES')


def test_schemas_and_databases(session, worker):
    name = f'{session.schema}_MADE'
    assert worker.refused(f'create schema if not exists FIRN.{session.schema}')[:2] == REFUSED
    assert worker.refused('create database MINE')[:2] == REFUSED
    session.sql('grant create schema on database FIRN to role LOADER')
    worker.sql(f'create schema if not exists FIRN.{session.schema}')
    worker.sql(f'create schema FIRN.{name}')
    worker.sql(f'create table FIRN.{name}.T (A int)')
    assert session.one(f'select count(*) from FIRN.{name}.T') == 0
    assert worker.refused(f'drop schema FIRN.{session.schema}')[:2] == REFUSED
    worker.sql(f'drop schema FIRN.{name}')


def test_all_and_future_tables(session, worker):
    place = f'schema FIRN.{session.schema}'
    session.sql('create table U (A int)')
    session.sql(f'grant select on all tables in {place} to role LOADER')
    assert worker.one('select count(*) from T') == 1 and worker.sql('select * from U') == []
    session.sql('create table W (A int)')
    assert worker.refused('select * from W')[0] == MISSING, 'those that come later are not meant'
    session.sql(f'grant select, insert on future tables in {place} to role LOADER')
    session.sql('create table X (A int)')
    worker.sql('insert into X values (1)')
    assert worker.sql('select * from X') == [(1,)]
    session.sql('create view V as select 1 as A')
    assert worker.refused('select * from V')[0] == MISSING
    session.sql(f'revoke select, insert on future tables in {place} from role LOADER')
    session.sql('create table Y (A int)')
    assert worker.refused('select * from Y')[0] == MISSING


def test_future_grants_of_a_schema_hide_those_of_its_database(session, worker):
    session.sql('grant select on future tables in database FIRN to role LOADER')
    session.sql('create table A (A int)')
    assert worker.sql('select * from A') == []
    session.sql(f'grant insert on future tables in schema FIRN.{session.schema} to role PUBLIC')
    session.sql('create table B (A int)')
    assert worker.refused('select * from B')[0] == MISSING
    session.sql(f'revoke insert on future tables in schema FIRN.{session.schema} from role PUBLIC')
    session.sql('revoke select on future tables in database FIRN from role LOADER')


def test_grants_stay_with_the_table_and_are_lost_with_it(session, worker):
    session.sql('grant select on table T to role LOADER')
    session.sql('create table OTHER (A int, N varchar(3))')
    session.sql('alter table T add column B int')
    session.sql('alter table T rename to R')
    assert worker.one('select count(*) from R') == 1
    session.sql('alter table R swap with OTHER')
    assert worker.one('select count(*) from OTHER') == 1
    assert worker.refused('select * from R')[0] == MISSING
    session.sql('create or replace table OTHER (A int) copy grants')
    assert worker.one('select count(*) from OTHER') == 0
    session.sql('create table COPIED like OTHER copy grants')
    session.sql('create table BARE like OTHER')
    assert worker.one('select count(*) from COPIED') == 0
    assert worker.refused('select * from BARE')[0] == MISSING
    session.sql('create or replace table OTHER (A int)')
    assert worker.refused('select * from OTHER')[0] == MISSING


def test_a_rebuilt_table_swapped_in_keeps_the_grants(session, worker):
    session.sql('grant select on table T to role LOADER')
    session.sql('create or replace transient table NEW like T copy grants')
    session.sql('alter table T swap with NEW')
    session.sql('drop table NEW')
    assert worker.sql('select * from T') == []
    [row] = [row for row in session.sql('show grants on table T') if row[5] == 'LOADER']
    assert (row[1], row[2], row[3].split('.')[-1]) == ('SELECT', 'TABLE', 'T')


def test_stages(session, worker, s3, tmp_path):
    session.sql('create stage FILES')
    session.sql("create stage LAKE url = 's3://lake/' credentials = (aws_key_id = 'test' aws_secret_key = 'test')")
    session.sql('grant insert, select on table T to role LOADER')
    s3.put_parquet(f'{session.schema}/a.parquet', "select 5 as a, 'x' as n", tmp_path)
    (tmp_path / 'x.csv').write_text('1,a\n')
    copy = ("copy into T from @{} files = ('{}') file_format = (type = {}) match_by_column_name = "
            'case_insensitive')  # fmt: skip
    put = f'put file://{tmp_path}/x.csv @FILES auto_compress = false'
    external = copy.format(f'LAKE/{session.schema}', 'a.parquet', 'parquet')
    assert [worker.refused(text)[0] for text in (external, put, 'list @FILES')] == [MISSING] * 3
    session.sql('grant usage on stage LAKE to role LOADER')
    session.sql('grant read on stage FILES to role LOADER')
    assert worker.sql(external)[0][3] == 1
    assert worker.sql('list @FILES') == []
    assert worker.refused(put)[:2] == REFUSED
    assert worker.refused('remove @FILES')[:2] == REFUSED
    session.sql('grant write on stage FILES to role LOADER')
    worker.sql(put)
    session.sql(
        "create or replace stage LAKE url = 's3://lake/' credentials = (aws_key_id = 'test' aws_secret_key = 'test')"
    )
    assert worker.refused(external)[0] == MISSING, 'a stage made anew has no grants'


def test_information_schema_shows_what_the_role_may_see(session, worker):
    asked = f"select table_name from FIRN.INFORMATION_SCHEMA.{{}} where table_schema = '{session.schema}' order by 1"
    session.sql('create table U (A int)')
    assert worker.sql(asked.format('TABLES')) == []
    session.sql('grant insert on table T to role LOADER')
    assert worker.sql(asked.format('TABLES')) == [('T',)]
    assert worker.sql(asked.format('COLUMNS') + ', ordinal_position') == [('T',), ('T',)]
    assert len(session.sql(asked.format('TABLES'))) == 2


def test_roles_inherit_and_administrators_alone_grant(session, worker):
    session.sql('create or replace role READER')
    session.sql('grant select on table T to role READER')
    session.sql('grant role READER to role LOADER')
    assert worker.one('select count(*) from T') == 1
    for text in (
        'create role MINE',
        'grant role READER to role PUBLIC',
        'drop role READER',
        "alter user FIRN set RSA_PUBLIC_KEY = 'x'",
        'create storage integration X type = external_stage',
    ):
        assert worker.refused(text)[:2] == REFUSED, text
    session.sql('revoke role READER from role LOADER')
    assert worker.refused('select * from T')[0] == MISSING
    session.sql('drop role READER')
    assert session.refused('grant select on table T to role READER')[0] == MISSING
    assert session.refused('grant select on table NONE to role LOADER')[0] == MISSING

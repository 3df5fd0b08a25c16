"""dbt Projects on Snowflake: real dbt, started by the twin against itself."""

import time
from decimal import Decimal

import pytest

from running_twin import HERE, Sessions

FILES = sorted(path for path in (HERE / 'jaffle').rglob('*') if path.is_file() and 'target' not in path.parts)

COLUMNS = 'ORDER_ID number(10,0), STATUS varchar(20), AMOUNT number(12,2), UPDATED_AT timestamp_ntz(6), DETAILS variant'

DETAILS = '{"wrapping": {"colour": "red"}, "units": 18446744073709551615}'


@pytest.fixture(scope='module')
def project(twin):
    """The jaffle project put to a stage and made an object, with the table its source reads."""
    with twin.connect() as connection:
        run = connection.cursor().execute
        run('create schema if not exists FIRN.RAW')
        run('create or replace table FIRN.RAW.ORDERS (' + COLUMNS + ')')
        run(
            'insert into FIRN.RAW.ORDERS select column1, column2, column3, column4, parse_json(column5) from values '
            "(1, 'placed', 1.10, '2026-01-01', '" + DETAILS + "'), (2, 'shipped', 2.25, '2026-01-02', null)"
        )
        run('create or replace role TRANSFORMER')
        run('create or replace warehouse TRANSFORMING')
        for grant in (
            'ROLE TRANSFORMER to user FIRN', 'usage on warehouse TRANSFORMING', 'usage, create schema on database FIRN',
            'usage on schema FIRN.RAW', 'select on table FIRN.RAW.ORDERS',
        ):  # fmt: skip
            run('grant ' + grant + ('' if 'ROLE' in grant else ' to role TRANSFORMER'))
        run('create schema if not exists FIRN.OBJECTS')
        run('create or replace stage FIRN.OBJECTS.FILES')
        for path in FILES:
            folder = path.parent.relative_to(HERE / 'jaffle').as_posix()
            run(f"put 'file://{path}' @FIRN.OBJECTS.FILES/v1/{folder} auto_compress=false overwrite=true")
        run("create or replace dbt project FIRN.OBJECTS.JAFFLE from '@FIRN.OBJECTS.FILES/v1'")
    session = Sessions(twin, 'RAW')
    yield session
    session.close()


def test_what_dbt_may_not_read_fails_its_model(project):
    project.sql('revoke select on table FIRN.RAW.ORDERS from role TRANSFORMER')
    code, _, message = project.refused("execute dbt project FIRN.OBJECTS.JAFFLE args='build'")
    assert code == 395047 and 'does not exist or not authorized' in message
    project.sql('grant select on table FIRN.RAW.ORDERS to role TRANSFORMER')


def execute(session, arguments):
    return session.sql(f"execute dbt project FIRN.OBJECTS.JAFFLE args='{arguments}'")


def test_build_runs_models_snapshots_and_tests(project):
    [row] = execute(project, 'build --target prod')
    assert row[0] and row[1] == ''
    assert 'PASS=9' in row[2] and 'ERROR=0' in row[2]
    assert project.sql('select * from FIRN.JAFFLE.ORDERS_BY_STATUS order by 1') == [
        ('placed', 1, Decimal('1.10')), ('shipped', 1, Decimal('2.25')),
    ]  # fmt: skip
    assert project.sql('select * from FIRN.JAFFLE.ORDERS_BY_WRAPPING') == [('red', 'OBJECT', 2**64 - 1)]
    project.sql("update FIRN.RAW.ORDERS set STATUS = 'shipped', UPDATED_AT = '2026-01-03' where ORDER_ID = 1")
    [again] = execute(project, 'build')
    assert 'ERROR=0' in again[2]
    assert project.one("select count(*) from FIRN.JAFFLE.ORDERS_SO_FAR where STATUS = 'shipped'") == 2
    assert project.one('select DETAILS:units::number from FIRN.JAFFLE.ORDERS_SO_FAR where ORDER_ID = 1') == 2**64 - 1
    assert project.one('select count(*) from FIRN.JAFFLE_SNAPSHOTS.ORDERS_HISTORY') == 3
    project.sql('drop table FIRN.JAFFLE_SNAPSHOTS.ORDERS_HISTORY')


def test_a_failing_model_is_an_error_with_the_log(project, twin):
    project.sql("update FIRN.RAW.ORDERS set STATUS = 'lost' where ORDER_ID = 2")
    code, state, message = project.refused("execute dbt project FIRN.OBJECTS.JAFFLE args='build --select stg_orders'")
    project.sql("update FIRN.RAW.ORDERS set STATUS = 'shipped' where ORDER_ID = 2")
    assert (code, state) == (395047, 'P0001')
    assert 'DBT PROJECT execution failed' in message and 'accepted_values_stg_orders_status' in message


def test_one_execution_at_a_time_in_the_background_and_others_are_served(project):
    cursor = project.connection.cursor()
    cursor.execute_async("execute dbt project FIRN.OBJECTS.JAFFLE args='compile'")
    query = cursor.sfqid
    assert project.connection.is_still_running(project.connection.get_query_status(query))
    assert project.refused("execute dbt project FIRN.OBJECTS.JAFFLE args='compile'")[0] == 395046
    assert project.one('select 1') == 1
    while project.connection.is_still_running(project.connection.get_query_status(query)):
        time.sleep(0.1)
    cursor.get_results_from_sfqid(query)
    assert cursor.fetchone()[0]


def test_closing_the_session_cancels_its_execution(project, twin):
    session = Sessions(twin, 'RAW')
    cursor = session.connection.cursor()
    cursor.execute_async("execute dbt project FIRN.OBJECTS.JAFFLE args='compile'")
    session.connection.rest.delete_session()
    while project.connection.is_still_running(project.connection.get_query_status(cursor.sfqid)):
        time.sleep(0.1)
    assert 'FAILED' in project.connection.get_query_status(cursor.sfqid).name
    assert execute(project, 'ls')


def test_docs_are_generated(project, twin):
    execute(project, 'docs generate')
    catalog = (twin.data / 'projects/FIRN.OBJECTS.JAFFLE/target/catalog.json').read_text()
    assert '"AMOUNT"' in catalog and 'stg_orders' in catalog.lower()


def test_the_object_is_a_snapshot_of_the_files(project, twin):
    listed = project.sql('show dbt projects in account')
    assert listed[0][:3] == ('JAFFLE', 'FIRN', 'OBJECTS')
    project.sql('remove @FIRN.OBJECTS.FILES/v1')
    assert execute(project, 'ls --resource-type model')
    assert project.refused("create dbt project FIRN.OBJECTS.OTHER from '@FIRN.OBJECTS.FILES/v1'")[0] == 393901
    assert project.refused("create dbt project FIRN.OBJECTS.JAFFLE from '@FIRN.OBJECTS.FILES/v1'")[0] == 2002
    project.sql('drop dbt project FIRN.OBJECTS.JAFFLE')
    assert project.refused("execute dbt project FIRN.OBJECTS.JAFFLE args='ls'")[0] == 2003

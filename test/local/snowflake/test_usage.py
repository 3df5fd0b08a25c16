"""What ran and what it cost, as the account itself tells it."""

import sys

import pytest

from running_twin import REPOSITORY, Twin, free_port, start, stop

ATTRIBUTED = 'SNOWFLAKE.ACCOUNT_USAGE.QUERY_ATTRIBUTION_HISTORY'


@pytest.fixture
def tagged(session):
    """A session whose statements carry a tag of the test's own, after a few of them."""
    session.sql('create table T (A int)')
    session.sql(f"alter session set query_tag = '{session.schema}'")
    session.sql('insert into T values (1), (2)')
    session.refused('select * from NONE')
    session.sql('select * from T')
    session.sql('show tables')
    return session


def history(session, columns, function='query_history'):
    return session.sql(
        f'select {columns} from table(information_schema.{function}(result_limit => 10000)) '
        f"where QUERY_TAG = '{session.schema}' and not contains(QUERY_TEXT, 'information_schema.') order by START_TIME"
    )


def test_every_statement_is_in_the_history_with_its_tag(tagged):
    columns = 'QUERY_TYPE, EXECUTION_STATUS, ERROR_CODE, WAREHOUSE_NAME, WAREHOUSE_SIZE, ROWS_PRODUCED'
    assert history(tagged, columns) == [
        ('INSERT', 'SUCCESS', None, 'COMPUTE_WH', 'X-Small', 1),
        ('SELECT', 'FAILED_WITH_ERROR', '2003', 'COMPUTE_WH', 'X-Small', 0),
        ('SELECT', 'SUCCESS', None, 'COMPUTE_WH', 'X-Small', 2), ('SHOW', 'SUCCESS', None, 'COMPUTE_WH', None, 1),
    ]  # fmt: skip
    rows = history(tagged, 'TOTAL_ELAPSED_TIME, datediff(millisecond, START_TIME, END_TIME), QUERY_TEXT')
    assert [row[2] for row in rows][:2] == ['insert into T values (1), (2)', 'select * from NONE']
    assert all(abs(elapsed - between) <= 1 for elapsed, between, _ in rows)
    assert history(tagged, 'QUERY_ID', 'query_history_by_session') == history(tagged, 'QUERY_ID')


def test_a_tag_for_one_statement_and_several_statements_in_a_request(session):
    cursor = session.connection.cursor()
    cursor.execute('select 1; select 2', num_statements=2, _statement_params={'QUERY_TAG': session.schema})
    assert sorted(history(session, 'QUERY_TYPE, QUERY_TEXT')) == [
        ('MULTI_STATEMENT', 'select 1; select 2'), ('SELECT', 'select 1'), ('SELECT', 'select 2'),
    ]  # fmt: skip


def test_the_newest_come_first_and_a_hundred_when_nobody_asks_for_more(session):
    for _ in range(110):
        session.sql('select 1')
    rows = session.sql('select START_TIME from table(FIRN.information_schema.query_history())')
    assert len(rows) == 100 and rows == sorted(rows, reverse=True)
    late = "end_time_range_start => dateadd('hour', 1, current_timestamp())"
    assert session.one(f'select count(*) from table(information_schema.query_history({late}))') == 0


def test_a_running_statement_is_seen_running(twin, session):
    with twin.holding('before', f'HELD_{session.schema}') as held:
        cursor = session.connection.cursor()
        cursor.execute_async(f'select 1 as HELD_{session.schema}')
        held()
        rows = session.other().sql(
            'select EXECUTION_STATUS, END_TIME from table(information_schema.query_history()) '
            f"where QUERY_ID = '{cursor.sfqid}'"
        )
    assert rows == [('RUNNING', None)]


def test_credits_are_attributed_to_what_computed(tagged):
    rows = tagged.sql(
        f'select h.QUERY_TEXT, round(a.CREDITS_ATTRIBUTED_COMPUTE * 3600 * 1000) - h.TOTAL_ELAPSED_TIME '
        f'from {ATTRIBUTED} a join SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY h on h.QUERY_ID = a.QUERY_ID '
        f"where a.QUERY_TAG = '{tagged.schema}' "
        'order by a.START_TIME'
    )
    texts = [row[0] for row in rows]
    assert 'insert into T values (1), (2)' in texts and 'show tables' not in texts
    assert all(row[1] == 0 for row in rows)
    assert tagged.sql(
        'select EXECUTION_STATUS from SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY '
        f"where QUERY_TAG = '{tagged.schema}' and QUERY_TEXT = 'select * from NONE'"
    ) == [('FAIL',)]


def test_account_usage_wants_a_grant(session):
    session.sql('create or replace role ACCOUNTANT')
    session.sql('grant role ACCOUNTANT to user FIRN')
    session.sql('grant usage on warehouse COMPUTE_WH to role ACCOUNTANT')
    session.sql('grant usage on database FIRN to role ACCOUNTANT')
    other = session.other(role='ACCOUNTANT')
    assert 'SNOWFLAKE' in other.refused(f'select count(*) from {ATTRIBUTED}')[2]
    assert other.one('select count(*) from table(FIRN.information_schema.query_history())') > 0
    session.sql('grant database role SNOWFLAKE.USAGE_VIEWER to role ACCOUNTANT')
    assert other.one(f'select count(*) from {ATTRIBUTED}') > 0
    assert other.refused('select count(*) from SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY')[0] == 2003
    session.sql('revoke database role SNOWFLAKE.USAGE_VIEWER from role ACCOUNTANT')
    session.sql('grant imported privileges on database SNOWFLAKE to role ACCOUNTANT')
    assert other.one('select count(*) from SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY') > 0
    session.sql('drop role ACCOUNTANT')


def test_account_usage_is_late_where_the_twin_is_told_so(tmp_path):
    port = free_port()
    twin = [sys.executable, str(REPOSITORY / 'local/snowflake/twin.py'), '--port', str(port), '--data', str(tmp_path)]
    process = start([*twin, '--usage-late-hours', '8'], f'http://127.0.0.1:{port}/health', tmp_path / 'log')
    try:
        with Twin(port, tmp_path).connect() as connection:
            run = connection.cursor().execute
            run('create table T as select 1 as A')
            assert run(f'select count(*) from {ATTRIBUTED}').fetchone() == (0,)
            assert run('select count(*) from SNOWFLAKE.ACCOUNT_USAGE.WAREHOUSE_METERING_HISTORY').fetchone() == (0,)
            assert run('select count(*) from table(information_schema.query_history())').fetchone()[0] >= 2
    finally:
        stop(process)

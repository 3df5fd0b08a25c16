"""Statements that take long: answers that come later, clients that go away, timeouts, cancellation."""

import socket
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
import snowflake.connector

from running_twin import until


@pytest.fixture
def table(session):
    session.sql('create table T (ID int, N varchar(5))')
    session.sql("insert into T values (1, 'a'), (2, 'b')")
    return session


@pytest.fixture
def pool():
    with ThreadPoolExecutor() as pool:
        yield pool


def status(session, query_id):
    return session.connection.get_query_status(query_id).name


def test_a_synchronous_statement_is_answered_later_when_it_takes_long(twin, table, pool):
    """The twin of these tests answers within a second, then tells the driver to ask again."""
    with twin.holding('before', "N = 'slow'") as held:
        waiting = pool.submit(table.sql, "update T set N = 'slow' where ID = 1")
        held()
        time.sleep(1.5)  # longer than one answer may take: what is tested is that the driver asks again
        assert not waiting.done()
    assert waiting.result() == [(1, 0)]
    assert table.one('select N from T where ID = 1') == 'slow'


def test_a_client_that_goes_away_does_not_end_its_statement(twin, table):
    other = table.other()
    token = other.connection.rest.token
    body = b'{"sqlText": "delete from T where ID = 1"}'
    head = (
        'POST /queries/v1/query-request?requestId=gone HTTP/1.1\r\nHost: twin\r\n'
        f'Authorization: Snowflake Token="{token}"\r\nContent-Length: {len(body)}\r\n\r\n'
    )
    address = ('127.0.0.1', twin.port)
    with twin.holding('before', 'ID = 1') as held, socket.create_connection(address) as client:
        client.sendall(head.encode() + body)
        held()
    until(lambda: table.one('select count(*) from T') == 1)


def test_a_request_sent_again_runs_once(twin, table):
    url = f'http://127.0.0.1:{twin.port}/queries/v1/query-request?requestId=twice'
    for _ in range(2):
        request = urllib.request.Request(url, b'{"sqlText": "insert into T values (3, null)"}', method='POST')
        request.add_header('Authorization', f'Snowflake Token="{table.connection.rest.token}"')
        with urllib.request.urlopen(request) as answered:
            assert b'"success":true' in answered.read()
    assert table.one('select count(*) from T where ID = 3') == 1


def test_several_statements_in_the_background(twin, table):
    cursor = table.connection.cursor()
    with twin.holding('before', 'ID = 7') as held:
        text = "begin; insert into T values (7, 'x'); update T set N = 'y' where ID = 7; commit"
        cursor.execute_async(text, num_statements=4)
        held()
        assert status(table, cursor.sfqid) == 'RUNNING'
    until(lambda: status(table, cursor.sfqid) == 'SUCCESS')
    reader = table.other().connection.cursor()
    reader.get_results_from_sfqid(cursor.sfqid)
    results = [reader.fetchall()]
    while reader.nextset():
        results.append(reader.fetchall())
    assert results[1:3] == [[(1,)], [(1, 0)]]
    assert table.other().one('select N from T where ID = 7') == 'y'


def test_several_statements_in_the_background_of_which_one_fails(table):
    cursor = table.connection.cursor()
    cursor.execute_async("begin; delete from T; insert into T values (9, 'too long'); commit", num_statements=4)
    until(lambda: status(table, cursor.sfqid) != 'RUNNING')
    assert status(table, cursor.sfqid) == 'FAILED_WITH_ERROR'
    with pytest.raises(snowflake.connector.errors.ProgrammingError, match='100078'):
        table.connection.get_query_status_throw_if_error(cursor.sfqid)
    assert table.one('select current_transaction()') is not None
    table.sql('rollback')


def test_a_statement_that_reaches_its_timeout(table):
    table.sql('alter session set STATEMENT_TIMEOUT_IN_SECONDS = 1')
    started = time.monotonic()
    code, state, message = table.refused('select count(*) from range(100000000) a, range(100000000) b')
    assert (code, state) == (630, '57014')
    assert message == 'Statement reached its statement or warehouse timeout of 1 second(s) and was canceled.'
    assert 1 <= time.monotonic() - started < 10
    assert table.refused('call system$wait(20)')[0] == 630
    assert table.one('select count(*) from T') == 2


def test_the_timeout_counts_while_a_lock_is_waited_for(table):
    other = table.other()
    other.sql('begin')
    other.sql('delete from T')
    table.sql('alter session set STATEMENT_TIMEOUT_IN_SECONDS = 1')
    assert table.refused("update T set N = 'x'")[0] == 630
    other.sql('rollback')


def test_a_timeout_for_one_statement_and_a_statement_that_keeps_within_it(table):
    cursor = table.connection.cursor()
    with pytest.raises(snowflake.connector.errors.ProgrammingError) as caught:
        cursor.execute('call system$wait(20)', _statement_params={'STATEMENT_TIMEOUT_IN_SECONDS': 1})
    assert caught.value.errno == 630
    assert table.one("call system$wait(1.2, 'SECONDS')") == 'waited 1.2 seconds'


def test_a_timeout_in_a_transaction_leaves_it_open(table):
    table.sql('begin')
    table.sql('delete from T where ID = 1')
    table.sql('alter session set STATEMENT_TIMEOUT_IN_SECONDS = 1')
    assert table.refused('insert into T select count(*), null from range(100000000) a, range(100000000) b')[0] == 630
    table.sql('alter session unset STATEMENT_TIMEOUT_IN_SECONDS')
    assert table.sql('select ID from T') == [(2,)]
    table.sql('commit')
    assert table.other().sql('select ID from T') == [(2,)]


def test_a_canceled_request_of_several_statements_stops_in_the_middle(twin, table, pool):
    cursor = table.connection.cursor()
    with twin.holding('before', 'ID = 2') as held:
        cursor.execute_async('delete from T where ID = 1; delete from T where ID = 2', num_statements=2)
        held()
        cursor.abort_query(cursor.sfqid)
        until(lambda: status(table, cursor.sfqid) != 'RUNNING')
    assert table.sql('select ID from T') == [(2,)]


def test_a_session_that_is_closed_cancels_what_it_runs(twin, table):
    other = table.other()
    cursor = other.connection.cursor()
    with twin.holding('before', 'ID = 2') as held:
        cursor.execute_async('delete from T where ID = 2')
        held()
        other.connection.rest.delete_session()
        until(lambda: status(table, cursor.sfqid) == 'FAILED_WITH_ERROR')
    assert table.one('select count(*) from T') == 2


def test_what_was_committed_before_the_client_heard_of_it(twin, table, pool):
    """Held after COMMIT: the rows are there, and whoever waits for the answer cannot know."""
    with twin.holding('after', 'commit') as held:
        waiting = pool.submit(table.connection.cursor().execute, 'begin; delete from T; commit', num_statements=3)
        held()
        assert table.other().one('select count(*) from T') == 0
        assert not waiting.done()
    waiting.result()


def test_a_running_statement_is_not_idle(twin, table, pool):
    """Its transaction blocks another for longer than --idle-blocker-seconds and is not aborted."""
    table.sql('begin')
    table.sql('delete from T where ID = 1')
    other = table.other()
    with twin.holding('before', 'ID = 2') as held:
        running = pool.submit(table.sql, 'delete from T where ID = 2')
        held()
        other.sql('alter session set LOCK_TIMEOUT = 3')
        assert other.refused("update T set N = 'x'")[0] == 625
    assert running.result() == [(1,)]
    table.sql('commit')
    assert other.one('select count(*) from T') == 0

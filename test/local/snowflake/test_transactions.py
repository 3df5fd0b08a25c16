"""Transactions, locks and what becomes of them when a client goes away."""

import concurrent.futures
import threading
import time

import pytest


@pytest.fixture
def table(session):
    session.sql('create table T (ID int, N varchar(5))')
    session.sql("insert into T values (1, 'a'), (2, 'b')")
    return session


def test_rollback_and_commit(table):
    other = table.other()
    table.sql('begin')
    table.sql('delete from T where ID = 1')
    assert (table.one('select count(*) from T'), other.one('select count(*) from T')) == (1, 2)
    table.sql('rollback')
    assert table.one('select count(*) from T') == 2
    table.sql('begin transaction')
    table.sql('delete from T where ID = 1')
    table.sql('commit')
    assert other.one('select count(*) from T') == 1


def test_an_error_leaves_the_transaction_open_with_what_was_done(table):
    with pytest.raises(Exception, match='100078'):
        table.connection.cursor().execute(
            "begin; delete from T where ID = 1; insert into T values (9, 'too long'); commit", num_statements=0
        )
    assert table.one('select current_transaction()') is not None
    assert table.sql('select ID from T') == [(2,)]
    assert table.other().one('select count(*) from T') == 2
    table.sql("insert into T values (3, 'c')")
    table.sql('commit')
    assert table.other().sql('select ID from T order by ID') == [(2,), (3,)]


def test_rollback_after_an_error(table):
    table.sql('begin')
    table.sql('delete from T where ID = 1')
    table.refused("update T set ID = 'x'")
    table.refused('insert into T values (1/0, null)')
    table.sql('rollback')
    assert table.one('select count(*) from T') == 2
    assert table.one('select current_transaction()') is None


def test_ddl_commits_and_cannot_be_rolled_back(table):
    table.sql('begin')
    table.sql('delete from T where ID = 1')
    table.sql('create table U (A int)')
    table.sql('rollback')
    assert table.one('select count(*) from T') == 1
    assert table.one('select count(*) from U') == 0
    table.sql('begin')
    table.sql('delete from T')
    table.sql('alter table T add column X int')
    table.sql('rollback')
    assert table.one('select count(*) from T') == 0


@pytest.mark.parametrize('writing', [
    "update T set N = 'z'", 'delete from T', 'truncate table T',
    'merge into T using (select 2 as ID) s on T.ID = s.ID when matched then update set N = T.N',
])  # fmt: skip
def test_a_writer_waits_for_the_lock_and_gives_up_after_lock_timeout(table, writing):
    table.sql('begin')
    table.sql("update T set N = 'mine' where ID = 1")
    other = table.other()
    other.sql('alter session set lock_timeout = 1')
    started = time.monotonic()
    code, state, message = other.refused(writing)
    assert (code, state) == (625, '57014') and 'has locked table' in message
    assert time.monotonic() - started >= 1
    assert other.sql("insert into T values (7, 'free')") == [(1,)]
    table.sql('rollback')
    other.sql(writing)


def test_a_waiting_writer_goes_on_after_commit_and_sees_what_was_committed(table):
    table.sql('begin')
    table.sql("update T set N = 'mine' where ID = 1")
    other, rows = table.other(), []
    other.sql('begin')
    waiting = threading.Thread(target=lambda: rows.extend(other.sql("update T set N = N || '!' where N = 'mine'")))
    waiting.start()
    while 'T' not in str(table.sql('show locks')) and waiting.is_alive():
        time.sleep(0.01)
    table.sql('commit')
    waiting.join(10)
    assert rows == [(1, 0)]
    other.sql('commit')
    assert table.one('select N from T where ID = 1') == 'mine!'


@pytest.fixture
def waiting(table):
    """Another session that has written to U and waits for T, which the first one changes."""
    table.sql('create table U (A int)')
    other, outcome = table.other(), []

    def write(first):
        table.sql('begin')
        table.sql("update T set N = 'mine' where ID = 1")
        table.sql('insert into T values (3, null)')
        other.sql('begin')
        other.sql(first)
        update = "update T set N = coalesce(N, '') || '!' where ID <> 2"
        thread = threading.Thread(target=lambda: outcome.append(_told(other, update)))
        thread.start()
        running = "select count(*) from table(information_schema.query_history()) where startswith(QUERY_TEXT, %s) and END_TIME is null"
        while table.one(running, (update,)) == 0:
            time.sleep(0.01)
        table.sql('commit')
        thread.join(20)
        return other, outcome[0]

    return write


def _told(session, text):
    try:
        return session.sql(text)
    except Exception as error:
        return error.errno


def test_a_transaction_that_has_written_waits_too_and_sees_what_was_committed(table, waiting):
    other, outcome = waiting('insert into U values (7)')
    assert outcome == [(2, 0)]
    assert table.one('select count(*) from U') == 0
    other.sql('commit')
    assert table.sql('select ID, N from T order by ID') == [(1, 'mine!'), (2, 'b'), (3, '!')]
    assert table.sql('select A from U') == [(7,)]


def test_a_transaction_whose_earlier_write_would_now_be_another_is_refused(table, waiting):
    other, outcome = waiting('insert into U select ID from T')
    assert outcome == 603
    other.sql('rollback')
    assert table.one('select count(*) from U') == 0


def test_a_lock_that_was_given_back_before_it_was_wanted(table):
    other = table.other()
    table.sql('create table U (A int)')
    other.sql('begin')
    other.sql('insert into U values (7)')
    table.sql("update T set N = 'mine' where ID = 1")
    assert other.sql("update T set N = N || '!' where N = 'mine'") == [(1, 0)]
    other.sql('commit')
    assert table.one('select N from T where ID = 1') == 'mine!'


def test_an_abandoned_transaction_keeps_its_locks_until_it_is_aborted(table):
    gone = table.other()
    gone.sql('begin')
    gone.sql('delete from T')
    number = gone.one('select current_transaction()')
    session_id = gone.one('select current_session()')
    table.sql('alter session set lock_timeout = 1')
    assert table.refused("update T set N = 'x'")[0] == 625
    assert [row[0] for row in table.sql('show transactions')] == [str(number)]
    table.sql(f'select system$abort_session({session_id})')
    assert table.sql("update T set N = 'x'") == [(2, 0)]


def test_an_idle_transaction_that_blocks_is_aborted_by_snowflake(table):
    """The twin of these tests was started with --idle-blocker-seconds 2; Snowflake's are 300."""
    gone = table.other()
    gone.sql('begin')
    gone.sql('delete from T')
    assert table.sql("update T set N = 'x'") == [(2, 0)]


def test_closing_a_session_rolls_back(table):
    other = table.other()
    other.sql('begin')
    other.sql('delete from T')
    other.connection.rest.delete_session()
    assert table.sql("update T set N = 'x'") == [(2, 0)]


def test_deadlock_is_an_error(table):
    table.sql('create table U (ID int)')
    table.sql('insert into U values (1)')
    other = table.other()
    for session, name in ((table, 'T'), (other, 'U')):
        session.sql('begin')
        session.sql(f'update {name} set ID = 5')
    codes = []
    waiting = threading.Thread(target=lambda: codes.append(_code(table, 'update U set ID = 6')))
    waiting.start()
    codes.append(_code(other, 'update T set ID = 6'))
    other.sql('rollback')
    waiting.join(10)
    table.sql('rollback')
    assert 623 in codes


def test_two_publishers_of_different_tables_take_turns_at_the_shared_row_table(session):
    session.sql('create table TARGETS (NAME varchar, EPOCH int)')
    session.sql("insert into TARGETS values ('A', 1), ('B', 1)")
    session.sql('create table LEDGER (NAME varchar)')
    for name in 'AB':
        session.sql(f'create table {name} (ID int)')

    def publish(name):
        other = session.other()
        for _ in range(5):
            other.connection.cursor().execute(
                f"""begin; update TARGETS set EPOCH = EPOCH + 1 where NAME = '{name}';
                insert into LEDGER select NAME from TARGETS where NAME = '{name}';
                merge into {name} using (select count(*) as ID from LEDGER) s on {name}.ID = s.ID
                when not matched then insert (ID) values (s.ID); commit""",
                num_statements=0,
            )

    with concurrent.futures.ThreadPoolExecutor() as pool:
        for done in [pool.submit(publish, name) for name in 'AB']:
            done.result()
    assert session.sql('select NAME, EPOCH from TARGETS order by 1') == [('A', 6), ('B', 6)]
    assert session.one('select count(distinct ID) from (select ID from A union all select ID from B)') == 10


def _code(session, text):
    try:
        session.sql(text)
    except Exception as error:
        return error.errno
    return None


def test_autocommit_off_begins_by_itself(table):
    other = table.other(autocommit=False)
    other.sql('delete from T')
    assert table.one('select count(*) from T') == 2
    other.connection.commit()
    assert table.one('select count(*) from T') == 0


def test_two_sessions_append_to_one_table_at_once(table):
    other = table.other()
    table.sql('begin')
    table.sql("insert into T values (3, 'c')")
    other.sql("insert into T values (4, 'd')")
    table.sql('commit')
    assert table.one('select count(*) from T') == 4


def test_statements_of_one_session_at_once_take_turns(session):
    def work(number):
        session.sql(f'create or replace table T{number} (A int)')
        session.sql(f'insert into T{number} select {number}')
        return session.one(f'select A from T{number}')

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(24))) == list(range(24))

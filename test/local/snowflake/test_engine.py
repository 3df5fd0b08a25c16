"""DuckDB is set up so that what is committed is seen by whoever asks next."""

import sys

from running_twin import REPOSITORY

sys.path.insert(0, str(REPOSITORY / 'local' / 'snowflake'))
from engine import Engine  # noqa: E402

ROWS = 200_000
TIMES = 30


def test_no_checkpoint_runs_beside_a_query():
    duck = Engine(None).instance.duck_conn.cursor()
    duck.execute("attach ':memory:' as D; create table D.main.T (ID varchar, N int)")
    for _ in range(TIMES):
        duck.execute('begin')
        duck.execute('delete from D.main.T')
        duck.execute(f'insert into D.main.T select md5(i::varchar), i from range({ROWS}) as r(i)')
        duck.execute('commit')
    # a checkpoint would have taken the deleted rows away
    [kept] = duck.execute("select sum(count) from pragma_storage_info('D.main.T') where column_name = 'N' and segment_type = 'INTEGER'").fetchone()  # fmt: skip
    assert kept == ROWS * TIMES

"""The Node driver that the pipeline uses, unmodified, against the twin."""

import json
import subprocess

import pytest

from running_twin import HERE, REPOSITORY


@pytest.fixture
def node(twin, schema):
    """Run steps through snowflake-sdk in a session of the test's schema; what came of each."""

    def run(*steps, **options):
        given = {
            'account': 'twin', 'username': 'firn', 'password': 'firn', 'database': 'FIRN', 'schema': schema,
            'accessUrl': f'http://127.0.0.1:{twin.port}', **options,
        }  # fmt: skip
        done = subprocess.run(
            [REPOSITORY / 'node_modules/.bin/node', HERE / 'node_driver.mjs'], text=True, capture_output=True,
            input=json.dumps({'options': given, 'steps': [{'sql': s} if isinstance(s, str) else s for s in steps]}),
            check=True,
        )  # fmt: skip
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{')]

    return run


def test_login_is_refused(node):
    [refused] = node('select 1', password='wrong')
    assert str(refused['code']) == '390100'


def test_values_binds_and_errors(node):
    answers = node(
        'create table T (A number(38,18), B timestamp_ntz, C binary, D boolean, E date, F varchar(3), G variant)',
        "insert into T select 12345678901234567890.123456789012345678, null, to_binary('00ff', 'HEX'), true, "
        "'2026-01-31', 'äöü', parse_json('{\"a\": 1}')",
        'select * from T',
        {'sql': 'insert into T (A, B, F) values (?, ?, ?)',
         'binds': [[1, '2026-01-01', 'a'], [2, None, None], ['3.5', None, 'c']]},
        {'sql': 'select count(*) as N, sum(A) as S, max(B) as M, count(F) as F from T where A < ?', 'binds': [100]},
        {'sql': 'insert into T (F) values (?)', 'binds': ['longer']},
        'select * from MISSING',
    )  # fmt: skip
    assert answers[2]['rows'] == [{
        'A': '12345678901234567890.123456789012345678', 'B': None, 'C': '00ff', 'D': True,
        'E': answers[2]['rows'][0]['E'], 'F': 'äöü', 'G': {'a': 1},
    }]  # fmt: skip
    assert answers[2]['rows'][0]['E'].startswith('2026-01-31')
    assert answers[3]['updated'] == 3
    assert answers[4]['rows'][0]['N'] == '3' and answers[4]['rows'][0]['S'] == '6.500000000000000000'
    assert (answers[4]['rows'][0]['M'].startswith('2026-01-01'), answers[4]['rows'][0]['F']) == (True, '2')
    assert (answers[5]['code'], answers[5]['state']) == ('100078', '22000')
    assert (answers[6]['code'], answers[6]['state']) == ('002003', '42S02')


def test_several_statements_and_an_error_in_the_middle(node):
    several = {'MULTI_STATEMENT_COUNT': 0}
    answers = node(
        'create table T (ID int, N varchar(3))',
        {'sql': """begin; insert into T values (1, 'a'), (2, 'b');
            merge into T using (select 2 as ID union all select 3) s on T.ID = s.ID
            when matched then update set N = 'm' when not matched then insert (ID) values (s.ID); commit""",
         'parameters': several},
        {'sql': "begin; delete from T; insert into T values (4, 'long'); commit", 'parameters': several},
        'select current_transaction() as X, (select count(*) from T) as N',
        'rollback',
        'select count(*) as N from T',
    )  # fmt: skip
    assert answers[1]['results'] == [
        [{'status': 'Statement executed successfully.'}], [{'number of rows inserted': '2'}],
        [{'number of rows inserted': '1', 'number of rows updated': '1'}],
        [{'status': 'Statement executed successfully.'}],
    ]  # fmt: skip
    assert answers[2]['code'] == '100078'
    assert answers[3]['rows'][0]['X'] is not None and answers[3]['rows'][0]['N'] == '0'
    assert answers[5]['rows'] == [{'N': '3'}]


def test_background_and_chunks(node):
    answers = node(
        {'sql': 'select count(*) as N from table(generator(rowcount => 100000))', 'async': True},
        {'sql': 'select * from MISSING', 'async': True},
        'select row_number() over (order by 1) as N from table(generator(rowcount => 130000))',
    )  # fmt: skip
    assert (answers[0]['status'], answers[0]['rows']) == ('SUCCESS', [{'N': '100000'}])
    assert answers[1]['status'] == 'FAILED_WITH_ERROR' and 'MISSING' in answers[1]['message']
    assert sorted(int(row['N']) for row in answers[2]['rows']) == list(range(1, 130_001))


def test_put_and_list(node, tmp_path):
    (tmp_path / 'model.sql').write_text('select 1')
    answers = node(
        'create stage FILES',
        f"put 'file://{tmp_path}/*.sql' @FILES/v1/models auto_compress=false overwrite=true",
        'list @FILES',
        'remove @FILES/v1',
    )  # fmt: skip
    assert answers[1]['rows'][0]['status'] == 'UPLOADED'
    assert [row['name'] for row in answers[2]['rows']] == ['files/v1/models/model.sql']
    assert answers[3]['rows'] == [{'name': 'files/v1/models/model.sql', 'result': 'removed'}]


def test_several_statements_in_the_background(node):
    text = "begin; insert into T values (1, 'a'), (2, 'b'); update T set N = 'c' where ID = 1; commit"
    answers = node(
        'create table T (ID int, N varchar(1))',
        {'sql': text, 'parameters': {'MULTI_STATEMENT_COUNT': 4}, 'async': True},
        {'sql': "begin; insert into T values (3, 'long'); commit", 'parameters': {'MULTI_STATEMENT_COUNT': 3},
         'async': True},
        'rollback',
        'select count(*) as N from T',
    )  # fmt: skip
    assert answers[1]['status'] == 'SUCCESS'
    assert answers[1]['results'][1:3] == [
        [{'number of rows inserted': '2'}],
        [{'number of rows updated': '1', 'number of multi-joined rows updated': '0'}],
    ]
    assert (answers[2]['status'], answers[2]['code']) == ('FAILED_WITH_ERROR', '100078')
    assert answers[4]['rows'] == [{'N': '2'}]

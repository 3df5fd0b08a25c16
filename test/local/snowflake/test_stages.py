"""Stages and COPY INTO: internal and S3, exactly as many rows as the files have, or none."""

import concurrent.futures
from decimal import Decimal

import duckdb
import pytest

ROWS = """select i::bigint as id, 'name ' || i as "Name", (i / 4)::decimal(17,14) as lat,
    ('2026-01-01'::timestamp + interval (i) second) as at from range({}) t(i)"""
COPY = """file_format = (type = parquet use_logical_type = true use_vectorized_scanner = true)
    match_by_column_name = case_insensitive on_error = abort_statement"""


@pytest.fixture
def lake(session, s3, tmp_path):
    session.sql("create stage LAKE url = 's3://lake/' credentials = (aws_key_id = 'test' aws_secret_key = 'test')")
    session.sql('create transient table T (ID number(10,0), NAME varchar(20), LAT number(17,14), AT timestamp_ntz(6))')
    session.folder = f'runs/{session.schema}'
    for part, count in (('a', 3), ('b', 4)):
        s3.put_parquet(f'{session.folder}/{part}.parquet', ROWS.format(count), tmp_path)
    return session


def test_copy_from_s3_answers_one_row_per_file_and_deletes_nothing(lake, s3):
    rows = lake.sql(
        f'copy into FIRN.{lake.schema}.T from @FIRN.{lake.schema}.LAKE/{lake.folder}/ '
        f"files = ('a.parquet', 'b.parquet') {COPY} purge = false"
    )
    url = f's3://lake/{lake.folder}'
    assert [row[:4] for row in rows] == [
        (f'{url}/a.parquet', 'LOADED', 3, 3), (f'{url}/b.parquet', 'LOADED', 4, 4),
    ]  # fmt: skip
    assert lake.sql('select count(*), sum(LAT), max(NAME) from T') == [(7, Decimal('2.25'), 'name 3')]
    assert f'{lake.folder}/a.parquet' in s3.list_keys()


def test_a_file_is_loaded_once_into_a_table_unless_forced(lake):
    copy = f"copy into T from @LAKE/{lake.folder}/ files = ('a.parquet') {COPY}"
    lake.sql(copy)
    assert lake.sql(copy)[0][1:4] == ('LOAD_SKIPPED', 0, 0)
    assert lake.sql(copy + ' force = true')[0][1:4] == ('LOADED', 3, 3)
    lake.sql('truncate table T')
    assert lake.sql(copy)[0][1] == 'LOADED'
    lake.sql('create or replace table T like T')
    lake.sql('begin')
    assert lake.sql(copy)[0][1] == 'LOADED'
    lake.sql('rollback')
    assert lake.sql(copy)[0][1] == 'LOADED'
    assert lake.one('select count(*) from T') == 3


def test_named_format_and_stages_by_integration_or_endpoint(lake, s3):
    lake.sql('create file format if not exists PARTS type = parquet use_logical_type = true binary_as_text = false')
    lake.sql("create stage WITHIN url = 's3://lake/runs/' storage_integration = LAKE")
    lake.sql(
        "create stage COMPATIBLE url = 's3compat://lake/' "
        f"endpoint = '{s3.endpoint}' credentials = (aws_key_id = 'test' aws_secret_key = 'test')"
    )
    for stage, path in (('WITHIN', lake.schema), ('COMPATIBLE', lake.folder)):
        [row] = lake.sql(
            f"copy into T from @{stage}/{path} files = ('b.parquet') "
            f'file_format = (format_name = FIRN.{lake.schema}.PARTS) '
            'match_by_column_name = case_insensitive force = true'
        )
        assert row[3] == 4
    assert lake.refused('copy into T from @WITHIN file_format = (format_name = NONE)')[0] == 2003


@pytest.mark.parametrize(('column', 'code'), [
    ('NAME varchar(5)', 100078), ('ID number(1,0) not null, NAME int', 100038),
    ('AT timestamp_ntz, ID number(2,2)', 100046), ('ID number, OTHER int not null', 100072),
])  # fmt: skip
def test_copy_is_all_or_nothing(lake, column, code):
    lake.sql(f'create or replace table T ({column})')
    refused = lake.refused(f'copy into T from @LAKE/{lake.folder}/ {COPY}')
    assert refused[0] == code and 'name 1' not in refused[2]
    assert lake.one('select count(*) from T') == 0


def test_missing_files_stages_and_odd_options_are_refused(lake):
    assert lake.refused(f"copy into T from @LAKE/{lake.folder}/ files = ('none.parquet') {COPY}")[0] == 91016
    assert lake.refused(f'copy into T from @NOWHERE/ {COPY}')[0] == 2003
    assert lake.refused(f'copy into T from @LAKE/{lake.folder}/ {COPY} oddity = 1')[0] == 1003
    assert lake.sql(f'copy into T from @LAKE/{lake.folder}/nothing/ {COPY}') == [
        ('Copy executed with 0 files processed.',)
    ]


def test_transforming_copy_parses_json_and_plain_text_stays_text(lake, s3, tmp_path):
    s3.put_parquet(
        f'{lake.folder}/j.parquet', """select 7::bigint as id, '{"a": [1, 2]}' as doc, 'tags' as "Tag" """, tmp_path
    )
    lake.sql('create table J (ID number(10,0), DOC variant, RAW variant, TAG varchar, MISSING varchar, FILE varchar)')
    copy = f"""copy into J (ID, DOC, RAW, TAG, MISSING, FILE)
        from (select $1:id::number(10,0), parse_json($1:doc::varchar), $1:doc,
            $1:"Tag"::varchar, $1:tag, metadata$filename
            from @LAKE/{lake.folder}/) files = ('j.parquet')
        file_format = (type = parquet use_logical_type = true)"""
    assert lake.sql(copy)[0][1:4] == ('LOADED', 1, 1)
    row = lake.sql('select ID, DOC:a[1]::int, RAW:a, TAG, MISSING from J')[0]
    assert row == (7, 2, None, 'tags', None)
    assert lake.refused(copy + ' match_by_column_name = case_insensitive force = true')[1] == '0A000'


def test_columns_the_file_lacks_get_their_default(lake):
    lake.sql(
        "create or replace table T (ID int, BY_DEFAULT varchar default 'none', "
        'LOADED_AT timestamp_ntz default current_timestamp())'
    )
    lake.sql(f"copy into T from @LAKE/{lake.folder}/ files = ('a.parquet') {COPY}")
    assert lake.sql('select count(*), min(BY_DEFAULT), count(LOADED_AT) from T') == [(3, 'none', 3)]


def test_put_list_copy_remove_on_an_internal_stage(session, tmp_path):
    file = tmp_path / 'part one.parquet'
    duckdb.connect().execute(f"COPY ({ROWS.format(5)}) TO '{file}' (FORMAT parquet)")
    session.sql('create stage FILES')
    assert session.sql(f"put 'file://{file}' @FILES/run/t auto_compress = false overwrite = true")[0][6] == 'UPLOADED'
    assert [row[0] for row in session.sql('list @FILES/run')] == ['files/run/t/part one.parquet']
    session.sql('create table T (ID int, NAME varchar)')
    copy = f"copy into T from @FIRN.{session.schema}.FILES/run/t files = ('part one.parquet') {COPY} force = true"
    assert session.sql(copy + ' purge = false')[0][:4] == ('files/run/t/part one.parquet', 'LOADED', 5, 5)
    assert len(session.sql('ls @FILES')) == 1
    assert session.sql('remove @FILES/run/') == [('files/run/t/part one.parquet', 'removed')]
    assert session.sql('list @FILES') == []
    assert session.refused(copy)[0] == 91016
    session.sql(f"put 'file://{file}' @FILES auto_compress = false")
    session.sql(f'copy into T from @FILES {COPY} purge = true')
    assert session.sql('list @FILES') == []


def test_put_compresses_and_csv_is_read(session, tmp_path):
    (tmp_path / 'rows.csv').write_text('ID,NAME\n1,"a, b"\n2,\n')
    session.sql('create stage FILES')
    assert session.sql(f'put file://{tmp_path}/rows.csv @FILES')[0][1] == 'rows.csv.gz'
    session.sql('create table T (ID int, NAME varchar(9))')
    [row] = session.sql(
        """copy into T from @FILES file_format = (type = csv skip_header = 1 field_optionally_enclosed_by = '"')"""
    )
    assert row[3] == 2
    assert session.sql('select * from T order by ID') == [(1, 'a, b'), (2, None)]


def test_two_sessions_copy_at_once(lake, s3, tmp_path):
    s3.put_parquet(f'{lake.folder}/big.parquet', ROWS.format(3500), tmp_path)
    sessions = [lake, lake.other()]
    for number, session in enumerate(sessions):
        session.sql(f'create transient table BIG{number} like T')
    with concurrent.futures.ThreadPoolExecutor() as pool:
        copies = [
            pool.submit(session.sql, f"copy into BIG{n} from @LAKE/{lake.folder}/ files = ('big.parquet') {COPY}")
            for n, session in enumerate(sessions)
        ]
        assert [copy.result()[0][3] for copy in copies] == [3500, 3500]

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


def test_a_file_named_twice_is_loaded_once(lake):
    rows = lake.sql(f"copy into T from @LAKE/{lake.folder}/ files = ('a.parquet', 'b.parquet', 'a.parquet') {COPY}")
    assert [row[3] for row in rows] == [3, 4]
    assert lake.one('select count(*) from T') == 7


def test_more_than_a_thousand_names_are_refused(lake):
    names = ', '.join(f"'{number}.parquet'" for number in range(1001))
    assert lake.refused(f'copy into T from @LAKE/{lake.folder}/ files = ({names}) {COPY}')[0] == 1033


def test_a_missing_file_is_named(lake, session):
    code, state, message = lake.refused(
        f"copy into T from @LAKE/{lake.folder}/ files = ('a.parquet', 'none.parquet') {COPY}"
    )
    assert (code, state) == (91016, '22000')
    assert message.startswith(f"Remote file 's3://lake/{lake.folder}/none.parquet' was not found. There are several")
    session.sql('create stage FILES')
    assert (
        "'files/run/none.parquet'" in session.refused(f"copy into T from @FILES/run files = ('none.parquet') {COPY}")[2]
    )
    assert lake.one('select count(*) from T') == 0


@pytest.mark.parametrize('broken', ['half', 'empty', 'text', 'middle'])
def test_a_file_that_is_no_parquet_is_an_error_and_nothing_is_loaded(lake, s3, tmp_path, broken):
    s3.put_parquet(f'{lake.folder}/whole.parquet', ROWS.format(3500), tmp_path)
    whole = (tmp_path / 'rows.parquet').read_bytes()
    content = {'half': whole[: len(whole) // 2], 'empty': b'', 'text': b'ID,NAME\n1,secret\n' * 9,
               'middle': whole[:100] + bytes(2000) + whole[2100:]}[broken]  # fmt: skip
    s3.client().put_object(Bucket='lake', Key=f'{lake.folder}/broken.parquet', Body=content)
    code, _, message = lake.refused(
        f"copy into T from @LAKE/{lake.folder}/ files = ('a.parquet', 'broken.parquet') {COPY}"
    )
    assert code == 100000 and message.startswith('Error parsing the parquet file: Invalid: ')
    assert f's3://lake/{lake.folder}/broken.parquet' in message and 'secret' not in message
    assert lake.one('select count(*) from T') == 0


def test_a_bucket_that_is_not_there_or_does_not_answer(lake):
    keys = "credentials = (aws_key_id = 'test' aws_secret_key = 'test')"
    lake.sql(f"create stage GONE url = 's3://gone-bucket/' {keys}")
    lake.sql(f"create stage DEAF url = 's3compat://lake/' endpoint = 'http://127.0.0.1:9' {keys}")
    copy = f"copy into T from @{{}}/ files = ('a.parquet') {COPY}"
    assert lake.refused(copy.format('GONE'))[0] == 91016
    for text in ('list @GONE', f'copy into T from @GONE/ {COPY}', 'list @DEAF', copy.format('DEAF')):
        code, state, message = lake.refused(text)
        assert (code, state) == (91003, '22000') and message.startswith('Failure using stage area. Cause: ['), text
    assert 'The specified bucket does not exist' in lake.refused('list @GONE')[2]


def test_metadata_of_the_files_by_include_metadata_and_by_select(lake):
    lake.sql('create table M (ID int, F varchar, R int)')
    lake.sql(
        f"copy into M from @LAKE/{lake.folder}/ files = ('a.parquet', 'b.parquet') {COPY} "
        'include_metadata = (F = METADATA$FILENAME, "R" = METADATA$FILE_ROW_NUMBER)'
    )
    assert lake.sql('select F, count(*), min(R), max(R) from M group by F order by F') == [
        (f'{lake.folder}/a.parquet', 3, 1, 3), (f'{lake.folder}/b.parquet', 4, 1, 4),
    ]  # fmt: skip
    lake.sql('truncate table M')
    lake.sql(
        f'copy into M from (select $1:id, metadata$filename, metadata$file_row_number from @LAKE/{lake.folder}/) '
        "files = ('b.parquet') file_format = (type = parquet) force = true"
    )
    assert lake.sql('select F, count(*), max(R) from M group by F') == [(f'{lake.folder}/b.parquet', 4, 4)]
    refused = f"copy into M from @LAKE/{lake.folder}/ files = ('a.parquet') {COPY} include_metadata = (NOPE = METADATA$FILENAME)"
    assert lake.refused(refused)[0] == 904


def test_what_is_put_again_is_overwritten_and_loaded_as_it_is_now(session, tmp_path):
    file = tmp_path / 'part.parquet'
    session.sql('create stage FILES')
    for count in (1, 3):
        duckdb.connect().execute(f"COPY ({ROWS.format(count)}) TO '{file}' (FORMAT parquet)")
        put = f"put 'file://{file}' @FILES/run auto_compress = false overwrite = true"
        assert session.sql(put)[0][6] == 'UPLOADED'
    session.sql('create table T (ID int, NAME varchar)')
    assert session.sql(f"copy into T from @FILES/run files = ('part.parquet') {COPY}")[0][3] == 3
    assert session.sql('remove @FILES/run/part.parquet') == [('files/run/part.parquet', 'removed')]
    assert session.sql('remove @FILES/run/part.parquet') == []

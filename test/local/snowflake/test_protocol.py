"""Login, background queries, several statements in a request, unknown names, what is only nodded at."""

import sys
import time

import pytest
import snowflake.connector

from running_twin import REPOSITORY, Twin, free_port, start


def several(session, text, count=0):
    """Run several statements in one request; the rows of each."""
    cursor = session.connection.cursor()
    cursor.execute(text, num_statements=count)
    results = [cursor.fetchall()]
    while cursor.nextset():
        results.append(cursor.fetchall())
    return results


def test_wrong_password_and_unknown_user_are_refused(twin):
    for wrong in ({'password': 'wrong'}, {'user': 'nobody'}):
        with pytest.raises(snowflake.connector.errors.DatabaseError) as caught:
            twin.connect(**wrong)
        assert '390100' in str(caught.value)


def test_key_pair(twin):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    ours, theirs = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    kinds = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    import base64

    public = base64.b64encode(ours.public_key().public_bytes(*kinds)).decode()
    with twin.connect() as connection:
        connection.cursor().execute(f"alter user FIRN set RSA_PUBLIC_KEY='{public}'")

    def der(key):
        return key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    with twin.connect(password=None, private_key=der(ours)) as connection:
        assert connection.cursor().execute('select 1').fetchone() == (1,)
    with pytest.raises(snowflake.connector.errors.DatabaseError, match='JWT'):
        twin.connect(password=None, private_key=der(theirs))
    second = base64.b64encode(theirs.public_key().public_bytes(*kinds)).decode()
    with twin.connect() as connection:
        connection.cursor().execute(f"alter user FIRN set RSA_PUBLIC_KEY_2='{second}'")
        for key in (ours, theirs):
            twin.connect(password=None, private_key=der(key)).close()
        connection.cursor().execute('alter user FIRN unset RSA_PUBLIC_KEY')
    twin.connect(password=None, private_key=der(theirs)).close()
    with pytest.raises(snowflake.connector.errors.DatabaseError, match='JWT'):
        twin.connect(password=None, private_key=der(ours))


def test_a_token_of_another_hour_is_refused(twin, monkeypatch):
    import base64
    import datetime

    import snowflake.connector.auth.keypair as keypair
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    kinds = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    with twin.connect() as connection:
        public = base64.b64encode(key.public_key().public_bytes(*kinds)).decode()
        connection.cursor().execute(f"alter user FIRN set RSA_PUBLIC_KEY='{public}'")
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for hours in (2, -2):

        class Off(datetime.datetime):
            @classmethod
            def now(cls, tz=None, hours=hours):
                return datetime.datetime.now(tz) + datetime.timedelta(hours=hours)

        monkeypatch.setattr(keypair, 'datetime', Off)
        with pytest.raises(snowflake.connector.errors.DatabaseError, match='JWT'):
            twin.connect(password=None, private_key=der)


def test_connecting_creates_nothing(twin):
    with twin.connect(database='NOWHERE', schema='NOTHING') as connection:
        run = connection.cursor().execute
        assert run('select current_database(), current_schema()').fetchone() == (None, None)
        assert 'NOWHERE' not in [row[1] for row in run('show databases').fetchall()]


def test_databases_come_with_public_and_schemas_go_with_what_is_in_them(session):
    other = session.other()
    other.sql('create or replace database ELSEWHERE')
    assert other.sql('select current_database(), current_schema()') == [('ELSEWHERE', 'PUBLIC')]
    other.sql('create table T (A int)')
    other.sql('create schema if not exists STAGED')
    other.sql('create stage STAGED.FILES')
    other.sql('use database FIRN')
    assert other.sql('select current_database(), current_schema()') == [('FIRN', 'PUBLIC')]
    assert other.one('select count(*) from ELSEWHERE.PUBLIC.T') == 0
    other.sql('create or replace schema ELSEWHERE.STAGED')
    assert other.refused('list @ELSEWHERE.STAGED.FILES')[0] == 2003
    other.sql('drop database ELSEWHERE')
    assert other.refused('select * from ELSEWHERE.PUBLIC.T')[0] == 2003


@pytest.mark.parametrize('text', [
    'create task T as select 1', 'create or replace stream S on table T',
    'create row access policy P as (A varchar) returns boolean -> true', 'create table T (A int autoincrement)',
])  # fmt: skip
def test_what_the_twin_cannot_do_it_refuses(session, text):
    assert 'twin' in session.refused(text)[2]


def test_the_twin_ends_when_told_to_although_somebody_waits(tmp_path):
    port = free_port()
    command = [
        sys.executable,
        str(REPOSITORY / 'local/snowflake/twin.py'),
        '--port',
        str(port),
        '--data',
        str(tmp_path),
    ]
    process = start(command, f'http://127.0.0.1:{port}/health', tmp_path / 'log')
    holder, waiter = Twin(port, tmp_path).connect(), Twin(port, tmp_path).connect()
    holder.cursor().execute('create table T (A int)')
    holder.cursor().execute('begin')
    holder.cursor().execute('update T set A = 1')
    waiter.cursor().execute_async('update T set A = 2')
    process.terminate()
    try:
        process.wait(8)
    finally:
        process.kill()


def test_a_closed_session_is_gone(session):
    other = session.other()
    other.connection.rest.delete_session()
    with pytest.raises(snowflake.connector.errors.Error):
        other.sql('select 1')


def test_background_query_is_polled_and_read_by_another_session(session):
    cursor = session.connection.cursor()
    cursor.execute_async('select count(*) from table(generator(rowcount => 3000000)) a')
    other = session.other().connection
    while other.is_still_running(other.get_query_status(cursor.sfqid)):
        time.sleep(0.02)
    assert other.get_query_status(cursor.sfqid).name == 'SUCCESS'
    reader = other.cursor()
    reader.get_results_from_sfqid(cursor.sfqid)
    assert reader.fetchone() == (3_000_000,)


def test_failed_background_query_says_why(session):
    cursor = session.connection.cursor()
    cursor.execute_async('select * from MISSING')
    while session.connection.is_still_running(session.connection.get_query_status(cursor.sfqid)):
        time.sleep(0.02)
    with pytest.raises(snowflake.connector.errors.ProgrammingError, match='002003'):
        session.connection.get_query_status_throw_if_error(cursor.sfqid)


def test_several_statements_each_with_its_result(session):
    session.sql('create table T (ID int, N varchar)')
    results = several(session, """
        begin; -- a comment; with a semicolon
        insert into T values (1, 'a;b'), (2, 'c'), (3, 'd');
        update T set N = 'x' where ID > 1;
        merge into T using (select 3 as ID union all select 4) s on T.ID = s.ID
            when matched then update set N = 'm' when not matched then insert (ID) values (s.ID);
        delete from T where ID = 1;
        commit""", 6)  # fmt: skip
    assert results[1:] == [[(3,)], [(2, 0)], [(1, 1)], [(1,)], [('Statement executed successfully.',)]]
    assert session.sql('select * from T order by ID') == [(2, 'x'), (3, 'm'), (4, None)]


def test_the_number_of_statements_must_be_the_one_announced(session):
    assert session.refused('select 1; select 2')[0] == 8
    with pytest.raises(snowflake.connector.errors.ProgrammingError, match='did not match'):
        several(session, 'select 1; select 2', 3)
    session.sql('alter session set multi_statement_count = 0')
    assert session.sql('select 1; select 2') == [(1,)]


@pytest.mark.parametrize(('text', 'code', 'state', 'said'), [
    ('select * from MISSING', 2003, '42S02', "'MISSING' does not exist or not authorized"),
    ('select MISSING from (select 1 as A)', 904, '42000', "invalid identifier 'MISSING'"),
    ('insert into MISSING values (1)', 2003, '42S02', 'does not exist'),
    ('copy into MISSING from @LAKE', 2003, '42S02', 'does not exist'),
    ('drop table MISSING', 2003, '42S02', 'does not exist'),
    ('alter table MISSING add column A int', 2003, '42S02', 'does not exist'),
    ('create table T (A int)', 2002, '42710', 'already exists'),
    ('selec 1', 1003, '42000', ''),
    ("select 'x'::int", 100038, '22018', "Numeric value 'x' is not recognized"),
    ("select 'a date\n\nof y'::int", 100038, '22018', "Numeric value 'a date\n\nof y' is not recognized"),
    ("select 'nan'::double::int", 100046, '22003', 'type FIXED[SB16](38,0){nullable}, value nan'),
    ("select 'x'::boolean", 100037, '22018', "Boolean value 'x' is not recognized"),
    ("select '2024-13-01'::date", 100040, '22007', "Date '2024-13-01' is not recognized"),
    ("select 'x'::timestamp", 100035, '22007', "Timestamp 'x' is not recognized"),
    ('execute dbt project MISSING', 2003, '02000', 'does not exist'),
])  # fmt: skip
def test_errors_have_snowflakes_codes(session, text, code, state, said):
    session.sql('create table T (A int)')
    assert session.refused(text)[:2] == (code, state)
    assert said in session.refused(text)[2]


@pytest.mark.parametrize('text', [
    "alter user FIRN set DEFAULT_ROLE = 'LOADER'", 'use secondary roles all',
    "create or replace storage integration LAKE type = external_stage storage_provider = 'S3' enabled = true "
    "storage_aws_role_arn = 'arn:aws:iam::1:role/x' storage_allowed_locations = ('s3://lake/')",
    'create resource monitor LIMITS with credit_quota = 1',
])  # fmt: skip
def test_users_integrations_and_monitors_are_nodded_at(session, text):
    assert session.sql(text) == [('Statement executed successfully.',)]

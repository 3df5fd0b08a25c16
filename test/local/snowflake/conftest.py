"""Real servers for these tests: ministack's S3 and the Snowflake twin, each on a free port, stopped at the end."""

import sys

import pytest

from running_twin import BIN, BUCKET, REPOSITORY, S3, Sessions, Twin, free_port, start, stop


@pytest.fixture(scope='session')
def s3(tmp_path_factory):
    folder, port = tmp_path_factory.mktemp('s3'), free_port()
    url = f'http://127.0.0.1:{port}'
    process = start(
        [str(BIN / 'ministack')], f'{url}/_ministack/health', folder / 'log', GATEWAY_PORT=str(port),
        BIND_HOST='127.0.0.1', PERSIST_STATE='0', S3_PERSIST='0',
        AWS_ACCESS_KEY_ID='test', AWS_SECRET_ACCESS_KEY='test',
    )  # fmt: skip
    s3 = S3(url)
    s3.client().create_bucket(Bucket=BUCKET)
    yield s3
    stop(process)


@pytest.fixture(scope='session')
def twin(s3, tmp_path_factory):
    data, port = tmp_path_factory.mktemp('twin'), free_port()
    command = [sys.executable, str(REPOSITORY / 'local/snowflake/twin.py'), '--port', str(port), '--data', str(data),
               '--s3-endpoint', s3.endpoint, '--dbt', str(BIN / 'dbt'), '--idle-blocker-seconds', '2',
               '--answer-within', '1', '--hold', str(data / 'holds')]  # fmt: skip
    process = start(command, f'http://127.0.0.1:{port}/health', data / 'log')
    yield Twin(port, data)
    stop(process)


@pytest.fixture
def schema(twin, request):
    """A schema of the test's own, dropped afterwards."""
    name = ''.join(c if c.isalnum() else '_' for c in request.node.name).upper()
    with twin.connect() as connection:
        connection.cursor().execute(f'create or replace schema FIRN.{name}')
    yield name
    with twin.connect() as connection:
        connection.cursor().execute(f'drop schema FIRN.{name}')


@pytest.fixture
def session(twin, schema):
    """A second opinion is cheap: `session.sql(text)` runs one statement and gives all its rows."""
    opened = Sessions(twin, schema)
    yield opened
    opened.close()

"""Starting, stopping and talking to the servers of these tests."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from dataclasses import dataclass

import boto3
import duckdb
import pytest
import snowflake.connector

HERE = pathlib.Path(__file__).parent
REPOSITORY = HERE.parents[2]
BIN = pathlib.Path(sys.executable).parent
BUCKET = 'lake'


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        return taken.getsockname()[1]


def wait_for(url: str, process: subprocess.Popen, log: pathlib.Path) -> None:
    """Until `url` answers; fails with the server's log when it ends or stays silent."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
    raise AssertionError(f'{url} does not answer:\n{log.read_text()}')


def start(command: list[str], url: str, log: pathlib.Path, **environment: str) -> subprocess.Popen:
    with log.open('w') as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **environment}, start_new_session=True
        )
    wait_for(url, process, log)
    return process


def stop(process: subprocess.Popen) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(holds) -> None:
    """Wait until `holds()` is true; fails after a while."""
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, 'it never came to be'
        time.sleep(0.01)


@dataclass
class S3:
    """A bucket to put files in."""

    endpoint: str

    def client(self):
        return boto3.client(
            's3',
            endpoint_url=self.endpoint,
            aws_access_key_id='test',
            aws_secret_access_key='test',
            region_name='us-east-1',
        )

    def put_parquet(self, key: str, select: str, folder: pathlib.Path) -> None:
        """Write the rows of a DuckDB query to s3://BUCKET/key."""
        file = folder / 'rows.parquet'
        duckdb.connect().execute(f"COPY ({select}) TO '{file}' (FORMAT parquet)")
        self.client().upload_file(str(file), BUCKET, key)

    def list_keys(self) -> list[str]:
        return [item['Key'] for item in self.client().list_objects_v2(Bucket=BUCKET).get('Contents', [])]


@dataclass
class Twin:
    """A running twin."""

    port: int
    data: pathlib.Path

    @contextlib.contextmanager
    def holding(self, when: str, text: str):
        """Hold up every statement that contains `text`, `before` it runs or `after` it ran, until the block ends.
        Gives a function that waits until one is held."""
        hold = self.data / 'holds' / uuid.uuid4().hex
        hold.write_text(f'{when}\n{text}')
        held = hold.with_name(hold.name + '.held')
        try:
            yield lambda: until(held.exists)
        finally:
            hold.unlink()
            held.unlink(missing_ok=True)

    def connect(self, **options):
        given = {'user': 'firn', 'password': 'firn', 'account': 'twin', 'host': '127.0.0.1', 'port': self.port,
                 'protocol': 'http', 'database': 'FIRN', 'login_timeout': 5}  # fmt: skip
        return snowflake.connector.connect(**{**given, **options})


class Sessions:
    """One session of the test's schema, and more of them on demand."""

    def __init__(self, twin: Twin, schema: str) -> None:
        self.twin, self.schema, self._others = twin, schema, []
        self.connection = twin.connect(schema=schema)

    def sql(self, text: str, binds=None):
        cursor = self.connection.cursor()
        cursor.execute(text, binds)
        return cursor.fetchall()

    def one(self, text: str, binds=None):
        return self.sql(text, binds)[0][0]

    def refused(self, text: str, binds=None) -> tuple[int, str, str]:
        """The code, SQL state and message with which the statement is refused."""
        with pytest.raises(snowflake.connector.errors.Error) as caught:
            self.sql(text, binds)
        return caught.value.errno, caught.value.sqlstate, caught.value.raw_msg

    def other(self, **options) -> 'Sessions':
        """Another session of the same schema."""
        another = Sessions.__new__(Sessions)
        another.twin, another.schema, another._others = self.twin, self.schema, []
        another.connection = self.twin.connect(schema=self.schema, **options)
        self._others.append(another)
        return another

    def close(self) -> None:
        for other in [*self._others, self]:
            other.connection.close()

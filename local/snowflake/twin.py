"""The local Snowflake: speaks the protocol of Snowflake's drivers on 127.0.0.1, runs the SQL on DuckDB.

    python local/snowflake/twin.py --port 8085 --data DIR --s3-endpoint http://127.0.0.1:4566 --dbt PATH_TO_DBT

Tables live in memory and end with the process; --data holds internal stages and dbt projects. GET /health answers 200
when it is ready. It is a test double: what it does not do, it refuses by name.
"""

import argparse

import uvicorn

from account import Account, Settings
from protocol import Protocol

SHUTDOWN_SECONDS = 1


def settings(arguments: list[str] | None = None) -> Settings:
    """The command line as Settings."""
    parser = argparse.ArgumentParser(description='The local Snowflake twin.')
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--data', required=True, help='folder for internal stages and dbt projects')
    parser.add_argument('--s3-endpoint', help='URL of the S3 that s3:// stages without an endpoint are read from')
    parser.add_argument('--dbt', help='the dbt program that EXECUTE DBT PROJECT runs')
    parser.add_argument('--user', default='firn')
    parser.add_argument('--password', default='firn')
    parser.add_argument('--database', default='FIRN', help='the database that is there at the start')
    parser.add_argument('--idle-blocker-seconds', type=float, default=300, metavar='SECONDS',
                        help='abort a transaction that blocks another and has been idle for so long')  # fmt: skip
    parser.add_argument('--answer-within', type=float, default=45, metavar='SECONDS',
                        help='tell a client that waits longer than that to ask again')  # fmt: skip
    parser.add_argument('--usage-late-hours', type=float, default=0, metavar='HOURS',
                        help='leave the last hours out of SNOWFLAKE.ACCOUNT_USAGE, as Snowflake does')  # fmt: skip
    parser.add_argument('--hold', metavar='FOLDER', help='for tests: files that hold statements up (see holds.py)')
    return Settings(**vars(parser.parse_args(arguments)))


if __name__ == '__main__':
    given = settings()
    protocol = Protocol(Account(given))
    uvicorn.run(
        protocol.app(), host='127.0.0.1', port=given.port, log_level='warning',
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )  # fmt: skip
    protocol.close()

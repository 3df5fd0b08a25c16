"""DuckDB under fakesnow: Snowflake's SQL translated and run, fakesnow's inexact or failing translations corrected."""

import contextlib
import os
import threading
from dataclasses import dataclass
from typing import Any

import duckdb
import fakesnow.transforms as transforms
import pyarrow as pa
from fakesnow import info_schema
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.fakes import FakeSnowflakeConnection
from fakesnow.instance import FakeSnow
from fakesnow.transforms.stage import LOCAL_BUCKET_PATH
from sqlglot import Expr, exp

import functions
import texts
import variant
from information_schema import COLUMNS_VIEW, CREATED_TABLE, TABLES_VIEW
from relations import Duck, Relations
from translation import Chain, unchanged

NUMBER_38 = (exp.DataType.Type.INT, exp.DataType.Type.BIGINT, exp.DataType.Type.SMALLINT, exp.DataType.Type.TINYINT)


@dataclass
class Rows:
    """A result: the rows as Arrow and each column's DuckDB type, by which they are written for the client.

    `upload` is set for PUT only: what the client is told to do with its files."""

    table: pa.Table
    types: list[str]
    upload: dict[str, Any] | None = None

    @staticmethod
    def of(columns: dict[str, list[Any]]) -> 'Rows':
        """Rows made by the twin itself: text stays text, whole numbers are NUMBER(38,0)."""
        arrays = {
            name: pa.array(values, pa.int64() if values and all(isinstance(v, int) for v in values) else pa.string())
            for name, values in columns.items()
        }
        table = pa.table(arrays)
        return Rows(table, ['BIGINT' if pa.types.is_int64(field.type) else 'VARCHAR' for field in table.schema])

    @staticmethod
    def status(text: str = 'Statement executed successfully.') -> 'Rows':
        return Rows.of({'status': [text]})


def _exact_integers(node: Expr) -> Expr:
    """NUMBER and INT columns are NUMBER(38,0); fakesnow makes them BIGINT, which ends at 19 digits.

    Casts without a precision stay BIGINT: DuckDB's functions of whole numbers take nothing wider."""
    if not isinstance(node, exp.DataType):
        return node
    bare = node.this in NUMBER_38 or (node.this == exp.DataType.Type.DECIMAL and not node.expressions)
    if not bare:
        return node
    in_column = node.find_ancestor(exp.ColumnDef) is not None or isinstance(node.parent, exp.AlterColumn)
    return exp.DataType.build('DECIMAL(38, 0)' if in_column else 'BIGINT', dialect='duckdb')


def _upper_case(node: Expr) -> Expr:
    """Names without quotes in upper case, in place: fakesnow copies each."""
    if isinstance(node, exp.Identifier) and not node.quoted and isinstance(node.this, str):
        node.set('this', node.this.upper())
    return node


def correct_fakesnow() -> None:
    """Replace the translations that would change values; called once, before the first session."""
    with contextlib.suppress(OSError):
        os.rmdir(LOCAL_BUCKET_PATH)  # made by importing fakesnow, for stages that are not used here
    transforms.numeric_agg_implicit_cast = unchanged  # SUM(decimal) went through DOUBLE
    transforms.integer_precision = _exact_integers
    transforms.upper_case_unquoted_identifiers = _upper_case
    info_schema.SQL_CREATE_INFORMATION_SCHEMA_TABLES_VIEW = TABLES_VIEW
    if not hasattr(duckdb, 'ResourceInUseException'):  # fakesnow 0.12 names an error that only DuckDB 2 has
        duckdb.ResourceInUseException = type('ResourceInUseException', (duckdb.Error,), {})


class Cursor(FakeSnowflakeCursor):
    """fakesnow's cursor, running a parsed tree and never taking a statement apart where DuckDB can do it whole."""

    def run(self, tree: Expr, params: Any = None) -> Rows:
        """Translate and run `tree`; raises what DuckDB or fakesnow raise (see errors.translate)."""
        params = list(params) if isinstance(params, tuple) else params
        self.check_db_and_schema(tree)
        for part in self._transform_explode(tree):
            # Chain takes the tree's place: fakesnow calls nothing of it but transform
            translated = self._transform(Chain(part), params).tree  # type: ignore[arg-type, attr-defined]
            for name in translated.find_all(exp.Identifier):
                name.set('quoted', True)  # what is a word of DuckDB's need not be one of Snowflake's
            self._execute(translated, params if translated.find(exp.Placeholder) else None)
        self._conn.results_cache.clear()  # RESULT_SCAN is our own; this would keep every result and tree for ever
        return Rows(self._arrow_table, [str(column[1]) for column in self._duck_conn.description])

    def _transform_explode(self, expression: Expr) -> list[Expr]:
        parts = transforms.create_table_autoincrement(expression)
        return parts if len(parts) > 1 else transforms.insert_overwrite(expression)


class Engine:
    """One in-memory DuckDB with the httpfs extension, holding one Snowflake account's databases."""

    def __init__(self, s3_endpoint: str | None) -> None:
        self.instance = FakeSnow()
        self.s3_endpoint = s3_endpoint
        self._secrets = threading.Lock()
        self.relations = Relations()
        connection = self.instance.duck_conn
        import duckdb_extension_httpfs as httpfs

        folder = os.path.join(os.path.dirname(httpfs.__file__), 'extensions', f'v{duckdb.__version__}')
        connection.execute(f"LOAD '{folder}/httpfs.duckdb_extension'")
        connection.execute('SET GLOBAL preserve_insertion_order = false')
        # a scan beside a checkpoint may miss the row that was committed last (seen with DuckDB 1.5.5 and 1.5.6, once in
        # a thousand); without one, deleted rows keep their memory until the twin ends
        connection.execute("SET GLOBAL checkpoint_threshold = '1TB'")
        # a staged file is read once: kept for a second time it costs half as much again, and memory
        connection.execute('SET GLOBAL enable_external_file_cache = false')
        connection.execute("SET GLOBAL httpfs_client_implementation = 'httplib'")
        connection.execute(COLUMNS_VIEW)
        connection.execute(CREATED_TABLE)
        for setup in (variant.SETUP, texts.SETUP, functions.SETUP):
            connection.execute(setup)

    def connect(self, database: str | None, schema: str | None) -> FakeSnowflakeConnection:
        """A connection of its own (thread-safe, with its own transaction); nothing is created by connecting."""
        connection = FakeSnowflakeConnection(
            Duck(self.instance.duck_conn.cursor(), self.relations),
            {},
            database,
            schema or 'PUBLIC',
            create_database=False,
            create_schema=False,
        )
        if not connection.database_set:
            connection.database = None
        if not connection.schema_set:
            connection._schema = None
        return connection

    def s3_secret(self, name: str, scope: str, key: str, secret: str, endpoint: str | None) -> None:
        """Let DuckDB read `scope` (an s3:// prefix) with these credentials at `endpoint` (a URL) or the default one."""
        url = endpoint or self.s3_endpoint
        options = {'TYPE': 's3', 'SCOPE': scope, 'KEY_ID': key, 'SECRET': secret, 'REGION': 'us-east-1'}
        if url:
            host = url.split('://')[-1].rstrip('/')
            options |= {'ENDPOINT': host, 'URL_STYLE': 'path', 'USE_SSL': str(url.startswith('https'))}
        text = ', '.join(f"{option} '{value}'" for option, value in options.items())
        with self._secrets:
            self.instance.duck_conn.cursor().execute(f'CREATE OR REPLACE SECRET "{name}" ({text})')

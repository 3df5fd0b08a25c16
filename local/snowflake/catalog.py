"""What a table looks like: its columns read from DuckDB's catalogue and written as a definition again.

VARCHAR(n) and BINARY(n) are kept as CHECK constraints, so that DuckDB itself enforces the length on every way in.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb
from sqlglot import Expr, exp

from errors import no_such, unsupported
from names import Name, quote

if TYPE_CHECKING:
    from roles import Key
    from session import Session

LONGEST = {'VARCHAR': 16_777_216, 'BLOB': 8_388_608}


@dataclass(frozen=True)
class Column:
    """One column: DuckDB's type, the length of a VARCHAR or BINARY that was declared with one."""

    name: str
    type: str
    length: int | None = None
    not_null: bool = False
    default: str | None = None
    comment: str | None = None

    def definition(self) -> str:
        name = quote(self.name)
        parts = [name, self.type]
        if self.default is not None:
            parts.append(f'DEFAULT {self.default}')
        if self.length is not None:
            parts.append(f'CHECK ({"octet_length" if self.type == "BLOB" else "length"}({name}) <= {self.length})')
        if self.not_null:
            parts.append('NOT NULL')
        return ' '.join(parts)

    def snowflake_type(self) -> str:
        if self.type in LONGEST:
            return f'{"BINARY" if self.type == "BLOB" else "VARCHAR"}({self.length or LONGEST[self.type]})'
        known = {
            'BIGINT': 'NUMBER(38,0)', 'INTEGER': 'NUMBER(38,0)', 'HUGEINT': 'NUMBER(38,0)', 'DOUBLE': 'FLOAT',
            'JSON': 'VARIANT', 'TIME': 'TIME(9)', 'TIMESTAMP': 'TIMESTAMP_NTZ(9)',
            'TIMESTAMP_NS': 'TIMESTAMP_NTZ(9)', 'TIMESTAMP WITH TIME ZONE': 'TIMESTAMP_TZ(9)',
        }  # fmt: skip
        return known.get(self.type, self.type.replace('DECIMAL', 'NUMBER').replace(' ', ''))


def columns_of(session: 'Session', full: Name) -> list[Column]:
    """The columns of DATABASE.SCHEMA.NAME in order; refuses an unknown table with 002003."""
    where = 'database_name = ? AND schema_name = ? AND table_name = ?'
    found = session.duck.execute(
        f'SELECT column_name, data_type, NOT is_nullable, column_default, comment FROM duckdb_columns() WHERE {where} '
        'ORDER BY column_index',
        full,
    ).fetchall()
    if not found:
        raise no_such('Table', full)
    checks = session.duck.execute(
        'SELECT constraint_column_names[1], constraint_text FROM duckdb_constraints() '
        f"WHERE constraint_type = 'CHECK' AND {where}",
        full,
    ).fetchall()
    lengths = {name: int(text.rpartition('<=')[2].strip(' )')) for name, text in checks}
    return [Column(name, kind, lengths.get(name), *others) for name, kind, *others in found]


def stored_columns(session: 'Session', full: Name) -> list[Column]:
    """The same as columns_of with names and types alone, which DuckDB knows at once."""
    place = full.quoted().replace("'", "''")
    try:
        found = session.duck.execute(f"SELECT name, type FROM pragma_table_info('{place}') ORDER BY cid").fetchall()
    except duckdb.CatalogException:
        raise no_such('Table', full) from None
    return [Column(name, kind) for name, kind in found]


def table_oid(session: 'Session', full: Name) -> int:
    """DuckDB's number of a table: it outlives renames and is never used again."""
    key = relation(session, full)
    if key is None or key[0] != 'TABLE':
        raise no_such('Table', full)
    return key[1]


def declared(definition: exp.ColumnDef) -> Column:
    """A column as CREATE or ALTER TABLE declares it. Keys are noted by Snowflake and never enforced, so they are left
    out here, except that a primary key's column is NOT NULL."""
    kinds = [constraint.args['kind'] for constraint in definition.args.get('constraints') or []]
    not_null = any(
        isinstance(kind, exp.PrimaryKeyColumnConstraint)
        or (isinstance(kind, exp.NotNullColumnConstraint) and not kind.args.get('allow_null'))
        for kind in kinds
    )
    if any(isinstance(k, (exp.AutoIncrementColumnConstraint, exp.GeneratedAsIdentityColumnConstraint)) for k in kinds):
        raise unsupported(f'AUTOINCREMENT (column {definition.name})')
    default = next((kind.this for kind in kinds if isinstance(kind, exp.DefaultColumnConstraint)), None)
    name = definition.this.name if definition.this.args.get('quoted') else definition.this.name.upper()
    column = of_type(Column(name, ''), definition.args['kind'])
    text = None if default is None else default.sql(dialect='duckdb')
    return replace(column, not_null=not_null, default=text)


def of_type(column: Column, kind: exp.DataType) -> Column:
    """`column` with the type a statement names: Snowflake's type as DuckDB's, its length apart."""
    types = exp.DataType.Type
    sizes = [int(size.name) for size in kind.expressions if isinstance(size, exp.DataTypeParam)]
    if kind.this in exp.DataType.TEXT_TYPES:
        length = sizes[0] if sizes else 1 if kind.this in (types.CHAR, types.NCHAR) else None
        return replace(column, type='VARCHAR', length=length)
    if kind.this in (types.BINARY, types.VARBINARY):
        return replace(column, type='BLOB', length=sizes[0] if sizes else None)
    if kind.this in (*exp.DataType.INTEGER_TYPES, types.DECIMAL):
        precision, scale = (*sizes, *((38, 0)[len(sizes) :]))
        return replace(column, type=f'DECIMAL({precision},{scale})', length=None)
    fixed = {
        types.FLOAT: 'DOUBLE', types.DOUBLE: 'DOUBLE', types.BOOLEAN: 'BOOLEAN', types.DATE: 'DATE',
        types.TIME: 'TIME', types.VARIANT: 'JSON', types.OBJECT: 'JSON', types.ARRAY: 'JSON', types.JSON: 'JSON',
        types.DATETIME: 'TIMESTAMP', types.TIMESTAMP: 'TIMESTAMP', types.TIMESTAMPNTZ: 'TIMESTAMP',
        types.TIMESTAMPTZ: 'TIMESTAMP WITH TIME ZONE', types.TIMESTAMPLTZ: 'TIMESTAMP WITH TIME ZONE',
    }  # fmt: skip
    return replace(column, type=fixed.get(kind.this) or kind.sql(dialect='duckdb'), length=None)


def relations_in(session: 'Session', place: tuple[str, ...]) -> 'list[tuple[Name, Key]]':
    """The tables and views of (DATABASE,) or (DATABASE, SCHEMA), or of the account, each with the key of its grants."""
    seen = session.account.engine.relations.seen_by(session.duck)
    return [(name, key) for name, key in seen.items() if name.is_in(place)]


def relation(session: 'Session', full: Name) -> 'Key | None':
    """The key of the grants on a table or view; None if there is none."""
    return session.account.engine.relations.seen_by(session.duck).get(full)


def exists(session: 'Session', full: Name) -> bool:
    """Whether DATABASE.SCHEMA.NAME is a table."""
    key = relation(session, full)
    return key is not None and key[0] == 'TABLE'


def create_sql(full: Name, columns: list[Column], or_replace: bool = False) -> str:
    """CREATE TABLE for DuckDB."""
    definitions = ', '.join(column.definition() for column in columns)
    return f'CREATE {"OR REPLACE " if or_replace else ""}TABLE {full.quoted()} ({definitions})'


def comments_sql(full: Name, columns: list[Column]) -> list[str]:
    """The words on columns, which no definition holds, for DuckDB."""
    written = [(column.name, column.comment.replace("'", "''")) for column in columns if column.comment]
    return [f"COMMENT ON COLUMN {full.quoted()}.{quote(name)} IS '{words}'" for name, words in written]


def together(session: 'Session', steps: list[str], filling: Expr | None = None) -> None:
    """Run DuckDB statements, and last a Snowflake one, as one unit; no transaction is open since DDL has committed."""
    session.duck.execute('BEGIN TRANSACTION')
    try:
        for step in steps:
            session.duck.execute(step)
        if filling is not None:
            session.query(filling)
        session.duck.execute('COMMIT')
    except Exception:
        session.duck.execute('ROLLBACK')
        raise

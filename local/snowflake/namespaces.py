"""Databases and schemas: a database comes with PUBLIC, and what lies in a dropped schema goes with it."""

from typing import Any

from sqlglot import Expr, exp

from engine import Rows
from errors import no_such
from names import quote
from session import Session
from statements import Statement


def answer(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    """Run CREATE, DROP or USE of a DATABASE or SCHEMA."""
    tree = statement.tree()
    database = str(tree.args['kind']).upper() == 'DATABASE'
    name = _name(session, tree, database)
    gone = isinstance(tree, exp.Drop) or (isinstance(tree, exp.Create) and bool(tree.args.get('replace')))
    if database and gone:
        _detach(session, name[0], tree)
    dropped = database and isinstance(tree, exp.Drop)
    rows = Rows.status(f'{name[-1]} successfully dropped.') if dropped else session.query(tree)
    if gone:
        session.account.roles.forget_in(name)
        session.account.stages.forget(name)
        session.account.dbt_projects.forget(name)
    if database and isinstance(tree, exp.Create):
        session.duck.execute(f'CREATE SCHEMA IF NOT EXISTS {quote(name[0])}.PUBLIC')
    if database and not isinstance(tree, exp.Drop):
        _use_public(session, name[0])
    return rows


def _detach(session: Session, database: str, tree: Expr) -> None:
    """Drop a database: DuckDB lets go of one that no connection stands in."""
    known = session.duck.execute('SELECT 1 FROM duckdb_databases() WHERE database_name = ?', [database]).fetchone()
    if known is None:
        if isinstance(tree, exp.Drop) and not tree.args.get('exists'):
            raise no_such('Database', database)
        return
    if session.connection.database == database:
        session.connection.database, session.connection.database_set = None, False
        session.connection._schema, session.connection.schema_set = None, False
    session.duck.execute("SET schema = 'memory.main'")
    session.duck.execute(f'DETACH {quote(database)}')
    if session.connection.database is not None:
        session.duck.execute(f"SET schema = '{session.connection.database}.{session.connection.schema or 'main'}'")


def _name(session: Session, tree: Expr, database: bool) -> tuple[str, ...]:
    """(DATABASE,) or (DATABASE, SCHEMA), as the statement means it."""
    table = tree.args['tables'][0] if isinstance(tree, exp.Drop) else tree.this
    parts = [part for part in (table.args.get('catalog'), table.args.get('db'), table.args.get('this')) if part]
    names = [part.name if part.args.get('quoted') else part.name.upper() for part in parts if part.name]
    return tuple(names if database or len(names) > 1 else [session.connection.database or '', *names])


def _use_public(session: Session, database: str) -> None:
    """The schema PUBLIC is the current one of a database just created or chosen, if it is there."""
    found = session.duck.execute(
        "SELECT 1 FROM duckdb_schemas() WHERE database_name = ? AND schema_name = 'PUBLIC'", [database]
    ).fetchone()
    connection = session.connection
    connection.database, connection.database_set = database, True
    connection.schema_set, connection._schema = bool(found), 'PUBLIC' if found else None
    session.duck.execute(f"SET schema = '{database}.{'PUBLIC' if found else 'main'}'")

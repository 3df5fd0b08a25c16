"""CREATE, DROP and TRUNCATE TABLE. Keys are accepted and never enforced, as in Snowflake; lengths are enforced."""

from dataclasses import replace
from typing import Any

from sqlglot import Expr, exp

import temporary
from alter import alter, several
from catalog import Column, columns_of, comments_sql, create_sql, declared, exists, table_oid, together
from engine import Rows
from errors import already_there
from history import Emptied
from names import Name
from prepare import prepare
from session import Session
from statements import Statement


def answer(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    """Run a CREATE, ALTER or DROP TABLE."""
    tree = statement.tree()
    if isinstance(tree, exp.Create):
        return _create(session, tree)
    if isinstance(tree, exp.Drop):
        return _drop(session, tree)
    parts = several(statement) or [tree]
    changed = parts[0]
    changed.set('actions', [action for part in parts for action in part.args['actions']])
    temporary.resolve(session, changed)
    return alter(session, changed)


def truncate(session: Session, tree: exp.TruncateTable) -> Rows:
    """Empty a table and forget which files were loaded into it; part of the open transaction."""
    full = session.full_name(tree.expressions[0])
    if tree.args.get('exists') and not exists(session, full):
        return Rows.status()
    oid = table_oid(session, full)
    session.duck.execute(f'DELETE FROM {full.quoted()}')
    session.note(Emptied(oid))
    return Rows.status()


def _create(session: Session, tree: exp.Create) -> Rows:
    if temporary.is_temporary(tree):
        temporary.create(session, tree)
    prepare(session, tree)
    table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    full = session.full_name(table)
    if tree.args.get('exists') and exists(session, full):
        return Rows.status(f'{full.name} already exists, statement succeeded.')
    like = tree.find(exp.LikeProperty)
    clone = tree.args.get('clone')
    source = like.this if like else clone.this if clone else None
    if source is None and not isinstance(tree.this, exp.Schema):
        return _create_as(session, tree, full)
    session.before_write(table)
    columns = columns_of(session, session.full_name(source)) if source else _declared(tree.this)
    steps = [create_sql(full, columns, bool(tree.args.get('replace'))), *comments_sql(full, columns)]
    if clone:
        steps.append(f'INSERT INTO {full.quoted()} FROM {session.full_name(source).quoted()}')
    if not tree.args.get('replace') and exists(session, full):
        raise already_there(full.name)
    filling = tree.args.get('expression')
    together(session, steps, exp.insert(filling.unnest(), table) if filling is not None else None)
    _note_created(session, full)
    return Rows.status(f'Table {full.name} successfully created.')


def _create_as(session: Session, tree: exp.Create, full: Name) -> Rows:
    """CREATE TABLE … AS SELECT without column definitions: DuckDB can do it whole."""
    session.before_write(tree.this)
    tree.set('properties', None)
    session.query(tree)
    _note_created(session, full)
    return Rows.status(f'Table {full.name} successfully created.')


def _note_created(session: Session, full: Name) -> None:
    session.duck.execute(
        'INSERT INTO _fs_global.main.firn_created VALUES (?, ?, now())', [full.database, table_oid(session, full)]
    )


def _declared(schema: exp.Schema) -> list[Column]:
    keys = {
        column.name.upper()
        for key in schema.find_all(exp.PrimaryKey)
        for column in key.find_all(exp.Identifier)
        if key.find_ancestor(exp.ColumnDef) is None
    }
    columns = [declared(part) for part in schema.expressions if isinstance(part, exp.ColumnDef)]
    return [replace(column, not_null=column.not_null or column.name.upper() in keys) for column in columns]


def _drop(session: Session, tree: exp.Drop) -> Rows:
    table = tree.args['tables'][0]
    full = session.full_name(table)
    name = full.name
    private = session.temporary.pop(full, None)
    if private is not None:
        session.duck.execute(f'DROP TABLE {private.quoted()}')
        return Rows.status(f'{name} successfully dropped.')
    if tree.args.get('exists') and not exists(session, full):
        return Rows.status('Drop statement executed successfully.')
    session.before_write(table)
    session.duck.execute(f'DROP TABLE {full.quoted()}')
    return Rows.status(f'{name} successfully dropped.')

"""CREATE, ALTER, DROP and TRUNCATE TABLE, as strict and as careless as Snowflake.

Careless: keys are accepted and never enforced. Strict: lengths are, and a column's type can only be widened.
"""

from dataclasses import replace
from typing import Any

import temporary
from catalog import Column, columns_of, declared, of_type, quote, quote_full, table_oid
from engine import Rows
from errors import SnowflakeError, already_there, no_such, unsupported
from session import Session
from sqlglot import Expr, exp
from statements import Statement


def answer(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    """Run a CREATE, ALTER or DROP TABLE."""
    tree = statement.tree()
    if isinstance(tree, exp.Create):
        return _create(session, tree)
    if isinstance(tree, exp.Drop):
        return _drop(session, tree)
    temporary.resolve(session, tree)
    return _alter(session, tree)


def truncate(session: Session, tree: exp.TruncateTable) -> Rows:
    """Empty a table and forget which files were loaded into it; part of the open transaction."""
    full = session.full_name(tree.expressions[0])
    if tree.args.get('exists') and not _exists(session, full):
        return Rows.status()
    oid = table_oid(session, full)
    session.duck.execute(f'DELETE FROM {quote_full(full)}')
    session.account.loaded -= {entry for entry in session.account.loaded if entry[0] == oid}
    return Rows.status()


def _exists(session: Session, full: str) -> bool:
    sql = 'SELECT 1 FROM duckdb_tables() WHERE database_name = ? AND schema_name = ? AND table_name = ?'
    return session.duck.execute(sql, full.split('.')).fetchone() is not None


def _create(session: Session, tree: exp.Create) -> Rows:
    if temporary.is_temporary(tree):
        temporary.create(session, tree)
    else:
        temporary.resolve(session, tree)
    table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    full = session.full_name(table)
    if tree.args.get('exists') and _exists(session, full):
        return Rows.status(f'{full.split(".")[-1]} already exists, statement succeeded.')
    like = tree.find(exp.LikeProperty)
    clone = tree.args.get('clone')
    source = like.this if like else clone.this if clone else None
    if source is None and not isinstance(tree.this, exp.Schema):
        return _create_as(session, tree, full)
    session.before_write(table)
    columns = columns_of(session, session.full_name(source)) if source else _declared(tree.this)
    steps = [_create_sql(full, columns, bool(tree.args.get('replace')))]
    if clone:
        steps.append(f'INSERT INTO {quote_full(full)} FROM {quote_full(session.full_name(source))}')
    if not tree.args.get('replace') and _exists(session, full):
        raise already_there(full.split('.')[-1])
    filling = tree.args.get('expression')
    _together(session, steps, exp.insert(filling.unnest(), table) if filling is not None else None)
    return Rows.status(f'Table {full.split(".")[-1]} successfully created.')


def _create_as(session: Session, tree: exp.Create, full: str) -> Rows:
    """CREATE TABLE … AS SELECT without column definitions: DuckDB can do it whole."""
    session.before_write(tree.this)
    tree.set('properties', None)
    session.query(tree)
    return Rows.status(f'Table {full.split(".")[-1]} successfully created.')


def _declared(schema: exp.Schema) -> list[Column]:
    keys = {
        column.name.upper()
        for key in schema.find_all(exp.PrimaryKey)
        for column in key.find_all(exp.Identifier)
        if key.find_ancestor(exp.ColumnDef) is None
    }
    columns = [declared(part) for part in schema.expressions if isinstance(part, exp.ColumnDef)]
    return [replace(column, not_null=column.not_null or column.name.upper() in keys) for column in columns]


def _create_sql(full: str, columns: list[Column], or_replace: bool = False) -> str:
    definitions = ', '.join(column.definition() for column in columns)
    return f'CREATE {"OR REPLACE " if or_replace else ""}TABLE {quote_full(full)} ({definitions})'


def _together(session: Session, steps: list[str], filling: Expr | None = None) -> None:
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


def _drop(session: Session, tree: exp.Drop) -> Rows:
    table = tree.args['tables'][0]
    full = session.full_name(table)
    name = full.split('.')[-1]
    private = session.temporary.pop(full, None)
    if private is not None:
        session.duck.execute(f'DROP TABLE {private}')
        return Rows.status(f'{name} successfully dropped.')
    if tree.args.get('exists') and not _exists(session, full):
        return Rows.status('Drop statement executed successfully.')
    session.before_write(table)
    session.duck.execute(f'DROP TABLE {quote_full(full)}')
    return Rows.status(f'{name} successfully dropped.')


def _alter(session: Session, tree: exp.Alter) -> Rows:
    table, actions = tree.this, tree.args['actions']
    full = session.full_name(table)
    if not _exists(session, full):
        if tree.args.get('exists'):
            return Rows.status()
        raise no_such('Table', full)
    session.before_write(table)
    first = actions[0]
    if isinstance(first, exp.SwapTable):
        _swap(session, full, session.full_name(first.this))
    elif isinstance(first, exp.AlterRename):
        _rename(session, full, session.full_name(first.this))
    elif all(isinstance(action, exp.ColumnDef) for action in actions):
        _add(session, full, actions)
    elif all(isinstance(action, exp.AlterColumn) for action in actions):
        for action in actions:
            _alter_column(session, full, action)
    elif isinstance(first, (exp.Drop, exp.RenameColumn)):
        for action in actions:
            session.query(exp.Alter(this=table.copy(), kind='TABLE', actions=[action.copy()]))
    elif not isinstance(first, (exp.AddConstraint, exp.AlterSet, exp.Cluster, exp.ClusterProperty, exp.Command)):
        raise unsupported(f'ALTER TABLE … {first.sql(dialect="snowflake")}')
    return Rows.status()


def _rename(session: Session, old: str, new: str) -> None:
    if old.split('.')[:2] != new.split('.')[:2]:
        raise unsupported('ALTER TABLE … RENAME TO another schema')
    session.duck.execute(f'ALTER TABLE {quote_full(old)} RENAME TO {quote(new.split(".")[-1])}')


def _swap(session: Session, one: str, other: str) -> None:
    """Exchange two names; what belongs to the tables (keys of load history, constraints) goes with them."""
    if one.split('.')[:2] != other.split('.')[:2]:
        raise unsupported('ALTER TABLE … SWAP WITH a table of another schema')
    if not _exists(session, other):
        raise no_such('Table', other)
    place, between = one.rpartition('.')[0], f'{one.split(".")[-1]}__SWAPPING'
    session.before_write(exp.to_table(quote_full(other), dialect='duckdb'))
    steps = [(one, between), (other, one.split('.')[-1]), (f'{place}.{between}', other.split('.')[-1])]
    _together(session, [f'ALTER TABLE {quote_full(old)} RENAME TO {quote(new)}' for old, new in steps])


def _add(session: Session, full: str, definitions: list[exp.ColumnDef]) -> None:
    columns = columns_of(session, full)
    names = {column.name for column in columns}
    added = []
    for definition in definitions:
        column = declared(definition)
        if column.name not in names:
            added.append(column)
        elif not definition.args.get('exists'):
            raise SnowflakeError(
                '001430', '42601', f"SQL compilation error:\ncolumn '{column.name}' already exists"
            )
    if added:
        _rebuild(session, full, columns, columns + added)


def _alter_column(session: Session, full: str, action: exp.AlterColumn) -> None:
    columns = columns_of(session, full)
    name = action.this.name if action.this.args.get('quoted') else action.this.name.upper()
    old = next((column for column in columns if column.name == name), None)
    if old is None:
        raise SnowflakeError('000904', '42000', f"SQL compilation error:\ninvalid identifier '{name}'")
    new = old
    if kind := action.args.get('dtype'):
        new = of_type(old, kind)
        _check_widens(old, new)
    elif 'allow_null' in action.args:
        new = replace(old, not_null=not action.args['allow_null'])
    elif action.args.get('default') is not None or action.args.get('drop'):
        default = action.args.get('default')
        new = replace(old, default=None if default is None else default.sql(dialect='duckdb'))
    if new != old:
        _rebuild(session, full, columns, [new if column is old else column for column in columns])


def _check_widens(old: Column, new: Column) -> None:
    """Snowflake widens a VARCHAR's or BINARY's length and a NUMBER's precision at the same scale, and nothing else."""
    if old.type == new.type and (new.length or 2**31) >= (old.length or 2**31):
        return
    if old.type.startswith('DECIMAL') and new.type.startswith('DECIMAL'):
        (old_precision, old_scale), (new_precision, new_scale) = _digits(old.type), _digits(new.type)
        if old_scale == new_scale and new_precision >= old_precision:
            return
    change = f'cannot change column {old.name} from type {old.snowflake_type()} to {new.snowflake_type()}'
    raise SnowflakeError('002108', '22000', f'SQL compilation error:\n{change}')


def _digits(decimal: str) -> tuple[int, int]:
    precision, scale = decimal.removeprefix('DECIMAL(').removesuffix(')').split(',')
    return int(precision), int(scale)


def _rebuild(session: Session, full: str, old: list[Column], new: list[Column]) -> None:
    """Write the table anew with other column definitions: DuckDB cannot change those of a column with a CHECK."""
    place, name = full.rpartition('.')[::2]
    passing = f'{place}.{name}__REBUILT'
    kept = ', '.join(quote(column.name) for column in old)
    before = table_oid(session, full)
    steps = [
        _create_sql(passing, new),
        f'INSERT INTO {quote_full(passing)} ({kept}) SELECT {kept} FROM {quote_full(full)}',
        f'DROP TABLE {quote_full(full)}',
        f'ALTER TABLE {quote_full(passing)} RENAME TO {quote(name)}',
    ]
    _together(session, steps)
    after, loaded = table_oid(session, full), session.account.loaded
    loaded |= {(after, file) for oid, file in loaded if oid == before}

"""ALTER TABLE: columns added and widened (nothing else), tables renamed and swapped."""

from dataclasses import replace

from sqlglot import exp

from catalog import Column, columns_of, create_sql, declared, exists, of_type, quote, quote_full, table_oid, together
from engine import Rows
from errors import compilation, no_such, unsupported
from session import Session


def alter(session: Session, tree: exp.Alter) -> Rows:
    """Run an ALTER TABLE; each of its actions, or none."""
    table, actions = tree.this, tree.args['actions']
    full = session.full_name(table)
    if not exists(session, full):
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
    if not exists(session, other):
        raise no_such('Table', other)
    place, between = one.rpartition('.')[0], f'{one.split(".")[-1]}__SWAPPING'
    session.before_write(exp.to_table(quote_full(other), dialect='duckdb'))
    steps = [(one, between), (other, one.split('.')[-1]), (f'{place}.{between}', other.split('.')[-1])]
    together(session, [f'ALTER TABLE {quote_full(old)} RENAME TO {quote(new)}' for old, new in steps])


def _add(session: Session, full: str, definitions: list[exp.ColumnDef]) -> None:
    columns = columns_of(session, full)
    names = {column.name for column in columns}
    added = []
    for definition in definitions:
        column = declared(definition)
        if column.name not in names:
            added.append(column)
        elif not definition.args.get('exists'):
            raise compilation(f"column '{column.name}' already exists", '001430', '42601')
    if added:
        _rebuild(session, full, columns, columns + added)


def _alter_column(session: Session, full: str, action: exp.AlterColumn) -> None:
    columns = columns_of(session, full)
    name = action.this.name if action.this.args.get('quoted') else action.this.name.upper()
    old = next((column for column in columns if column.name == name), None)
    if old is None:
        raise compilation(f"invalid identifier '{name}'", '000904')
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
    raise compilation(change, '002108', '22000')


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
        create_sql(passing, new),
        f'INSERT INTO {quote_full(passing)} ({kept}) SELECT {kept} FROM {quote_full(full)}',
        f'DROP TABLE {quote_full(full)}',
        f'ALTER TABLE {quote_full(passing)} RENAME TO {quote(name)}',
    ]
    together(session, steps)
    session.account.history.move(before, table_oid(session, full))

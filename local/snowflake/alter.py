"""ALTER TABLE: columns added, dropped, renamed, widened (and nothing else), tables renamed, moved and swapped."""

from dataclasses import replace

from sqlglot import Expr, exp
from sqlglot.tokens import TokenType

from catalog import Column, columns_of, comments_sql, create_sql, declared, exists, of_type, table_oid, together
from engine import Rows
from errors import already_there, compilation, no_such, unsupported
from names import Name, quote
from session import Session
from statements import Statement, split


def several(statement: Statement) -> list[Expr]:
    """The parts of ALTER TABLE t ALTER a …, [COLUMN] b …, of which sqlglot reads one at a time; else nothing."""
    words = statement.words
    first = next((at for at, word in enumerate(words[3:], 3) if word in ('ALTER', 'MODIFY')), None)
    if not statement.starts('ALTER TABLE') or first is None:
        return []
    depth, starts = 0, [first + 1]
    for at, token in enumerate(statement.tokens):
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if token.token_type == TokenType.COMMA and depth == 0:
            starts.append(at + 1)
    if len(starts) == 1:
        return []
    text, before = statement.text, statement.tokens[0].start
    head = text[: statement.tokens[first].end + 1 - before]
    ends = [*(at - 1 for at in starts[1:]), len(words)]
    pieces = zip(starts, ends, strict=True)
    parts = [text[statement.tokens[a].start - before : statement.tokens[b - 1].end + 1 - before] for a, b in pieces]
    return [tree for part in parts for tree in [one.tree() for one in split(f'{head} {part}')]]


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
    elif isinstance(first, (exp.ColumnDef, exp.AlterColumn, exp.Drop, exp.RenameColumn)):
        _columns(session, full, actions)
    elif not isinstance(first, (exp.AddConstraint, exp.AlterSet, exp.Cluster, exp.ClusterProperty, exp.Command)):
        raise unsupported(f'ALTER TABLE … {first.sql(dialect="snowflake")}')
    return Rows.status()


def _rename(session: Session, old: Name, new: Name) -> None:
    if exists(session, new):
        raise already_there(str(new))
    if old[:2] == new[:2]:
        session.duck.execute(f'ALTER TABLE {old.quoted()} RENAME TO {quote(new.name)}')
    else:
        _move(session, {old: new})


def _swap(session: Session, one: Name, other: Name) -> None:
    """Exchange two names; what belongs to the tables (load history, grants, lengths) goes with them."""
    if not exists(session, other):
        raise no_such('Table', other)
    session.before_write(other.table())
    if one[:2] != other[:2]:
        _move(session, {one: other, other: one})
        return
    between = one.beside(f'{one.name}__SWAPPING')
    steps = [(one, between.name), (other, one.name), (between, other.name)]
    together(session, [f'ALTER TABLE {old.quoted()} RENAME TO {quote(new)}' for old, new in steps])


def _move(session: Session, moves: dict[Name, Name]) -> None:
    """Give tables names in other schemas: DuckDB renames within one only, so each is written anew at its place."""
    if len({name.database for pair in moves.items() for name in pair}) > 1:
        raise unsupported('ALTER TABLE … RENAME TO or SWAP WITH another database')
    before = {old: table_oid(session, old) for old in moves}
    made = {old: new.beside(f'{new.name}__MOVING') for old, new in moves.items()}
    steps = []
    for old in moves:
        columns = columns_of(session, old)
        steps += [create_sql(made[old], columns), *comments_sql(made[old], columns)]
    steps += [f'INSERT INTO {made[old].quoted()} FROM {old.quoted()}' for old in moves]
    steps += [f'DROP TABLE {old.quoted()}' for old in moves]
    steps += [f'ALTER TABLE {made[old].quoted()} RENAME TO {quote(new.name)}' for old, new in moves.items()]
    together(session, steps)
    for old, new in moves.items():
        _carry(session, before[old], new)


def _columns(session: Session, full: Name, actions: list[Expr]) -> None:
    """All changes of columns a statement names, the table written anew once."""
    columns = columns_of(session, full)
    # a column, and the one its rows' values are in now (None: a new one)
    kept: list[tuple[Column, str | None]] = [(column, column.name) for column in columns]
    for action in actions:
        if isinstance(action, exp.ColumnDef):
            kept = _added(kept, action)
        elif isinstance(action, exp.AlterColumn):
            at = _place(kept, action.this)
            kept[at] = (_altered(kept[at][0], action), kept[at][1])
        elif isinstance(action, exp.RenameColumn):
            at = _place(kept, action.this.this)
            new = _folded(action.args['to'].this)
            if any(column.name == new for column, _ in kept):
                raise compilation(f"column '{new}' already exists", '001430', '42601')
            kept[at] = (replace(kept[at][0], name=new), kept[at][1])
        elif isinstance(action, exp.Drop):
            kept = _dropped(kept, action)
        else:
            raise unsupported(f'ALTER TABLE … {action.sql(dialect="snowflake")}')
    if kept != [(column, column.name) for column in columns]:
        _rebuild(session, full, kept)


def _folded(name: exp.Identifier) -> str:
    return name.name if name.args.get('quoted') else name.name.upper()


def _place(kept: list[tuple[Column, str | None]], name: exp.Identifier) -> int:
    folded = _folded(name)
    at = next((at for at, (column, _) in enumerate(kept) if column.name == folded), None)
    if at is None:
        raise compilation(f"error line 1 at position 0\ninvalid identifier '{folded}'", '000904')
    return at


def _added(kept: list[tuple[Column, str | None]], definition: exp.ColumnDef) -> list[tuple[Column, str | None]]:
    column = declared(definition)
    if all(there.name != column.name for there, _ in kept):
        return [*kept, (column, None)]
    if not definition.args.get('exists'):
        raise compilation(f"column '{column.name}' already exists", '001430', '42601')
    return kept


def _dropped(kept: list[tuple[Column, str | None]], action: exp.Drop) -> list[tuple[Column, str | None]]:
    for named in action.args['tables']:
        name = _folded(named.this)
        left = [pair for pair in kept if pair[0].name != name]
        if len(left) == len(kept) and not action.args.get('exists'):
            raise compilation(f"column '{name}' does not exist", '002025', '42000')
        if not left:
            raise compilation(f"cannot drop column '{name}': it is the only one", '002120', '42601')
        kept = left
    return kept


def _altered(old: Column, action: exp.AlterColumn) -> Column:
    if kind := action.args.get('dtype'):
        new = of_type(old, kind)
        _check_widens(old, new)
        return new
    if 'allow_null' in action.args:
        return replace(old, not_null=not action.args['allow_null'])
    if action.args.get('drop'):
        return replace(old, default=None)
    if action.args.get('comment') is not None:
        return replace(old, comment=action.args['comment'].name or None)
    if action.args.get('default') is not None:
        raise compilation(f"invalid attempt to set a default of column '{old.name}'", '002123', '0A000')
    return old


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


def _rebuild(session: Session, full: Name, kept: list[tuple[Column, str | None]]) -> None:
    """Write the table anew with other column definitions: DuckDB cannot change those of a column with a CHECK."""
    passing = full.beside(f'{full.name}__REBUILT')
    values = [(quote(column.name), quote(old)) for column, old in kept if old is not None]
    into, taken = (', '.join(names) for names in zip(*values, strict=True))
    before = table_oid(session, full)
    steps = [
        create_sql(passing, [column for column, _ in kept]),
        *comments_sql(passing, [column for column, _ in kept]),
        f'INSERT INTO {passing.quoted()} ({into}) SELECT {taken} FROM {full.quoted()}',
        f'DROP TABLE {full.quoted()}',
        f'ALTER TABLE {passing.quoted()} RENAME TO {quote(full.name)}',
    ]
    together(session, steps)
    _carry(session, before, full)


def _carry(session: Session, before: int, full: Name) -> None:
    """What is kept by a table's number goes with the table that was written anew."""
    after = table_oid(session, full)
    session.duck.execute('UPDATE _fs_global.main.firn_created SET table_oid = ? WHERE table_oid = ?', [after, before])
    session.account.history.move(before, after)
    session.account.roles.rename(('TABLE', before), ('TABLE', after))

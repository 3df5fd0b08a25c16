"""Rows of a target that several rows of a source change: an error, or any one of them counts, as the session wants it.

By Snowflake's pages on MERGE, UPDATE and the parameters ERROR_ON_NONDETERMINISTIC_MERGE (TRUE unless set) and
ERROR_ON_NONDETERMINISTIC_UPDATE (FALSE unless set). DuckDB lets the last row win, and counts every match.
"""

from typing import Any

from sqlglot import Expr, exp

from engine import Rows
from errors import SnowflakeError, unsupported
from session import Session


def update(session: Session, tree: exp.Update, binds: Any) -> Rows:
    """UPDATE … FROM, its lock taken."""
    where = tree.args.get('where')
    if tree.find(exp.Placeholder):
        if session.parameters.flag('ERROR_ON_NONDETERMINISTIC_UPDATE'):
            raise unsupported('UPDATE … FROM with binds and ERROR_ON_NONDETERMINISTIC_UPDATE')
        return session.query(tree, binds)
    source, condition = tree.args['from_'].this, where.this if where else exp.true()
    rows, beyond = matches(session, tree.this, source, condition, None)
    if rows and session.parameters.flag('ERROR_ON_NONDETERMINISTIC_UPDATE'):
        raise refusal(session, tree.this, source, condition, None)
    changed = session.query(tree, binds).table.column(0)[0].as_py() - beyond
    return Rows.of({'number of rows updated': [changed], 'number of multi-joined rows updated': [rows]})


def matches(session: Session, target: Expr, source: Expr, condition: Expr, binds: Any) -> tuple[int, int]:
    """How many rows of the target match several rows of the source, and how many matches they have beyond their first."""
    row = exp.column('rowid', table=target.alias_or_name)
    number = exp.Alias(this=exp.Count(this=exp.Star()), alias=exp.to_identifier('N'))
    several = exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1))
    each = exp.select(number).from_(target.copy()).join(source.copy(), on=condition.copy()).group_by(row).having(several)
    total = exp.func('COALESCE', exp.Sum(this=exp.column('N')), exp.Literal.number(0))
    told = session.query(exp.select(exp.Count(this=exp.Star()), total).from_(each.subquery('M')), binds).table
    return int(told.column(0)[0].as_py()), int(told.column(1)[0].as_py()) - int(told.column(0)[0].as_py())


def refusal(session: Session, target: Expr, source: Expr, condition: Expr, binds: Any) -> SnowflakeError:
    """100090, with the values of a row of the target that matched several, as Snowflake shows them."""
    name = target.alias_or_name
    matches_of_row = exp.Window(this=exp.Count(this=exp.Star()), partition_by=[exp.column('rowid', table=name)])
    row = exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier(name))).from_(target.copy())
    row = row.join(source.copy(), on=condition.copy()).limit(1)
    row.set('qualify', exp.Qualify(this=exp.GT(this=matches_of_row, expression=exp.Literal.number(1))))
    told = ', '.join(_shown(column[0].as_py()) for column in session.query(row, binds).table.columns)
    return SnowflakeError('100090', '42P18', f'Duplicate row detected during DML action\nRow Values: [{told}]')


def _shown(value: object) -> str:
    return 'NULL' if value is None else f'"{value}"' if isinstance(value, str) else str(value)

"""MERGE by DuckDB's own MERGE INTO: fakesnow's four statements fail inside a transaction."""

from typing import Any

from sqlglot import Expr, exp

from engine import Rows
from errors import SnowflakeError
from prepare import prepare
from session import Session
from statements import Statement


def answer(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    """Run MERGE and answer as Snowflake does: one row, a count for each kind of action the statement names."""
    tree = statement.tree()
    prepare(session, tree)
    session.before_write(tree.this)
    source = tree.args['using'].alias_or_name
    actions = [when.args['then'] for when in tree.args['whens'].expressions]
    for action in actions:
        if isinstance(action, exp.Insert):
            _qualify(action, source)
    kinds = {'INSERT': 'inserted', 'UPDATE': 'updated', 'DELETE': 'deleted'}
    named = {_kind(action) for action in actions}
    _refuse_duplicates(session, tree, binds)
    tree.set('returning', exp.Returning(expressions=[exp.column('merge_action')]))
    done = session.query(tree, binds).table.column(0).value_counts().to_pylist()
    counts = {entry['values']: entry['counts'] for entry in done}
    return Rows.of({f'number of rows {word}': [counts.get(kind, 0)] for kind, word in kinds.items() if kind in named})


def _kind(action: Expr) -> str:
    return 'INSERT' if isinstance(action, exp.Insert) else 'UPDATE' if isinstance(action, exp.Update) else 'DELETE'


def _refuse_duplicates(session: Session, tree: exp.Merge, binds: Any) -> None:
    """Snowflake refuses to change one row by several rows of the source; DuckDB would let the last one win."""
    matched = [when for when in tree.args['whens'].expressions if when.args.get('matched')]
    if not matched:
        return
    conditions = [when.args.get('condition') for when in matched]
    join = tree.args['on'].copy()
    if all(condition is not None for condition in conditions):
        join = exp.and_(join, exp.or_(*[condition.copy() for condition in conditions]))
    target = tree.this.copy()
    row = exp.column('rowid', table=target.alias_or_name)
    twice = (
        exp.select(exp.Literal.number(1)).from_(target).join(tree.args['using'].copy(), on=join)
        .group_by(row).having(exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1))).limit(1)
    )  # fmt: skip
    if session.query(twice, binds).table.num_rows:
        raise SnowflakeError('100090', '42P18', 'Duplicate row detected during DML action')


def _qualify(action: exp.Insert, source: str) -> None:
    """The values of NOT MATCHED … INSERT are of the source; DuckDB wants that said where both sides have the name."""
    for column in (action.expression or exp.Tuple()).find_all(exp.Column):
        if not column.table:
            column.set('table', exp.to_identifier(source))

"""MERGE by DuckDB's own MERGE INTO: fakesnow's four statements fail inside a transaction."""

from typing import Any

from sqlglot import Expr, exp

from engine import Rows
from errors import unsupported
from multijoined import matches, refusal
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
    beyond = _beyond(session, tree, binds)
    tree.set('returning', exp.Returning(expressions=[exp.column('merge_action')]))
    done = session.query(tree, binds).table.column(0).value_counts().to_pylist()
    counts = {entry['values']: entry['counts'] for entry in done}
    if beyond:
        counts['UPDATE'] -= beyond
    return Rows.of({f'number of rows {word}': [counts.get(kind, 0)] for kind, word in kinds.items() if kind in named})


def _kind(action: Expr) -> str:
    return 'INSERT' if isinstance(action, exp.Insert) else 'UPDATE' if isinstance(action, exp.Update) else 'DELETE'


def _beyond(session: Session, tree: exp.Merge, binds: Any) -> int:
    """How many rows of the source change a row that another one changes. To delete one twice is to delete it."""
    matched = [when for when in tree.args['whens'].expressions if when.args.get('matched')]
    kinds = {_kind(when.args['then']) for when in matched}
    if not kinds - {'DELETE'}:
        return 0
    conditions = [when.args.get('condition') for when in matched]
    join = tree.args['on'].copy()
    if all(condition is not None for condition in conditions):
        join = exp.and_(join, exp.or_(*[condition.copy() for condition in conditions]))
    rows, beyond = matches(session, tree.this, tree.args['using'], join, binds)
    if rows and session.parameters.flag('ERROR_ON_NONDETERMINISTIC_MERGE'):
        raise refusal(session, tree.this, tree.args['using'], join, binds)
    if rows and len(kinds) > 1:
        raise unsupported('MERGE of several rows into one that are updated or deleted, as may be')
    return beyond


def _qualify(action: exp.Insert, source: str) -> None:
    """The values of NOT MATCHED … INSERT are of the source; DuckDB wants that said where both sides have the name."""
    for column in (action.expression or exp.Tuple()).find_all(exp.Column):
        if not column.table:
            column.set('table', exp.to_identifier(source))

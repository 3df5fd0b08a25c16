"""MERGE by DuckDB's own MERGE INTO: fakesnow's four statements fail inside a transaction."""

from typing import Any

import temporary
from engine import Rows
from session import Session
from sqlglot import Expr, exp
from statements import Statement


def answer(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    """Run MERGE and answer as Snowflake does: one row, a count for each kind of action the statement names."""
    tree = statement.tree()
    temporary.resolve(session, tree)
    session.before_write(tree.this)
    source = tree.args['using'].alias_or_name
    actions = [when.args['then'] for when in tree.args['whens'].expressions]
    for action in actions:
        if isinstance(action, exp.Insert):
            _qualify(action, source)
    kinds = {'INSERT': 'inserted', 'UPDATE': 'updated', 'DELETE': 'deleted'}
    named = {'INSERT' if isinstance(a, exp.Insert) else 'UPDATE' if isinstance(a, exp.Update) else 'DELETE' for a in actions}
    tree.set('returning', exp.Returning(expressions=[exp.column('merge_action')]))
    done = session.query(tree, binds).table.column(0).value_counts().to_pylist()
    counts = {entry['values']: entry['counts'] for entry in done}
    return Rows.of({f'number of rows {word}': [counts.get(kind, 0)] for kind, word in kinds.items() if kind in named})


def _qualify(action: exp.Insert, source: str) -> None:
    """The values of NOT MATCHED … INSERT are of the source; DuckDB wants that said where both sides have the name."""
    for column in (action.expression or exp.Tuple()).find_all(exp.Column):
        if not column.table:
            column.set('table', exp.to_identifier(source))

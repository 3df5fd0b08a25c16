"""What every query needs before fakesnow translates it: session values, earlier results, Snowflake's names."""

from typing import Any

from sqlglot import Expr, exp

import access
import functions
import show
import temporary
import texts
import usage
import variant
from errors import SnowflakeError
from session import Session


def prepare(session: Session, tree: Expr) -> None:
    """Rewrite `tree` in place."""
    name_columns(tree)
    access.visible(session, tree)
    temporary.resolve(session, tree)
    show.session_functions(session, tree)
    _results(session, tree)
    usage.rewrite(session, tree)
    _divisions(tree)
    functions.rewrite(tree)
    texts.rewrite(session, tree)
    variant.rewrite(tree)


def name_columns(tree: Expr) -> None:
    """A column without an alias is named by its text in upper case; DuckDB would name it its own way."""
    tree = tree.args.get('expression') if isinstance(tree, exp.Create) else tree
    while isinstance(tree, (exp.SetOperation, exp.Subquery)):
        tree = tree.this
    if not isinstance(tree, exp.Select):
        return
    for expression in list(tree.expressions):
        if not isinstance(expression, (exp.Alias, exp.Column, exp.Star, exp.Aliases)) and not expression.is_star:
            name = exp.to_identifier(expression.sql(dialect='snowflake').upper(), quoted=True)
            expression.replace(exp.Alias(this=expression.copy(), alias=name))


def _results(session: Session, tree: Expr) -> None:
    """TABLE(RESULT_SCAN('id')) reads the rows of an earlier query, which any session of the account may."""
    for call in list(tree.find_all(exp.Anonymous)):
        if call.name.upper() != 'RESULT_SCAN':
            continue
        place = call.find_ancestor(exp.TableFromRows, exp.Table)
        query_id = call.expressions[0].name
        found: Any = session.account.results.get(query_id)
        if found is None or place is None:
            raise SnowflakeError('000709', '02000', f'Statement {query_id} not found')
        view = 'RESULT_' + query_id.replace('-', '_').upper()
        session.duck.register(view, found.table)
        session.scanned.append(view)
        place.replace(exp.Table(this=exp.to_identifier(view), alias=place.args.get('alias')))


def _divisions(tree: Expr) -> None:
    """Division by zero is an error; DuckDB gives NULL."""
    for division in list(tree.find_all(exp.Div, exp.Mod)):
        divisor = division.expression
        if isinstance(divisor, exp.Literal) and divisor.name.strip('0.'):
            continue
        zero = exp.EQ(this=divisor.copy(), expression=exp.Literal.number(0))
        error = exp.Anonymous(this='error', expressions=[exp.Literal.string('Division by zero')])
        division.set('expression', exp.Case(ifs=[exp.If(this=zero, true=error)], default=divisor.copy()))

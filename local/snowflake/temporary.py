"""Temporary tables and views. DuckDB's own cannot lie in a schema, so they are ordinary ones under a private name."""

from typing import TYPE_CHECKING

from sqlglot import Expr, exp

if TYPE_CHECKING:
    from session import Session


def is_temporary(tree: Expr) -> bool:
    properties = tree.args.get('properties')
    return (
        isinstance(tree, exp.Create) and properties is not None and properties.find(exp.TemporaryProperty) is not None
    )


def create(session: 'Session', tree: exp.Create) -> None:
    """Give the temporary table or view that `tree` creates its private name, and forget the word TEMPORARY."""
    table = tree.this if isinstance(tree.this, exp.Table) else tree.this.this
    full = session.full_name(table)
    session.temporary[full] = full.beside(f'{full.name}__TEMPORARY_{session.id}')
    for word in list(tree.args['properties'].find_all(exp.TemporaryProperty)):
        word.pop()
    resolve(session, tree)


def forget(session: 'Session', tree: exp.Drop) -> None:
    """Let DROP of a name that means a temporary view or table of this session drop that one."""
    for table in tree.args['tables']:
        private = session.temporary.pop(session.full_name(table), None)
        if private is not None:
            table.replace(private.table())


def resolve(session: 'Session', tree: Expr) -> None:
    """Let every table name in `tree` that means a temporary table of this session say its private name."""
    if not session.temporary:
        return
    for table in list(tree.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier):
            continue
        private = session.temporary.get(session.full_name(table))
        if private is None:
            continue
        alias = table.alias or table.name
        named = private.table()
        reads = isinstance(table.parent, (exp.From, exp.Join)) or table.arg_key in ('using', 'from_')
        for part in ('this', 'db', 'catalog'):
            table.set(part, named.args.get(part))
        if reads or (table.arg_key == 'this' and isinstance(table.parent, (exp.Merge, exp.Update, exp.Delete))):
            table.set('alias', exp.TableAlias(this=exp.to_identifier(alias)))

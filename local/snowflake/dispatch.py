"""Which module answers which statement."""

from collections.abc import Callable
from typing import Any

import grants
from sqlglot import Expr, exp

import copy_into
import merge
import multijoined
import namespaces
import show
import tables
import temporary
from binds import insert_array
from engine import Rows
from errors import unsupported
from prepare import prepare
from session import Session
from statements import LOCKING, Statement, is_ignored, refused_object

ABOUT_WAREHOUSES = (
    'USE WAREHOUSE', 'CREATE WAREHOUSE', 'CREATE OR REPLACE WAREHOUSE', 'ALTER WAREHOUSE', 'DROP WAREHOUSE',
    'SHOW WAREHOUSES',
)  # fmt: skip
ABOUT_ROLES = (
    'GRANT', 'REVOKE', 'USE ROLE', 'CREATE ROLE', 'CREATE OR REPLACE ROLE', 'ALTER ROLE', 'DROP ROLE', 'SHOW ROLES',
    'SHOW GRANTS',
)  # fmt: skip

Handler = Callable[[Session, Statement, Expr | None, Any], Rows]


def handler_of(session: Session, statement: Statement) -> tuple[Handler, Expr | None, bool]:
    """The handler of a statement, its tree (None where sqlglot has no grammar for it), and whether it takes the
    session's turn: EXECUTE DBT PROJECT does not, since it may run for long and dbt logs in by itself."""
    account = session.account
    if is_ignored(statement):
        return show.accept, None, True
    if statement.starts(*ABOUT_WAREHOUSES):
        return account.warehouses.answer, None, True
    if statement.starts(*ABOUT_ROLES):
        return grants.answer, None, True
    if kind := refused_object(statement):
        raise unsupported(f'{kind} objects')
    if 'DBT PROJECT' in ' '.join(statement.words[:5]) or 'DBT PROJECTS' in ' '.join(statement.words[:5]):
        return account.dbt_projects.answer, None, not statement.starts('EXECUTE')
    if handler := show.handler_of(statement):
        return handler, None, True
    if statement.starts('REMOVE', 'RM', 'LIST', 'LS'):
        return account.stages.answer, None, True
    tree = statement.look()
    if isinstance(tree, exp.Command) and statement.starts('ALTER TABLE'):
        return tables.answer, tree, True
    return _by_tree(session, tree), tree, True


def _by_tree(session: Session, tree: Expr) -> Handler:
    kind = str(tree.args.get('kind') or '').upper()
    if isinstance(tree, (exp.Transaction, exp.Commit, exp.Rollback)):
        return _transaction
    if isinstance(tree, exp.Alter) and kind == 'SESSION':
        return show.alter_session
    if isinstance(tree, exp.Put) or kind in ('STAGE', 'FILE FORMAT'):
        return session.account.stages.answer
    if isinstance(tree, exp.Describe) and kind in ('TABLE', 'VIEW') and tree.this.db.upper() != 'INFORMATION_SCHEMA':
        return show.describe
    if isinstance(tree, exp.Copy):
        return copy_into.answer
    if isinstance(tree, exp.Merge):
        return merge.answer
    if kind in ('SCHEMA', 'DATABASE') and isinstance(tree, (exp.Create, exp.Drop, exp.Use)):
        return namespaces.answer
    if kind == 'TABLE' and isinstance(tree, (exp.Create, exp.Alter, exp.Drop)):
        return tables.answer
    return _plain


def _transaction(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    if isinstance(tree, exp.Transaction):
        session.begin()
    elif isinstance(tree, exp.Commit):
        session.commit()
    else:
        session.rollback()
    return Rows.status()


def _plain(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    """Everything DuckDB can do as it stands: queries, INSERT, UPDATE, DELETE, views, schemas."""
    tree = statement.tree()
    if temporary.is_temporary(tree):
        temporary.create(session, tree)
    elif isinstance(tree, exp.Drop):
        temporary.forget(session, tree)
    prepare(session, tree)
    if statement.array is not None:
        return insert_array(session, tree, statement.array)
    if isinstance(tree, LOCKING):
        target = tree.expressions[0] if isinstance(tree, exp.TruncateTable) else tree.this
        session.before_write(target if isinstance(target, exp.Table) else None)
        if isinstance(tree, exp.TruncateTable):
            return tables.truncate(session, tree)
        if isinstance(tree, exp.Update) and tree.args.get('from_'):
            return multijoined.update(session, tree, binds)
    elif isinstance(tree, exp.Insert):
        session.before_write()
    return session.query(tree, binds)

"""What a client asks about its session and account: parameters, transactions, locks, CURRENT_… functions, nods."""

import time
from collections.abc import Callable
from typing import Any

from sqlglot import Expr, exp
from sqlglot.tokens import TokenType

import temporary
from catalog import columns_of
from engine import Rows
from errors import SnowflakeError, canceled, insufficient
from roles import ADMINS
from session import Session
from statements import Statement


def handler_of(statement: Statement) -> Callable[..., Rows] | None:
    """The handler of a SHOW or START TRANSACTION that sqlglot has no grammar for."""
    if statement.starts('SHOW PARAMETERS'):
        return _parameters
    if statement.starts('SHOW TRANSACTIONS'):
        return _transactions
    if statement.starts('SHOW LOCKS'):
        return _locks
    if statement.starts('SHOW STAGES'):
        return _stages
    if statement.starts('CALL SYSTEM$WAIT'):
        return _wait
    if statement.starts('START TRANSACTION'):
        return _start
    return None


def accept(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    """Nod at what the twin has none of, remembering a user's public keys; administrators only."""
    if session.role not in ADMINS and statement.starts('CREATE', 'ALTER', 'DROP'):
        raise insufficient('account', 'TWIN')
    if statement.starts('ALTER USER'):
        _set_keys(session, statement)
    return Rows.status()


def _set_keys(session: Session, statement: Statement) -> None:
    """A user has two public keys, so that one can be replaced while the other is in use."""
    keys = session.account.public_keys.setdefault(statement.words[2].strip('"'), {})
    for name in ('RSA_PUBLIC_KEY', 'RSA_PUBLIC_KEY_2'):
        if name not in statement.words:
            continue
        if 'UNSET' in statement.words:
            keys.pop(name, None)
        else:
            keys[name] = statement.tokens[statement.words.index(name) + 2].text


def alter_session(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    """ALTER SESSION SET name = value …, or UNSET name."""
    change = tree.find(exp.AlterSession) if tree is not None else None
    for item in change.expressions if change else []:
        if change.args.get('unset'):
            session.set_parameter(item.name or item.this.name, None)
        else:
            value = item.this.expression
            text = value.this if isinstance(value, exp.Boolean) else value.name
            session.set_parameter(item.this.this.name, text)
    return Rows.status()


def session_functions(session: Session, tree: Expr) -> None:
    """Put this session's values in place of CURRENT_ROLE() and its like, and act on SYSTEM$ABORT_….()."""
    known = {
        exp.CurrentRole: session.role, exp.CurrentWarehouse: session.warehouse or None, exp.CurrentAccount: 'TWIN',
        exp.CurrentRegion: 'LOCAL', exp.CurrentSession: str(session.id),
        exp.CurrentUser: session.account.settings.user.upper(),
        exp.CurrentTransaction: str(session.transaction.id) if session.transaction else None,
        exp.CurrentDatabase: session.connection.database, exp.CurrentSchema: session.connection.schema,
    }  # fmt: skip
    for node in list(tree.find_all(*known)):
        value = known[type(node)]
        node.replace(exp.Null() if value is None else exp.Literal.string(value))
    for call in list(tree.find_all(exp.Anonymous)):
        name = call.name.upper()
        if name == 'LAST_QUERY_ID':
            call.replace(exp.Literal.string(session.last_query_id))
        elif name in ('SYSTEM$ABORT_SESSION', 'SYSTEM$ABORT_TRANSACTION'):
            call.replace(exp.Literal.string(_abort(session, name, int(call.expressions[0].name))))


def _abort(session: Session, function: str, number: int) -> str:
    for token, other in list(session.account.sessions.items()):
        if function == 'SYSTEM$ABORT_SESSION' and other.id == number:
            del session.account.sessions[token]
            other.close()
            return 'session terminated.'
        if function == 'SYSTEM$ABORT_TRANSACTION' and other.transaction and other.transaction.id == number:
            other.abort_transaction()
            return 'transaction aborted.'
    raise SnowflakeError('000709', '02000', f'{function}: {number} not found')


def describe(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    """DESCRIBE TABLE or VIEW, with the lengths and precisions the columns were declared with."""
    tree = statement.tree()
    temporary.resolve(session, tree)
    columns = columns_of(session, session.full_name(tree.this))
    nothing = [None] * len(columns)
    return Rows.of({
        'name': [column.name for column in columns], 'type': [column.snowflake_type() for column in columns],
        'kind': ['COLUMN'] * len(columns), 'null?': ['N' if column.not_null else 'Y' for column in columns],
        'default': [column.default for column in columns], 'primary key': ['N'] * len(columns),
        'unique key': ['N'] * len(columns), 'check': nothing, 'expression': nothing, 'comment': nothing,
        'policy name': nothing, 'privacy domain': nothing,
    })  # fmt: skip


def _parameters(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    """SHOW PARAMETERS [LIKE 'pattern'] [IN SESSION]."""
    pattern = next((t.text for t in statement.tokens if t.token_type == TokenType.STRING), '%')
    shown = session.parameters.shown()
    like = 'SELECT name FROM (SELECT unnest(?) AS name) WHERE name ILIKE ?'
    names = [row[0] for row in session.duck.execute(like, [list(shown), pattern]).fetchall()]
    count = len(names)
    return Rows.of({
        'key': names, 'value': [shown[name] for name in names], 'default': [''] * count,
        'level': ['SESSION'] * count, 'description': [''] * count, 'type': ['STRING'] * count,
    })  # fmt: skip


def _transactions(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    open_ = [other for other in session.account.sessions.values() if other.transaction]
    return Rows.of({
        'id': [str(other.transaction.id) for other in open_],
        'user': [session.account.settings.user.upper()] * len(open_),
        'session': [str(other.id) for other in open_],
        'state': ['running'] * len(open_),
    })  # fmt: skip


def _locks(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    held = list(session.account.locks.holders.items())
    return Rows.of({
        'resource': [table for table, _ in held], 'type': ['PARTITIONS'] * len(held),
        'session': [str(holder.id) for _, holder in held], 'status': ['HOLDING'] * len(held),
    })  # fmt: skip


def _stages(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    return session.account.stages.shown_all()


def _wait(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    """CALL SYSTEM$WAIT(amount [, 'SECONDS' | 'MINUTES' | 'HOURS' | 'DAYS'])."""
    given = [token.text for token in statement.tokens if token.token_type in (TokenType.NUMBER, TokenType.STRING)]
    unit = given[1].upper() if len(given) > 1 else 'SECONDS'
    until = time.monotonic() + float(given[0]) * {'SECONDS': 1, 'MINUTES': 60, 'HOURS': 3600, 'DAYS': 86400}[unit]
    while (left := until - time.monotonic()) > 0:
        if statement.is_canceled():
            raise canceled()
        time.sleep(min(left, 0.02))
    return Rows.of({'SYSTEM$WAIT': [f'waited {given[0]} {unit.lower()}']})


def _start(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    session.begin()
    return Rows.status()

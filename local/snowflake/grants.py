"""GRANT, REVOKE, roles created, dropped and taken, and what SHOW tells of them."""

from dataclasses import dataclass
from typing import Any

from sqlglot import Expr

from catalog import relation, relations_in
from engine import Rows
from errors import SnowflakeError, already_there, compilation, insufficient, no_such
from names import Name
from roles import ADMINS, ALL, OWNERSHIP, Future, Key
from session import Session
from statements import Statement

# how a kind is called where it is granted on, in the plural, and of how many parts its names are
KINDS = {
    'TABLE': ('TABLES', 3), 'VIEW': ('VIEWS', 3), 'STAGE': ('STAGES', 3), 'FILE FORMAT': ('FILE FORMATS', 3),
    'DBT PROJECT': ('DBT PROJECTS', 3), 'SCHEMA': ('SCHEMAS', 2), 'DATABASE': ('DATABASES', 1),
    'WAREHOUSE': ('WAREHOUSES', 1), 'INTEGRATION': ('INTEGRATIONS', 1), 'USER': ('USERS', 1), 'ROLE': ('ROLES', 1),
}  # fmt: skip


@dataclass(frozen=True)
class Target:
    """What a GRANT is on: `kind` of `parts`, or all, or all future ones in a place."""

    kind: str
    parts: tuple[str, ...]
    every: str = ''


def answer(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    """Run a statement about roles and grants."""
    if statement.starts('GRANT ROLE', 'REVOKE ROLE'):
        return _role_to(session, statement)
    if statement.starts('GRANT DATABASE ROLE', 'REVOKE DATABASE ROLE'):
        return _database_role_to(session, statement)
    if statement.starts('GRANT', 'REVOKE'):
        return _privileges(session, statement)
    if statement.starts('SHOW ROLES'):
        return Rows.of({'name': sorted(session.account.roles.granted)})
    if statement.starts('SHOW GRANTS'):
        return _shown(session, statement)
    at = statement.words.index('ROLE') + 1
    while statement.words[at] in ('IF', 'NOT', 'EXISTS'):
        at += 1
    (name, *_), _ = statement.name_at(at)
    if statement.starts('USE'):
        return take(session, name)
    return _create(session, statement, name) if statement.starts('CREATE') else _drop(session, statement, name)


def take(session: Session, name: str) -> Rows:
    """USE ROLE."""
    roles = session.account.roles
    if name not in roles.granted:
        raise compilation('Object does not exist, or operation cannot be performed.', '002043', '02000')
    if not roles.usable(name):
        text = f"Requested role '{name}' is not assigned to the executing user.  Specify another role to activate."
        raise SnowflakeError('003013', '42501', f'SQL access control error:\n{text}')
    session.role = name
    return Rows.status()


def _create(session: Session, statement: Statement, name: str) -> Rows:
    session.must('CREATE ROLE', ('ACCOUNT', 'TWIN'))
    known = session.account.roles.granted
    if name in known and 'EXISTS' in statement.words:
        return Rows.status(f'{name} already exists, statement succeeded.')
    if name in known and 'REPLACE' not in statement.words:
        raise already_there(name)
    session.account.roles.drop(name)
    known[name] = set()
    session.account.roles.made(session.role, ('ROLE', name))
    return Rows.status(f'Role {name} successfully created.')


def _drop(session: Session, statement: Statement, name: str) -> Rows:
    if not statement.starts('DROP'):
        return Rows.status()
    if name not in session.account.roles.granted or name in ADMINS:
        if 'EXISTS' in statement.words:
            return Rows.status('Drop statement executed successfully.')
        raise no_such('Role', name)
    session.must(OWNERSHIP, ('ROLE', name))
    session.account.roles.drop(name)
    return Rows.status(f'{name} successfully dropped.')


def _role_to(session: Session, statement: Statement) -> Rows:
    """GRANT ROLE a TO ROLE b, TO USER u; REVOKE ROLE a FROM …."""
    roles, words = session.account.roles, statement.words
    (name, *_), at = statement.name_at(2)
    (holder, *_), _ = statement.name_at(at + 2)
    if name not in roles.granted or (words[at + 1] == 'ROLE' and holder not in roles.granted):
        raise no_such('Role', name if name not in roles.granted else holder)
    session.must(OWNERSHIP, ('ROLE', name))
    if words[at + 1] == 'USER' and holder.upper() != session.account.settings.user.upper():
        raise no_such('User', holder)
    holders = roles.granted[holder] if words[at + 1] == 'ROLE' else roles.of_user
    holders.add(name) if words[0] == 'GRANT' else holders.discard(name)
    return Rows.status()


def _database_role_to(session: Session, statement: Statement) -> Rows:
    """GRANT DATABASE ROLE d.a TO ROLE b; REVOKE …: only those of SNOWFLAKE do anything."""
    parts, at = statement.name_at(3)
    (holder, *_), _ = statement.name_at(at + 2)
    held = session.account.roles.granted.get(holder)
    if held is None:
        raise no_such('Role', holder)
    session.must('MANAGE GRANTS', ('ACCOUNT', 'TWIN'))
    held.add('.'.join(parts)) if statement.starts('GRANT') else held.discard('.'.join(parts))
    return Rows.status()


def _privileges(session: Session, statement: Statement) -> Rows:
    """GRANT privileges ON objects TO ROLE r, and REVOKE privileges ON objects FROM ROLE r."""
    words, roles = statement.words, session.account.roles
    on = words.index('ON')
    start = 4 if statement.starts('REVOKE GRANT OPTION FOR') else 1
    named = ' '.join(words[start:on]).replace('ALL PRIVILEGES', ALL)
    privileges = frozenset(privilege.strip() for privilege in named.split(','))
    target, at = _target(session, statement, on + 1)
    (role, *_), _ = statement.name_at(at + (2 if words[at + 1] == 'ROLE' else 1))
    if role not in roles.granted:
        raise no_such('Role', role)
    if target.every == 'FUTURE':
        _manages(session, ('SCHEMA' if len(target.parts) > 1 else 'DATABASE', target.parts), target.parts[-1])
        future = Future(role, target.kind, target.parts, privileges)
        roles.future.add(future) if words[0] == 'GRANT' else roles.future.discard(future)
        return Rows.status()
    for key, shown in _keys(session, target):
        _manages(session, key, shown)
        (roles.grant if words[0] == 'GRANT' else roles.revoke)(role, privileges, key)
    return Rows.status()


def _manages(session: Session, key: Key, shown: str) -> None:
    """Whoever owns an object, and administrators, grant privileges on it."""
    if not session.may(OWNERSHIP, key):
        raise insufficient(key[0], shown) if session.sees(key) else no_such(key[0].capitalize(), shown)


def _target(session: Session, statement: Statement, at: int) -> tuple[Target, int]:
    words = statement.words
    every = words[at] if words[at] in ('ALL', 'FUTURE') else ''
    at += 1 if every else 0
    if words[at] == 'ACCOUNT':
        return Target('ACCOUNT', ('TWIN',)), at + 1
    two = ' '.join(words[at : at + 2])
    kind = next((kind for kind, (plural, _) in KINDS.items() if two in (kind, plural)), None)
    kind = kind or next((kind for kind, (plural, _) in KINDS.items() if words[at] in (kind, plural)), words[at])
    at += 1 + kind.count(' ')
    if words[at] in ('TO', 'FROM', '.'):
        raise compilation(f'syntax error: GRANT and REVOKE name the kind of object, as in ON TABLE {words[at - 1]}')
    if every:
        where = words[at + 1]
        parts, at = statement.name_at(at + 2)
        return Target(kind, _whole(session, parts, 2 if where == 'SCHEMA' else 1), every), at
    parts, at = statement.name_at(at)
    return Target(kind, _whole(session, parts, KINDS.get(kind, ('', 3))[1])), at


def _whole(session: Session, parts: list[str], length: int) -> tuple[str, ...]:
    """A name with the parts it lacks, which come from the session."""
    lacking = [session.connection.database or '', session.connection.schema or ''][: max(0, length - len(parts))]
    return (*lacking, *parts)


def _keys(session: Session, target: Target) -> list[tuple[Key, str]]:
    """The objects a target means, each with the name it is shown by."""
    if target.every:
        return _every(session, target)
    if target.kind in ('TABLE', 'VIEW'):
        name = Name(*target.parts)
        found = relation(session, name)
        if found is None:
            raise no_such('Table', name)
        return [(found, name.name)]
    known: Any = True
    if target.kind in ('STAGE', 'FILE FORMAT'):
        known = session.account.stages.has(target.kind, Name(*target.parts))
    elif target.kind == 'DBT PROJECT':
        known = session.account.dbt_projects.has(Name(*target.parts))
    elif target.kind in ('DATABASE', 'SCHEMA'):
        known = target.parts == ('SNOWFLAKE',) or _there(session, target.parts)
    elif target.kind == 'WAREHOUSE':
        known = target.parts[0] in session.account.warehouses.known
    if not known:
        raise no_such(target.kind.capitalize(), '.'.join(target.parts))
    return [(key_of(target.kind, target.parts), target.parts[-1])]


def key_of(kind: str, parts: tuple[str, ...]) -> Key:
    """The key of an object that goes by its name."""
    if kind in ('DATABASE', 'SCHEMA'):
        return kind, tuple(parts)
    return kind, Name(*parts) if len(parts) == 3 else parts[-1]


def _there(session: Session, parts: tuple[str, ...]) -> bool:
    sql = 'SELECT 1 FROM duckdb_schemas() WHERE database_name = ?' + (' AND schema_name = ?' if len(parts) > 1 else '')
    return session.duck.execute(sql + ' LIMIT 1', list(parts)).fetchone() is not None


def _every(session: Session, target: Target) -> list[tuple[Key, str]]:
    place = target.parts
    if not _there(session, place):
        raise no_such('Schema' if len(place) > 1 else 'Database', '.'.join(place))
    if target.kind in ('TABLE', 'VIEW'):
        return [(key, name.name) for name, key in relations_in(session, place) if key[0] == target.kind]
    if target.kind == 'SCHEMA':
        sql = (
            "SELECT schema_name FROM duckdb_schemas() WHERE database_name = ? AND NOT starts_with(schema_name, '_fs_')"
        )
        found = session.duck.execute(sql, [place[0]]).fetchall()
        return [(('SCHEMA', (place[0], name)), name) for (name,) in found]
    if target.kind in ('STAGE', 'FILE FORMAT'):
        return [((target.kind, name), name.name) for name in session.account.stages.within(target.kind, place)]
    return []


def _shown(session: Session, statement: Statement) -> Rows:
    """SHOW GRANTS TO ROLE r, ON object, OF ROLE r."""
    roles, words = session.account.roles, statement.words
    rows: list[tuple[str, str, str, str]] = []
    if 'ON' in words:
        target, _ = _target(session, statement, words.index('ON') + 1)
        [(key, shown)] = _keys(session, target)
        rows = [(p, key[0], '.'.join(target.parts), role) for (role, k), held in roles.grants.items() if k == key
                for p in held]  # fmt: skip
        if key in roles.owners:
            rows.append((OWNERSHIP, key[0], shown, roles.owners[key]))
    elif 'TO' in words:
        (role, *_), _ = statement.name_at(words.index('ROLE') + 1)
        if role not in roles.granted:
            raise no_such('Role', role)
        rows = [(p, key[0], _name_of(session, key), role) for (r, key), held in roles.grants.items() if r == role
                for p in held]  # fmt: skip
        rows += [(OWNERSHIP, key[0], _name_of(session, key), role) for key, r in roles.owners.items() if r == role]
    rows.sort()
    return Rows.of({
        'created_on': [None] * len(rows), 'privilege': [row[0] for row in rows], 'granted_on': [row[1] for row in rows],
        'name': [row[2] for row in rows], 'granted_to': ['ROLE'] * len(rows), 'grantee_name': [row[3] for row in rows],
        'grant_option': ['false'] * len(rows), 'granted_by': ['ACCOUNTADMIN'] * len(rows),
    })  # fmt: skip


def _name_of(session: Session, key: Key) -> str:
    if key[0] in ('TABLE', 'VIEW'):
        return next((str(name) for name, found in relations_in(session, ()) if found == key), 'DROPPED')
    return key[1] if isinstance(key[1], str) else '.'.join(key[1])

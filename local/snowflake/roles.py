"""Roles and what they were granted. ACCOUNTADMIN and the other system roles may do everything here."""

from dataclasses import dataclass, field
from typing import Any

Key = tuple[str, Any]
"""An object: its kind and what it is known by. Tables and views go by DuckDB's number, as ('TABLE', 1234), so that a
rename or a swap takes the grants along; a schema is ('SCHEMA', ('DATABASE', 'NAME')), a stage ('STAGE', Name)."""

ADMINS = ('ACCOUNTADMIN', 'SYSADMIN', 'SECURITYADMIN', 'USERADMIN', 'ORGADMIN')
ALL = 'ALL'
OWNERSHIP = 'OWNERSHIP'


@dataclass(frozen=True)
class Future:
    """A grant on what will be made in a place: (DATABASE,) or (DATABASE, SCHEMA)."""

    role: str
    kind: str
    place: tuple[str, ...]
    privileges: frozenset[str]


@dataclass
class Roles:
    """The account's roles: which were granted to which, and each one's grants."""

    granted: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in (*ADMINS, 'PUBLIC')})
    of_user: set[str] = field(default_factory=lambda: {*ADMINS, 'PUBLIC'})
    grants: dict[tuple[str, Key], set[str]] = field(default_factory=dict)
    owners: dict[Key, str] = field(default_factory=dict)
    future: set[Future] = field(default_factory=set)

    def within(self, role: str) -> set[str]:
        """A role and every role it has got, by whatever way."""
        found, left = {role}, [role]
        while left:
            more = self.granted.get(left.pop(), set()) - found
            found |= more
            left.extend(more)
        return found

    def usable(self, role: str) -> bool:
        """Whether the user may take the role."""
        return any(role in self.within(own) for own in self.of_user)

    def is_admin(self, role: str) -> bool:
        return role in ADMINS or any(each in ADMINS for each in self.within(role))

    def held(self, role: str, key: Key) -> set[str]:
        """The privileges a role has on an object."""
        roles = self.within(role)
        held: set[str] = set()
        for each in roles:
            held |= self.grants.get((each, key), set())
        return held | {OWNERSHIP} if self.owners.get(key) in roles else held

    def may(self, role: str, privilege: str, key: Key) -> bool:
        if self.is_admin(role):
            return True
        held = self.held(role, key)
        return OWNERSHIP in held or privilege in held or (ALL in held and privilege != OWNERSHIP)

    def sees(self, role: str, key: Key) -> bool:
        """Whether the role has any privilege on the object: to others it is as if it did not exist."""
        return self.is_admin(role) or bool(self.held(role, key))

    def grant(self, role: str, privileges: frozenset[str], key: Key) -> None:
        if OWNERSHIP in privileges:
            self.owners[key] = role
        elif privileges:
            self.grants.setdefault((role, key), set()).update(privileges)

    def revoke(self, role: str, privileges: frozenset[str], key: Key) -> None:
        left = set() if ALL in privileges else self.grants.get((role, key), set()) - privileges
        self.grants[(role, key)] = left
        if not left:
            del self.grants[(role, key)]

    def made(self, role: str, key: Key, place: tuple[str, ...] = ()) -> None:
        """A role has made an object in a place: it owns it, and grants on future objects come true. Those of the schema
        take the place of those of the database."""
        self.owners[key] = role
        inner = [future for future in self.future if future.kind == key[0] and future.place == place]
        outer = [future for future in self.future if future.kind == key[0] and future.place == place[:1]]
        for future in inner or outer:
            self.grant(future.role, future.privileges, key)

    def copy(self, old: Key, new: Key) -> None:
        """COPY GRANTS, and a table written anew under another number."""
        for (role, key), privileges in list(self.grants.items()):
            if key == old:
                self.grants.setdefault((role, new), set()).update(privileges)

    def rename(self, old: Key, new: Key) -> None:
        """The object has another key from now on."""
        self.copy(old, new)
        if old in self.owners:
            self.owners[new] = self.owners[old]
        self.forget(old)

    def forget_in(self, place: tuple[str, ...]) -> None:
        """A database or schema was dropped with what is in it (tables go by number, which is never used again)."""
        for key in [key for key in [*self.owners, *(key for _, key in self.grants)] if _is_in(key, place)]:
            self.forget(key)

    def forget(self, key: Key) -> None:
        """The object was dropped or replaced."""
        self.owners.pop(key, None)
        for each in [each for each in self.grants if each[1] == key]:
            del self.grants[each]

    def drop(self, role: str) -> None:
        self.granted.pop(role, None)
        self.of_user.discard(role)
        for others in self.granted.values():
            others.discard(role)
        for each in [each for each in self.grants if each[0] == role]:
            del self.grants[each]
        self.owners = {key: 'ACCOUNTADMIN' if owner == role else owner for key, owner in self.owners.items()}
        self.future = {future for future in self.future if future.role != role}


def _is_in(key: Key, place: tuple[str, ...]) -> bool:
    return isinstance(key[1], tuple) and key[1][: len(place)] == place

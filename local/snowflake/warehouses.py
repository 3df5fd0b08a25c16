"""Warehouses: what computes. Without one that runs or may be resumed, no statement that computes is run."""

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import Expr
from sqlglot.tokens import TokenType

from engine import Rows
from errors import SnowflakeError, already_there, compilation, no_such
from statements import Statement

if TYPE_CHECKING:
    from session import Session

DEFAULT = 'COMPUTE_WH'  # the one an account comes with
SIZES = ('X-Small', 'Small', 'Medium', 'Large', 'X-Large', '2X-Large', '3X-Large', '4X-Large')
NEVER = 10**9


@dataclass
class Warehouse:
    """One warehouse. `periods` are the times it ran, the last one without an end while it runs."""

    name: str
    size: str = 'X-Small'
    auto_suspend: float = 600
    auto_resume: bool = True
    statement_timeout: float = 172_800
    busy: int = 0
    used_at: float = 0
    periods: list[list[float | None]] = field(default_factory=list)

    def runs(self) -> bool:
        """Whether it runs now: one that nobody used for AUTO_SUSPEND seconds has been suspended since."""
        if not self.periods or self.periods[-1][1] is not None:
            return False
        idle_at = self.used_at + (self.auto_suspend or NEVER)
        if not self.busy and idle_at <= time.time():
            self.periods[-1][1] = idle_at
        return self.periods[-1][1] is None

    def resume(self) -> None:
        self.used_at = time.time()
        self.periods.append([self.used_at, None])

    def suspend(self) -> None:
        self.periods[-1][1] = time.time()


class Warehouses:
    """All warehouses of the account."""

    def __init__(self) -> None:
        self.known = {DEFAULT: Warehouse(DEFAULT)}
        self._turn = threading.Lock()

    def use(self, session: 'Session') -> Warehouse:
        """The session's warehouse, running, for one statement more; `release` it after. Refuses with 000606."""
        warehouse = self.known.get(session.warehouse)
        with self._turn:
            if (
                warehouse is None
                or not session.may('USAGE', ('WAREHOUSE', warehouse.name))
                or not (warehouse.runs() or warehouse.auto_resume)
            ):
                raise SnowflakeError(
                    '000606', '57P03', 'No active warehouse selected in the current session.  '
                    "Select an active warehouse with the 'use warehouse' command.",
                )  # fmt: skip
            if not warehouse.runs():
                warehouse.resume()
            warehouse.busy += 1
        return warehouse

    def release(self, warehouse: Warehouse) -> None:
        with self._turn:
            warehouse.busy -= 1
            warehouse.used_at = time.time()

    def answer(self, session: 'Session', statement: Statement, tree: Expr | None, binds: Any) -> Rows:
        """Run CREATE, ALTER, DROP, USE or SHOW of warehouses."""
        if statement.starts('SHOW'):
            return self._shown(session, statement)
        words = statement.words
        at = next(at for at, word in enumerate(words) if word in ('WAREHOUSE', 'WAREHOUSES')) + 1
        while words[at] in ('IF', 'NOT', 'EXISTS'):
            at += 1
        (name, *_), after = statement.name_at(at)
        given = _settings(statement, after)
        if statement.starts('CREATE'):
            return self._create(session, name, given, words)
        if name not in self.known or not session.sees(('WAREHOUSE', name)):
            if 'EXISTS' in words[:5]:
                return Rows.status('Statement executed successfully.')
            if statement.starts('USE'):
                raise compilation('Object does not exist, or operation cannot be performed.', '002043', '02000')
            raise no_such('Warehouse', name)
        if statement.starts('USE'):
            session.warehouse = name
        elif statement.starts('DROP'):
            session.must('OWNERSHIP', ('WAREHOUSE', name))
            del self.known[name]
            session.account.roles.forget(('WAREHOUSE', name))
        else:
            self._alter(session, self.known[name], words[after:], given)
        return Rows.status()

    def _create(self, session: 'Session', name: str, given: dict[str, str], words: list[str]) -> Rows:
        session.must('CREATE WAREHOUSE', ('ACCOUNT', 'TWIN'))
        if name in self.known and 'EXISTS' in words:
            return Rows.status(f'{name} already exists, statement succeeded.')
        if name in self.known and 'REPLACE' not in words:
            raise already_there(name)
        made = self.known[name] = Warehouse(name)
        _set(made, given)
        session.account.roles.made(session.role, ('WAREHOUSE', name))
        if given.get('INITIALLY_SUSPENDED') != 'TRUE':
            made.resume()
        session.warehouse = name
        return Rows.status(f'Warehouse {name} successfully created.')

    def _alter(self, session: 'Session', warehouse: Warehouse, words: list[str], given: dict[str, str]) -> None:
        with self._turn:
            if words[:1] == ['SUSPEND'] or words[:1] == ['RESUME']:
                session.must('OPERATE', ('WAREHOUSE', warehouse.name))
                if warehouse.runs() == (words[0] == 'RESUME'):
                    if words[1:] == ['IF', 'SUSPENDED']:
                        return
                    done, code = ('suspended', '090064') if words[0] == 'SUSPEND' else ('resumed', '090063')
                    text = f"Invalid state. Warehouse '{warehouse.name}' cannot be {done}."
                    raise SnowflakeError(code, '22000', text)
                warehouse.resume() if words[0] == 'RESUME' else warehouse.suspend()
            elif words[:1] == ['SET']:
                session.must('MODIFY', ('WAREHOUSE', warehouse.name))
                _set(warehouse, given)

    def _shown(self, session: 'Session', statement: Statement) -> Rows:
        like = next((token.text for token in statement.tokens if token.token_type == TokenType.STRING), '%')
        asked = 'SELECT name FROM (SELECT unnest(?) AS name) WHERE name ILIKE ? ORDER BY name'
        names = [row[0] for row in session.duck.execute(asked, [list(self.known), like]).fetchall()]
        shown = [self.known[name] for name in names if session.sees(('WAREHOUSE', name))]
        return Rows.of({
            'name': [each.name for each in shown],
            'state': ['STARTED' if each.runs() else 'SUSPENDED' for each in shown],
            'type': ['STANDARD'] * len(shown), 'size': [each.size for each in shown],
            'is_current': ['Y' if each.name == session.warehouse else 'N' for each in shown],
            'auto_suspend': [str(int(each.auto_suspend)) for each in shown],
            'auto_resume': [str(each.auto_resume).lower() for each in shown],
        })  # fmt: skip


def _settings(statement: Statement, at: int) -> dict[str, str]:
    """NAME = value … as text by name."""
    words, tokens = statement.words, statement.tokens
    marks = [place for place in range(at, len(words)) if words[place] == '=']
    return {words[mark - 1]: tokens[mark + 1].text.upper() for mark in marks}


def _size(given: str) -> str:
    bare = given.upper().replace('-', '').replace('XXXL', '3XL').replace('XXL', '2XL').replace('X2L', '2XL')
    found = next((size for size in SIZES if size.upper().replace('-', '') == bare), None)
    if found is None:
        raise compilation(f"invalid value '{given}' for property 'WAREHOUSE_SIZE'", '001008', '22023')
    return found


def _set(warehouse: Warehouse, given: dict[str, str]) -> None:
    warehouse.auto_resume = given.get('AUTO_RESUME', str(warehouse.auto_resume)).upper() == 'TRUE'
    suspend = given.get('AUTO_SUSPEND', warehouse.auto_suspend)
    warehouse.auto_suspend = 0 if suspend == 'NULL' else float(suspend)
    warehouse.size = _size(given.get('WAREHOUSE_SIZE', warehouse.size))
    warehouse.statement_timeout = float(given.get('STATEMENT_TIMEOUT_IN_SECONDS', warehouse.statement_timeout))

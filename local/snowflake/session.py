"""One client's session: where its statements run one after the other, its parameters, its open transaction."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import duckdb
from sqlglot import Expr, exp

from account import Account
from engine import Cursor, Rows
from errors import SnowflakeError, canceled, insufficient, translate
from history import Event
from names import Name
from parameters import Parameters
from roles import Key
from statements import DML, Statement, commits
from warehouses import DEFAULT

CONFLICT_TRIES = 40


@dataclass
class Transaction:
    """An open transaction. DuckDB's own one begins with the first write, so that waiting for a lock comes before its
    snapshot. `done` are its writes so far and what they answered: DuckDB gives up a whole transaction for one failed
    statement, Snowflake does not, so they are run again. `releases` were the locks' when it began."""

    id: int
    begun: bool = False
    releases: int = 0
    done: list[tuple[Callable[[], Rows], Rows]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


class Session:
    """State of one login. `run` may be called from any thread; a session runs one statement at a time."""

    def __init__(self, account: Account, number: int, database: str | None, schema: str | None) -> None:
        self.account = account
        self.id = number
        self.connection = account.engine.connect(database, schema)
        self.duck = self.connection._duck_conn
        self.parameters = Parameters()
        self.role, self.warehouse = 'ACCOUNTADMIN', DEFAULT
        self.transaction: Transaction | None = None
        self.temporary: dict[Name, Name] = {}
        self.scanned: list[str] = []
        self.waits_for: str | None = None
        self.last_active = time.time()
        self.closed = False
        self.last_query_id = ''
        self._turn = threading.RLock()
        self._interrupting = threading.Lock()
        self._running: set[int] = set()
        self._canceled: Callable[[], bool] = lambda: False

    def is_busy(self) -> bool:
        return bool(self._running)

    def may(self, privilege: str, key: Key) -> bool:
        """Whether the session's role has a privilege on an object."""
        return self.account.roles.may(self.role, privilege, key)

    def sees(self, key: Key) -> bool:
        return self.account.roles.sees(self.role, key)

    def must(self, privilege: str, key: Key, shown: str | None = None) -> None:
        """Refuse with 003001 if the session's role lacks a privilege; `shown` is the object's name in the message."""
        if not self.may(privilege, key):
            name = key[1] if isinstance(key[1], str) else str(key[1][-1]) if isinstance(key[1], tuple) else ''
            raise insufficient(key[0], shown or name)

    def set_parameter(self, name: str, value: Any) -> None:
        """Set a session parameter; setting AUTOCOMMIT commits what is open."""
        self.parameters.set(name, value)
        if name.upper() == 'AUTOCOMMIT':
            self.commit()

    def run(self, statement: Statement, binds: Any) -> Rows:
        """Run one statement to its rows; raises SnowflakeError and leaves an open transaction open."""
        import access  # what follows knows sessions
        from dispatch import handler_of

        self._running.add(id(statement))
        warehouse = None
        try:
            self.account.holds.wait('before', statement.text, statement.is_canceled)
            handler, tree, alone = handler_of(self, statement)
            if not alone:
                with self._turn:
                    access.check(self, statement, tree)
                return handler(self, statement, tree, binds)
            with self._turn:
                making = access.check(self, statement, tree)
                warehouse = access.compute(self, tree)
                statement.computed = warehouse.size if warehouse is not None else ''
                rows = self._in_turn(statement, tree, lambda: handler(self, statement, tree, binds))
                if making is not None:
                    access.made(self, making)
            self.account.holds.wait('after', statement.text, lambda: self.closed)
            return rows
        except Exception as error:
            raise translate(error) from error
        finally:
            if warehouse is not None:
                self.account.warehouses.release(warehouse)
            self._running.discard(id(statement))
            self.last_active = time.time()

    def _in_turn(self, statement: Statement, tree: Expr | None, work: Callable[[], Rows]) -> Rows:
        self._canceled, self.parameters.of_statement = statement.is_canceled, statement.parameters
        try:
            if self.closed or statement.is_canceled():
                raise canceled()
            if commits(statement, tree):
                self.commit()
            return self._guarded(work, tree)
        finally:
            self.parameters.of_statement = {}
            while self.scanned:
                self.duck.unregister(self.scanned.pop())

    def _guarded(self, work: Callable[[], Rows], tree: Expr | None) -> Rows:
        """Run `work` inside the open transaction if it writes, or alone, trying again where DuckDB saw a conflict."""
        if isinstance(tree, DML) and self.transaction is None and not self.parameters.autocommit():
            self.begin()
        if self.transaction is None:
            return self._alone(work)
        try:
            rows = work()
        except Exception:
            self._mend()
            raise
        if isinstance(tree, DML):
            self.transaction.done.append((work, rows))
        return rows

    def _alone(self, work: Callable[[], Rows]) -> Rows:
        for tried in range(CONFLICT_TRIES):
            try:
                return work()
            except (duckdb.TransactionException, SnowflakeError) as error:
                conflict = error if isinstance(error, duckdb.TransactionException) else error.__cause__
                if 'onflict' not in str(conflict) or tried == CONFLICT_TRIES - 1:
                    raise
                time.sleep(0.02 * (1 + tried % 5))
            finally:
                if self.transaction is None:
                    self.account.locks.release(self)
        raise AssertionError('unreachable')

    def _mend(self) -> None:
        """After a failed statement: if DuckDB gave up the transaction, bring its earlier writes back."""
        with self._interrupting:
            self._canceled = lambda: False  # what was canceled has ended; this must not be
        if self.transaction is None or not self.transaction.begun:
            return
        try:
            self.duck.execute('SELECT 1')
        except duckdb.Error:
            self._write_again()

    def _write_again(self) -> bool:
        """Do the open transaction's writes in a new one of DuckDB's; whether all answered what they did before."""
        assert self.transaction is not None
        self.transaction.events = []
        self.duck.execute('ROLLBACK')
        self._begin_writing(self.transaction)
        same = [write().table.equals(told.table) for write, told in self.transaction.done]  # all of them are done
        return all(same)

    def query(self, tree: Expr, binds: Any = None) -> Rows:
        """Translate and run a parsed statement on this session's connection."""
        return Cursor(self.connection, self.duck).run(tree, binds)

    def before_write(self, table: exp.Table | None = None) -> None:
        """Lock `table` if given, then begin DuckDB's transaction if one is open: call it before every write."""
        if table is not None:
            key = self.full_name(table)
            self.account.locks.acquire(
                str(key), self, self.parameters.number('LOCK_TIMEOUT'), lambda: self._canceled() or self.closed
            )
            # each statement sees what is committed when it begins, DuckDB's transaction what was when it began
            open_ = self.transaction
            late = open_ is not None and open_.begun and self.account.locks.released_since(str(key), open_.releases)
            if late and not self._write_again():
                text = f'others changed {key}, and what the transaction wrote before comes out otherwise now'
                raise SnowflakeError('000603', '40001', f'The local Snowflake twin cannot go on: {text}.')
        if self.transaction is not None and not self.transaction.begun:
            self._begin_writing(self.transaction)

    def _begin_writing(self, transaction: Transaction) -> None:
        transaction.begun, transaction.releases = True, self.account.locks.releases
        self.duck.execute('BEGIN TRANSACTION')

    def note(self, event: Event) -> None:
        """Write load history: with the open transaction, or at once."""
        if self.transaction is not None:
            self.transaction.events.append(event)
        else:
            self.account.history.commit([event])

    def full_name(self, table: exp.Table) -> Name:
        """DATABASE.SCHEMA.NAME of a table as this session means it; parts it lacks come from the session."""
        parts = [part for part in (table.args.get('catalog'), table.args.get('db'), table.this) if part is not None]
        names = [part.name if part.args.get('quoted') else part.name.upper() for part in parts]
        defaults = [self.connection.database or '', self.connection.schema or '']
        return Name(*defaults[: 3 - len(names)], *names)

    def begin(self) -> None:
        if self.transaction is None:
            self.transaction = Transaction(self.account.next_number())

    def commit(self) -> None:
        self._end('COMMIT')

    def rollback(self) -> None:
        self._end('ROLLBACK')

    def _end(self, how: str) -> None:
        ended, self.transaction = self.transaction, None
        try:
            if ended is not None and ended.begun:
                self.duck.execute(how)
                if how == 'COMMIT':
                    self.account.history.commit(ended.events)
        except duckdb.Error:
            self.duck.execute('ROLLBACK')
            raise
        finally:
            self.account.locks.release(self)

    def cancel_running(self) -> None:
        """Interrupt what runs now, if it is what was canceled."""
        with self._interrupting:
            if self._running and self._canceled():
                self.duck.interrupt()

    def abort_transaction(self) -> None:
        """Roll back from outside (an idle blocker, SYSTEM$ABORT_TRANSACTION); the session lives on."""
        with self._turn:
            self.rollback()

    def close(self) -> None:
        """End the session: what runs is canceled, an open transaction rolled back, temporary tables dropped."""
        self.closed = True
        if self._running:
            self.duck.interrupt()
        with self._turn:
            self.rollback()
            for name in self.temporary.values():
                self.account.drop_temporary(name)
            self.duck.close()

"""Requests for statements: one or several, at once or in the background, their results there to be asked for later."""

import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from binds import is_array, values_of
from engine import Rows
from errors import SnowflakeError, translate
from query_log import Entry
from results import Chunks, data_of
from session import Session
from statements import Statement, split

MULTIPLE = 'Multiple statements executed successfully.'
KEPT = 1_000
DAY_SECONDS = 86_400


@dataclass(eq=False)
class Query:
    """One request's life: `answer` is there when it has ended. A statement among several has no future of its own but
    a `parent`, with which it is canceled. `expired` is the timeout it reached, in seconds."""

    session: Session
    parent: 'Query | None' = None
    id: str = field(default_factory=lambda: str(uuid4()))
    canceled: bool = False
    expired: float | None = None
    answer: dict[str, Any] | None = None
    future: 'Future[dict[str, Any]] | None' = None
    timeout: float = 0

    @property
    def ended(self) -> bool:
        return self.answer is not None

    def is_canceled(self) -> bool:
        return self.canceled or self.session.closed or (self.parent is not None and self.parent.is_canceled())

    def expire(self) -> None:
        """It has run for as long as it may."""
        self.expired, self.canceled = self.timeout, True
        self.session.account.watchdog.stop(self)

    def interrupt(self) -> None:
        self.session.cancel_running()

    def status(self) -> str:
        if self.answer is None:
            return 'RUNNING'
        if self.answer['success']:
            return 'SUCCESS'
        return 'FAILED_WITH_ERROR'

    def told(self, error: Exception) -> SnowflakeError:
        """An error as the client hears of it."""
        told = translate(error)
        if self.expired is not None and told.code == '000604':
            text = f'Statement reached its statement or warehouse timeout of {self.expired:,.0f} second(s)'
            return SnowflakeError('000630', '57014', f'{text} and was canceled.')
        return told

    def failed(self, error: Exception) -> dict[str, Any]:
        """The JSON of a refused statement."""
        told = self.told(error)
        data = {'errorCode': told.code, 'sqlState': told.state, 'queryId': self.id, 'line': -1, 'pos': -1}
        return {'success': False, 'code': told.code, 'message': told.message, 'data': data}


class Queries:
    """All queries the account ran lately. `workers` threads run them; one that waits for a lock occupies a thread."""

    def __init__(self, workers: int = 64) -> None:
        self.known: dict[str, Query] = {}
        self.chunks = Chunks()
        self._ended: deque[str] = deque()
        self.by_request: dict[str, Query] = {}
        self.workers = ThreadPoolExecutor(workers, thread_name_prefix='query')

    def submit(self, session: Session, body: dict[str, Any], base_url: str) -> Query:
        """Start the statements of a request body; the query's future is the JSON answer, errors included.

        A request that a driver sends again, since it never heard the answer, is the same request and runs once."""
        request = str(body.get('requestId'))
        known = self.by_request.get(request)
        if known is not None and known.session is session:
            return known
        query = self.by_request[request] = self._new(session)
        query.future = self.workers.submit(self._answer, query, body, base_url)
        return query

    def _new(self, session: Session, parent: Query | None = None) -> Query:
        query = Query(session, parent)
        self.known[query.id] = query
        while len(self.by_request) > KEPT:
            self.by_request.pop(next(iter(self.by_request)), None)
        return query

    def _finish(self, query: Query, answer: dict[str, Any]) -> dict[str, Any]:
        """Keep the answer of a query, and forget those that ended longest ago."""
        query.answer = answer
        self._ended.append(query.id)
        while len(self._ended) > KEPT:
            self.known.pop(self._ended.popleft(), None)
        return answer

    def _answer(self, query: Query, body: dict[str, Any], base_url: str) -> dict[str, Any]:
        try:
            statements = split(body['sqlText'])
            default = query.session.parameters.of_session('MULTI_STATEMENT_COUNT')
            wanted = int((body.get('parameters') or {}).get('MULTI_STATEMENT_COUNT', default))
            if wanted != 0 and len(statements) != max(wanted, 1):
                text = f'Actual statement count {len(statements)} did not match the desired statement count {wanted}.'
                raise SnowflakeError('000008', '0A000', text)
            if not statements:
                raise SnowflakeError('000900', '42601', 'Empty SQL statement.')
            if len(statements) == 1:
                data = self._one(query, statements[0], body, base_url)
            else:
                data = self._several(query, statements, body, base_url)
            return self._finish(query, {'success': True, 'code': None, 'message': None, 'data': data})
        except Exception as error:
            return self._finish(query, query.failed(error))

    def _one(self, query: Query, statement: Statement, body: dict[str, Any], base_url: str) -> dict[str, Any]:
        session = query.session
        rows = run(query, statement, body)
        session.last_query_id = query.id
        session.account.results.keep(query.id, rows)
        if rows.upload is not None:
            return {**rows.upload, 'queryId': query.id, 'statementTypeId': 0}
        return {
            **data_of(session, rows, self.chunks, base_url),
            'queryId': query.id, 'sqlState': '00000', 'statementTypeId': statement.type_id(),
            'finalDatabaseName': session.connection.database, 'finalSchemaName': session.connection.schema,
            'finalWarehouseName': session.warehouse, 'finalRoleName': session.role,
        }  # fmt: skip

    def _several(
        self, query: Query, statements: list[Statement], body: dict[str, Any], base_url: str
    ) -> dict[str, Any]:
        """Each statement gets a query id of its own; the first error ends the request and leaves what was done."""
        whole = Statement(body['sqlText'], statements[0].tokens[:1])
        whole.parameters = {name.upper(): value for name, value in (body.get('parameters') or {}).items()}
        entry = query.session.account.query_log.begin(_entry(query, whole))
        entry.kind, entry.warehouse = 'MULTI_STATEMENT', ''
        try:
            return self._each(query, statements, body, base_url)
        except SnowflakeError as error:
            entry.error = (error.code, error.message)
            raise
        finally:
            entry.ended = time.time()

    def _each(self, query: Query, statements: list[Statement], body: dict[str, Any], base_url: str) -> dict[str, Any]:
        done: list[Query] = []
        types: list[int] = []
        for statement in statements:
            child = self._new(query.session, query)
            try:
                data = self._one(child, statement, body, base_url)
            except Exception as error:
                refused = self._finish(child, child.failed(error))
                raise SnowflakeError(refused['code'], refused['data']['sqlState'], refused['message']) from error
            self._finish(child, {'success': True, 'code': None, 'message': None, 'data': data})
            done.append(child)
            types.append(data['statementTypeId'])
        rows = Rows.of({'multiple statement execution': [MULTIPLE]})
        query.session.account.results.keep(query.id, rows)
        return {
            **data_of(query.session, rows, self.chunks, base_url),
            'queryId': query.id, 'statementTypeId': 0xA000, 'resultIds': ','.join(child.id for child in done),
            'resultTypes': ','.join(str(kind) for kind in types),
        }  # fmt: skip

    def cancel(self, query: Query) -> None:
        """Cancel a running query; it ends as soon as it notices."""
        query.canceled = True
        query.session.account.watchdog.stop(query)

    def cancel_of(self, session: Session) -> None:
        """Cancel what still runs for a session that is being closed."""
        for query in list(self.known.values()):
            if query.session is session and not query.ended:
                query.canceled = True


def run(query: Query, statement: Statement, body: dict[str, Any]) -> Rows:
    """Run one statement with the bindings and parameters of its request, for as long as it may."""
    session, bindings = query.session, body.get('bindings')
    statement.is_canceled = query.is_canceled
    statement.parameters = {name.upper(): value for name, value in (body.get('parameters') or {}).items()}
    query.timeout = _timeout(session, statement)
    if query.timeout:
        session.account.watchdog.watch(query, query.timeout)
    entry = session.account.query_log.begin(_entry(query, statement))
    try:
        statement.array = bindings if is_array(bindings) else None
        rows = session.run(statement, None if statement.array else values_of(bindings))
        entry.rows = rows.table.num_rows
        return rows
    except Exception as error:
        told = query.told(error)
        entry.error = (told.code, told.message)
        raise
    finally:
        entry.ended, entry.computed = time.time(), statement.computed
        if query.timeout:
            session.account.watchdog.forget(query)


def _entry(query: Query, statement: Statement) -> Entry:
    session = query.session
    tag = statement.parameters.get('QUERY_TAG', session.parameters.of_session('QUERY_TAG'))
    return Entry(
        query.id, statement.text, statement.kind(), str(tag), session.id, session.account.settings.user.upper(),
        session.role, session.warehouse, session.connection.database or '', session.connection.schema or '',
        query.parent.id if query.parent else '',
    )  # fmt: skip


def _timeout(session: Session, statement: Statement) -> float:
    """Seconds a statement may take; 0 for as long as it likes, as here for a day and more."""
    asked = statement.parameters.get('STATEMENT_TIMEOUT_IN_SECONDS')
    seconds = float(session.parameters.of_session('STATEMENT_TIMEOUT_IN_SECONDS') if asked is None else asked)
    warehouse = session.account.warehouses.known.get(session.warehouse)
    limits = [seconds, warehouse.statement_timeout if warehouse else 0]
    least = min((limit for limit in limits if limit), default=0)
    return 0 if least >= DAY_SECONDS else least

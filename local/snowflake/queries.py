"""Requests for statements: one or several, at once or in the background, their results there to be asked for later."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from fakesnow.statement_type import statement_type_id

from binds import is_array, values_of
from engine import Rows
from errors import SnowflakeError, translate
from results import Chunks, data_of
from session import Session
from statements import Statement, split

MULTIPLE = 'Multiple statements executed successfully.'
KEPT = 1_000


@dataclass
class Query:
    """One request's life: `answer` is there when it has ended. A statement among several has no future of its own."""

    session: Session
    id: str = field(default_factory=lambda: str(uuid4()))
    canceled: bool = False
    answer: dict[str, Any] | None = None
    future: 'Future[dict[str, Any]] | None' = None

    def status(self) -> str:
        if self.answer is None:
            return 'RUNNING'
        if self.answer['success']:
            return 'SUCCESS'
        return 'FAILED_WITH_ERROR'

    def finish(self, answer: dict[str, Any]) -> dict[str, Any]:
        self.answer = answer
        return answer


class Queries:
    """All queries the account ran lately. `workers` threads run them; one that waits for a lock occupies a thread."""

    def __init__(self, workers: int = 64) -> None:
        self.known: dict[str, Query] = {}
        self.chunks = Chunks()
        self.by_request: dict[str, Query] = {}
        self.workers = ThreadPoolExecutor(workers, thread_name_prefix='query')

    def submit(self, session: Session, body: dict[str, Any], base_url: str) -> Query:
        """Start the statements of a request body; the query's future is the JSON answer, errors included."""
        query = self._new(session)
        self.by_request[str(body.get('requestId'))] = query
        query.future = self.workers.submit(self._answer, query, body, base_url)
        return query

    def _new(self, session: Session) -> Query:
        query = Query(session)
        self.known[query.id] = query
        while len(self.by_request) > KEPT:
            del self.by_request[next(iter(self.by_request))]
        while len(self.known) > KEPT:
            oldest = next(iter(self.known))
            if self.known[oldest].answer is None:
                break
            del self.known[oldest]
        return query

    def _answer(self, query: Query, body: dict[str, Any], base_url: str) -> dict[str, Any]:
        try:
            statements = split(body['sqlText'])
            default = query.session.parameters.number('MULTI_STATEMENT_COUNT')
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
            return query.finish({'success': True, 'code': None, 'message': None, 'data': data})
        except Exception as error:
            return query.finish(failure(translate(error), query.id))

    def _one(self, query: Query, statement: Statement, body: dict[str, Any], base_url: str) -> dict[str, Any]:
        session = query.session
        rows = run(session, statement, body.get('bindings'), query)
        session.last_query_id = query.id
        session.account.results.keep(query.id, rows)
        if rows.upload is not None:
            return {**rows.upload, 'queryId': query.id, 'statementTypeId': 0}
        return {
            **data_of(session, rows, self.chunks, base_url),
            'queryId': query.id, 'sqlState': '00000', 'statementTypeId': type_id(statement),
            'finalDatabaseName': session.connection.database, 'finalSchemaName': session.connection.schema,
            'finalWarehouseName': session.warehouse, 'finalRoleName': session.role,
        }  # fmt: skip

    def _several(
        self, query: Query, statements: list[Statement], body: dict[str, Any], base_url: str
    ) -> dict[str, Any]:
        """Each statement gets a query id of its own; the first error ends the request and leaves what was done."""
        done: list[Query] = []
        types: list[int] = []
        for statement in statements:
            child = self._new(query.session)
            try:
                data = self._one(child, statement, {'bindings': body.get('bindings')}, base_url)
            except Exception as error:
                child.finish(failure(translate(error), child.id))
                raise
            child.finish({'success': True, 'code': None, 'message': None, 'data': data})
            done.append(child)
            types.append(data['statementTypeId'])
        rows = Rows.of({'multiple statement execution': [MULTIPLE]})
        return {
            **data_of(query.session, rows, self.chunks, base_url),
            'queryId': query.id, 'statementTypeId': 0xA000, 'resultIds': ','.join(child.id for child in done),
            'resultTypes': ','.join(str(kind) for kind in types),
        }  # fmt: skip

    def cancel_of(self, session: Session) -> None:
        """Cancel what still runs for a session that is being closed."""
        for query in self.known.values():
            if query.session is session and query.answer is None:
                query.canceled = True


def run(session: Session, statement: Statement, bindings: dict[str, Any] | None, query: Query) -> Rows:
    """Run one statement with the bindings of its request."""
    statement.is_canceled = lambda: query.canceled or session.closed
    if is_array(bindings):
        statement.array = bindings
        return session.run(statement, None)
    return session.run(statement, values_of(bindings))


def type_id(statement: Statement) -> int:
    """Snowflake's number for the kind of statement; clients count affected rows by it."""
    try:
        return statement_type_id(statement.tree())
    except Exception:
        return 0x1000 if statement.starts('SHOW', 'LIST', 'LS') else 0x6000


def failure(error: SnowflakeError, query_id: str) -> dict[str, Any]:
    """The JSON of a refused statement."""
    data = {'errorCode': error.code, 'sqlState': error.state, 'queryId': query_id, 'line': -1, 'pos': -1}
    return {'success': False, 'code': error.code, 'message': error.message, 'data': data}

"""The HTTP side: login, sessions, statements, their results, as Snowflake's drivers speak it."""

import asyncio
import gzip
import json
import secrets
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from account import Account
from login import refusal, role_refusal
from queries import Queries, Query
from results import parameters
from session import Session
from warehouses import DEFAULT as DEFAULT_WAREHOUSE

SERVER_VERSION = '9.32.0'
DEFAULT_ROLE = 'ACCOUNTADMIN'


class Protocol:
    """The routes of one account."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.queries = Queries()

    def app(self) -> Starlette:
        post, get = ['POST'], ['GET']
        return Starlette(
            routes=[
                Route('/health', self.health, methods=get),
                Route('/session/v1/login-request', self.login, methods=post),
                Route('/session', self.session, methods=post),
                Route('/session/heartbeat', self.heartbeat, methods=post),
                Route('/session/token-request', self.heartbeat, methods=post),
                Route('/queries/v1/query-request', self.query, methods=post),
                Route('/queries/v1/abort-request', self.abort, methods=post),
                Route('/queries/{id}/abort-request', self.abort, methods=post),
                Route('/queries/{id}/result', self.result, methods=get),
                Route('/monitoring/queries/{id}', self.monitoring, methods=get),
                Route('/chunks/{id}', self.chunk, methods=get),
                Route('/telemetry/send', self.telemetry, methods=post),
            ]
        )

    def close(self) -> None:
        """End every session, what runs in them and what the account started beside itself."""
        for session in self.account.sessions.values():
            self.queries.cancel_of(session)
            session.close()
        self.queries.workers.shutdown(wait=False)
        self.account.close()

    async def health(self, request: Request) -> Response:
        return JSONResponse({'ok': True})

    async def telemetry(self, request: Request) -> Response:
        return _success(None)

    async def login(self, request: Request) -> Response:
        data = (await _body(request))['data']
        asked = request.query_params
        role = _name(asked, 'roleName') or DEFAULT_ROLE
        refused = refusal(self.account, data) or role_refusal(self.account, role)
        if refused is not None:
            return JSONResponse({'success': False, 'code': refused.code, 'message': refused.message, 'data': {}})
        number = self.account.next_number()
        session = await self._in_thread(
            Session, self.account, number, _name(asked, 'databaseName'), _name(asked, 'schemaName')
        )
        session.role = role
        session.warehouse = _name(asked, 'warehouse') or DEFAULT_WAREHOUSE
        if not session.sees(('WAREHOUSE', session.warehouse)) or session.warehouse not in self.account.warehouses.known:
            session.warehouse = ''  # no error here: a statement that computes will be refused
        if session.connection.database and not session.sees(('DATABASE', (session.connection.database,))):
            session.connection.database, session.connection.database_set = None, False
            session.connection._schema, session.connection.schema_set = None, False
        for name, value in (data.get('SESSION_PARAMETERS') or {}).items():
            session.set_parameter(name, value)
        token = secrets.token_urlsafe(32)
        self.account.sessions[token] = session
        where = {'databaseName': session.connection.database, 'schemaName': session.connection.schema}
        return _success({
            'token': token, 'masterToken': secrets.token_urlsafe(32), 'sessionId': session.id,
            'validityInSeconds': 86400, 'masterValidityInSeconds': 86400, 'serverVersion': SERVER_VERSION,
            'parameters': [{'name': 'AUTOCOMMIT', 'value': session.parameters.autocommit()}, *parameters(session)],
            'sessionInfo': {**where, 'warehouseName': session.warehouse, 'roleName': session.role},
        })  # fmt: skip

    async def session(self, request: Request) -> Response:
        """POST /session?delete=true ends a session: what it runs is canceled, what it left open is rolled back."""
        if not request.query_params.get('delete'):
            return await self.heartbeat(request)
        session = self.account.sessions.pop(_token(request), None)
        if session is None:
            return _gone()
        self.queries.cancel_of(session)
        await self._in_thread(session.close)
        return _success(None)

    async def heartbeat(self, request: Request) -> Response:
        return _success(None) if _token(request) in self.account.sessions else _gone()

    async def query(self, request: Request) -> Response:
        session = self.account.sessions.get(_token(request))
        if session is None:
            return _gone()
        body = {**await _body(request), 'requestId': request.query_params.get('requestId')}
        query = self.queries.submit(session, body, str(request.base_url).rstrip('/'))
        if body.get('asyncExec'):
            return _in_progress('333334', query.id)
        return await self._answer(query)

    async def result(self, request: Request) -> Response:
        query = self.queries.known.get(request.path_params['id'])
        if query is None:
            return JSONResponse(_error('000709', f'Statement {request.path_params["id"]} not found'))
        return await self._answer(query)

    async def _answer(self, query: Query) -> Response:
        """The query's answer as soon as there is one; after a while, where to ask again."""
        if query.answer is None and query.future is not None:
            await asyncio.wait([asyncio.wrap_future(query.future)], timeout=self.account.settings.answer_within)
        return JSONResponse(query.answer) if query.answer else _in_progress('333333', query.id)

    async def _in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.queries.workers, work, *arguments)

    async def monitoring(self, request: Request) -> Response:
        query = self.queries.known.get(request.path_params['id'])
        if query is None:
            return _success({'queries': []})
        answer = query.answer or {}
        shown = {'id': query.id, 'status': query.status(), 'state': query.status()}
        why = {'errorCode': answer.get('code'), 'errorMessage': answer.get('message')}
        return _success({'queries': [{**shown, **why}]})

    async def abort(self, request: Request) -> Response:
        """Cancel a running query: by its id in the path, or by the request that started it."""
        if 'id' in request.path_params:
            query = self.queries.known.get(request.path_params['id'])
        else:
            query = self.queries.by_request.get(str((await _body(request)).get('requestId')))
        if query is not None and query.answer is None:
            self.queries.cancel(query)
        return _success(None)

    async def chunk(self, request: Request) -> Response:
        found = self.queries.chunks.get(request.path_params['id'])
        if found is None:
            return Response(status_code=404)
        rowset, offset = found
        return Response(await self._in_thread(rowset.chunk, offset), media_type='application/octet-stream')


async def _body(request: Request) -> dict[str, Any]:
    body = await request.body()
    return json.loads(gzip.decompress(body) if request.headers.get('content-encoding') == 'gzip' else body)


def _name(asked: Any, name: str) -> str | None:
    value = asked.get(name)
    return (value.strip('"') if value.startswith('"') else value.upper()) if value else None


def _token(request: Request) -> str:
    return request.headers.get('authorization', '').removeprefix('Snowflake Token="').removesuffix('"')


def _success(data: Any) -> Response:
    return JSONResponse({'success': True, 'code': None, 'message': None, 'data': data})


def _error(code: str, message: str) -> dict[str, Any]:
    return {'success': False, 'code': code, 'message': message, 'data': {}}


def _gone() -> Response:
    return JSONResponse(_error('390111', 'Session no longer exists. New login required to access the service.'))


def _in_progress(code: str, query_id: str) -> Response:
    """333334: runs in the background. 333333: not finished within this request. Both say where the result will be."""
    data = {'queryId': query_id, 'getResultUrl': f'/queries/{query_id}/result', 'queryAbortsAfterSecs': 300}
    return JSONResponse({'success': True, 'code': code, 'message': None, 'data': data})

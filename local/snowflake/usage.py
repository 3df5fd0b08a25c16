"""QUERY_HISTORY, QUERY_ATTRIBUTION_HISTORY and WAREHOUSE_METERING_HISTORY, made of what ran when somebody asks.

The views of ACCOUNT_USAGE are late by hours at Snowflake, and here by --usage-late-hours. A warehouse of the smallest
size takes a credit an hour, each size twice as much as the one before.
"""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlglot import Expr, exp

from errors import no_such
from query_log import Entry
from warehouses import SIZES, Warehouse

if TYPE_CHECKING:
    from session import Session

HOUR = 3600.0
DEFAULT_ROWS = 100
MOMENT = pa.timestamp('us', 'UTC')
# by which database role of SNOWFLAKE each view may be seen
SEEN_BY = {
    'QUERY_HISTORY': ('GOVERNANCE_VIEWER',), 'QUERY_ATTRIBUTION_HISTORY': ('USAGE_VIEWER', 'GOVERNANCE_VIEWER'),
    'WAREHOUSE_METERING_HISTORY': ('USAGE_VIEWER',),
}  # fmt: skip


def rewrite(session: 'Session', tree: Expr) -> None:
    """Put what there is in place of the views and table functions that `tree` reads."""
    for table in list(tree.find_all(exp.Table)):
        if is_view(table):
            name = table.name.upper()
            _check_seen(session, name)
            table.replace(_given(session, _late_view(session, name), table.args.get('alias')))
    for rows in list(tree.find_all(exp.TableFromRows)):
        call = next((part for part in rows.this.walk() if isinstance(part, exp.Anonymous)), None)
        if call is None or not call.name.upper().startswith('QUERY_HISTORY'):
            continue
        entries = session.account.query_log.entries()
        if call.name.upper() == 'QUERY_HISTORY_BY_SESSION':
            entries = [entry for entry in entries if entry.session == session.id]
        given = _given(session, _query_history(entries, account=False), None)
        rows.replace(_limited(given, call).subquery(rows.alias or call.name))


def is_view(table: exp.Table) -> bool:
    """Whether it is one of SNOWFLAKE.ACCOUNT_USAGE."""
    return table.catalog.upper() == 'SNOWFLAKE' and table.db.upper() == 'ACCOUNT_USAGE'


def _check_seen(session: 'Session', name: str) -> None:
    roles = session.account.roles
    if session.may('IMPORTED PRIVILEGES', ('DATABASE', ('SNOWFLAKE',))):
        return
    held = {role.removeprefix('SNOWFLAKE.') for role in roles.within(session.role) if role.startswith('SNOWFLAKE.')}
    if not held:
        raise no_such('Database', 'SNOWFLAKE')
    if not held & set(SEEN_BY.get(name, ())):
        raise no_such('Object', f'SNOWFLAKE.ACCOUNT_USAGE.{name}')


def _late_view(session: 'Session', name: str) -> pa.Table:
    until = time.time() - session.account.settings.usage_late_hours * HOUR
    entries = [entry for entry in session.account.query_log.entries() if entry.ended and entry.ended <= until]
    if name == 'QUERY_HISTORY':
        return _query_history(entries, account=True)
    if name == 'QUERY_ATTRIBUTION_HISTORY':
        return _attribution([entry for entry in entries if entry.computed])
    if name == 'WAREHOUSE_METERING_HISTORY':
        return _metering(list(session.account.warehouses.known.values()), until)
    raise no_such('Object', f'SNOWFLAKE.ACCOUNT_USAGE.{name}')


def _given(session: 'Session', rows: pa.Table, alias: Any) -> exp.Table:
    view = f'USAGE_{len(session.scanned)}_{session.id}'
    session.duck.register(view, rows)
    session.scanned.append(view)
    return exp.Table(this=exp.to_identifier(view), alias=alias)


def _limited(rows: exp.Table, call: exp.Anonymous) -> exp.Select:
    """The newest rows first, as many and of the time that the call asks for."""
    asked = {part.this.name.upper(): part.expression for part in call.expressions if isinstance(part, exp.Kwarg)}
    select = exp.select('*').from_(rows)
    ended = exp.func('COALESCE', exp.column('END_TIME'), exp.CurrentTimestamp())
    if 'END_TIME_RANGE_START' in asked:
        select = select.where(exp.GTE(this=ended.copy(), expression=asked['END_TIME_RANGE_START'].copy()))
    if 'END_TIME_RANGE_END' in asked:
        select = select.where(exp.LTE(this=ended.copy(), expression=asked['END_TIME_RANGE_END'].copy()))
    rows_wanted = int(asked['RESULT_LIMIT'].name) if 'RESULT_LIMIT' in asked else DEFAULT_ROWS
    return select.order_by('START_TIME DESC').limit(rows_wanted)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _milliseconds(entry: Entry) -> int:
    return round(((entry.ended or time.time()) - entry.started) * 1000)


def _status(entry: Entry, account: bool) -> str:
    if entry.ended is None:
        return 'RUNNING'
    failed = 'FAIL' if account else 'FAILED_WITH_ERROR'
    return failed if entry.error else 'SUCCESS'


def _query_history(entries: list[Entry], account: bool) -> pa.Table:
    elapsed = pa.array([_milliseconds(entry) for entry in entries], pa.int64())
    return pa.table({
        'QUERY_ID': _texts([entry.id for entry in entries]), 'QUERY_TEXT': _texts([entry.text for entry in entries]),
        'DATABASE_NAME': _texts([entry.database for entry in entries]),
        'SCHEMA_NAME': _texts([entry.schema for entry in entries]),
        'QUERY_TYPE': _texts([entry.kind for entry in entries]),
        'SESSION_ID': pa.array([entry.session for entry in entries], pa.int64()),
        'USER_NAME': _texts([entry.user for entry in entries]),
        'ROLE_NAME': _texts([entry.role for entry in entries]),
        'WAREHOUSE_NAME': _texts([entry.warehouse or None for entry in entries]),
        'WAREHOUSE_SIZE': _texts([entry.computed or None for entry in entries]),
        'QUERY_TAG': _texts([entry.tag for entry in entries]),
        'EXECUTION_STATUS': _texts([_status(entry, account) for entry in entries]),
        'ERROR_CODE': _texts([entry.error[0].lstrip('0') if entry.error else None for entry in entries]),
        'ERROR_MESSAGE': _texts([entry.error[1] if entry.error else None for entry in entries]),
        'START_TIME': pa.array([_moment(entry.started) for entry in entries], MOMENT),
        'END_TIME': pa.array([_moment(entry.ended) for entry in entries], MOMENT),
        'TOTAL_ELAPSED_TIME': elapsed, 'EXECUTION_TIME': elapsed,
        'ROWS_PRODUCED': pa.array([entry.rows for entry in entries], pa.int64()),
    })  # fmt: skip


def _attribution(entries: list[Entry]) -> pa.Table:
    credits_ = [_milliseconds(entry) / 1000 / HOUR * _credits_an_hour(entry.computed) for entry in entries]
    return pa.table({
        'QUERY_ID': _texts([entry.id for entry in entries]),
        'PARENT_QUERY_ID': _texts([entry.parent or None for entry in entries]),
        'ROOT_QUERY_ID': _texts([entry.parent or None for entry in entries]),
        'WAREHOUSE_NAME': _texts([entry.warehouse for entry in entries]),
        'QUERY_TAG': _texts([entry.tag for entry in entries]), 'USER_NAME': _texts([entry.user for entry in entries]),
        'START_TIME': pa.array([_moment(entry.started) for entry in entries], MOMENT),
        'END_TIME': pa.array([_moment(entry.ended) for entry in entries], MOMENT),
        'CREDITS_ATTRIBUTED_COMPUTE': pa.array(credits_, pa.float64()),
        'CREDITS_USED_QUERY_ACCELERATION': pa.array([None] * len(entries), pa.float64()),
    })  # fmt: skip


def _metering(warehouses: list[Warehouse], until: float) -> pa.Table:
    """Credits by warehouse and hour, of the hours that have ended."""
    used: dict[tuple[float, str], float] = {}
    for warehouse in warehouses:
        warehouse.runs()  # whether it has gone to sleep meanwhile
        for began, ended in warehouse.periods:
            at, last = began or 0.0, ended or time.time()
            while at < last:
                hour = at - at % HOUR
                stop = min(hour + HOUR, last)
                key = (hour, warehouse.name)
                used[key] = used.get(key, 0.0) + (stop - at) / HOUR * _credits_an_hour(warehouse.size)
                at = stop
    rows = sorted((hour, name, spent) for (hour, name), spent in used.items() if hour + HOUR <= until)
    return pa.table({
        'START_TIME': pa.array([_moment(row[0]) for row in rows], MOMENT),
        'END_TIME': pa.array([_moment(row[0] + HOUR) for row in rows], MOMENT),
        'WAREHOUSE_NAME': _texts([row[1] for row in rows]),
        'CREDITS_USED': pa.array([row[2] for row in rows], pa.float64()),
        'CREDITS_USED_COMPUTE': pa.array([row[2] for row in rows], pa.float64()),
        'CREDITS_USED_CLOUD_SERVICES': pa.array([0.0] * len(rows), pa.float64()),
    })  # fmt: skip


def _credits_an_hour(size: str) -> float:
    return float(2 ** SIZES.index(size)) if size in SIZES else 1.0


def _texts(values: list[str | None]) -> pa.Array:
    return pa.array(values, pa.string())

"""Bind values as a client sends them (text with a Snowflake type) made into Python values, or a table for many rows."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlglot import Expr, exp

from engine import Rows
from errors import unsupported

if TYPE_CHECKING:
    from session import Session

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def value_of(kind: str, text: str | None) -> Any:
    """One bind value: FIXED is exact, DATE counts milliseconds, TIME and TIMESTAMP_… nanoseconds since 1970."""
    if text is None:
        return None
    if kind == 'FIXED':
        return int(text) if text.lstrip('-').isdigit() else Decimal(text)
    if kind == 'REAL':
        return float(text)
    if kind == 'BOOLEAN':
        return text.lower() in ('true', '1')
    if kind == 'BINARY':
        return bytes.fromhex(text)
    if kind == 'DATE':
        return date(1970, 1, 1) + timedelta(milliseconds=int(text))
    if kind == 'TIME':
        return (datetime.min + timedelta(microseconds=int(text) // 1000)).time()
    if kind.startswith('TIMESTAMP'):
        moment = EPOCH + timedelta(microseconds=int(text.split(' ')[0]) // 1000)
        return moment.replace(tzinfo=None) if kind == 'TIMESTAMP_NTZ' else moment
    return text


def values_of(bindings: dict[str, Any] | None) -> tuple[Any, ...] | dict[str, Any] | None:
    """The bindings of a statement run once: a tuple in the order of its question marks, or by name."""
    if not bindings:
        return None
    if not all(name.isdigit() for name in bindings):
        return {name: value_of(bind['type'], bind['value']) for name, bind in bindings.items()}
    return tuple(value_of(b['type'], b['value']) for b in (bindings[str(n + 1)] for n in range(len(bindings))))


def is_array(bindings: dict[str, Any] | None) -> bool:
    return bool(bindings) and any(isinstance(bind['value'], list) for bind in bindings.values())


def insert_array(session: 'Session', tree: Expr, bindings: dict[str, Any]) -> Rows:
    """Run INSERT … VALUES (?, …) with a list of values for each question mark, as one statement over all of them."""
    source = tree.args.get('expression')
    if not isinstance(tree, exp.Insert) or not isinstance(source, (exp.Values, exp.Select)):
        raise unsupported('arrays of binds except in INSERT … VALUES or SELECT')
    listed = [bindings[str(number + 1)] for number in range(len(bindings))]
    columns = {f'BIND{number}': _column(bind) for number, bind in enumerate(listed)}
    for number, mark in enumerate(list(source.find_all(exp.Placeholder, bfs=False))):
        mark.replace(exp.column(f'BIND{number}', table='FIRN_BINDS'))
    select = exp.select(*source.expressions[0].expressions) if isinstance(source, exp.Values) else source
    tree.set('expression', select.from_('FIRN_BINDS'))
    session.before_write()
    session.duck.register('FIRN_BINDS', pa.table(columns))
    try:
        return session.query(tree)
    finally:
        session.duck.unregister('FIRN_BINDS')


def _column(bind: dict[str, Any]) -> pa.Array:
    values = [value_of(bind['type'], text) for text in bind['value']]
    if bind['type'] == 'FIXED' and any(isinstance(value, Decimal) for value in values):
        values = [None if value is None else Decimal(value) for value in values]
    elif bind['type'] == 'FIXED':
        return pa.array(values, pa.decimal128(38, 0)) if any(values) else pa.array(values, pa.int64())
    kinds = {'TEXT': pa.string(), 'DATE': pa.date32(), 'TIME': pa.time64('us'), 'REAL': pa.float64()}
    kind = pa.string() if all(value is None for value in values) else kinds.get(bind['type'])
    return pa.array(values, kind)

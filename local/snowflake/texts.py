"""Values as text and text as values as Snowflake writes and reads them; lengths in bytes."""

from typing import TYPE_CHECKING

from sqlglot import Expr, exp

from errors import SnowflakeError, unsupported
from variant import MACROS, macro

if TYPE_CHECKING:
    from session import Session

# "Date and time input and output formats", as far as our own SQL and dbt's go; the longest first
_PARTS = {
    'TZHTZM': '+0000', 'TZH:TZM': '+00:00', 'YYYY': '%Y', 'HH24': '%H', 'FF9': '%n', 'FF6': '%f', 'FF3': '%g',
    'MM': '%m', 'DD': '%d', 'MI': '%M', 'SS': '%S', 'FF': '%n',
}  # fmt: skip
NTZ, TZ = 'YYYY-MM-DD HH24:MI:SS.FF3', 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM'

# what DuckDB writes otherwise; a value's type is known when the statement is planned, so only one branch is left by then
SETUP = rf"""
create or replace macro {MACROS}.firn_varchar(x, moment, moment_tz) as case typeof(x)
    when 'BLOB' then hex(cast(cast(x as varchar) as blob))
    when 'TIMESTAMP' then strftime(try_cast(cast(x as varchar) as timestamp), moment)
    when 'TIMESTAMP_NS' then strftime(try_cast(cast(x as varchar) as timestamp), moment)
    when 'TIMESTAMP WITH TIME ZONE' then strftime(try_cast(cast(x as varchar) as timestamp), moment_tz)
    when 'TIME' then substr(cast(x as varchar), 1, 8)
    when 'JSON' then {MACROS}.firn_text(cast(x as varchar), '$')
    when 'DOUBLE' then regexp_replace(cast(x as varchar), '\.0$', '')
    else cast(x as varchar) end;
"""


def rewrite(session: 'Session', tree: Expr) -> None:
    """Rewrite casts to VARCHAR, TO_CHAR of moments and bytes, TO_NUMBER of hexadecimal digits, OCTET_LENGTH, in place."""
    # the innermost first: what stands in an outer one has been rewritten by then
    for call in reversed(list(tree.find_all(exp.ToChar, exp.ToNumber, exp.ByteLength, exp.Cast))):
        form = call.args.get('format')
        if isinstance(call, exp.ByteLength):
            # of text, DuckDB calls it strlen; of bytes it has OCTET_LENGTH
            call.replace(exp.Anonymous(this='strlen', expressions=[call.this]))
        elif isinstance(call, exp.Cast):
            if call.to.this in exp.DataType.TEXT_TYPES and not isinstance(call, exp.TryCast):
                _plain(session, call)
        elif isinstance(call, exp.ToNumber):
            if form is not None:
                call.replace(_hexadecimal(call, form.name))
        elif form is None:
            _plain(session, call)
        else:
            call.replace(_by_format(call.this, form.name))


def _plain(session: 'Session', call: Expr) -> None:
    """A value as text without a format; what is taken out of a VARIANT is text already (see variant.py)."""
    if isinstance(call.this, (exp.Literal, exp.JSONExtract, exp.GetExtract, exp.Null)):
        return
    shown = session.parameters.shown()
    moment = shown.get('TIMESTAMP_NTZ_OUTPUT_FORMAT') or NTZ
    moment_tz = shown.get('TIMESTAMP_TZ_OUTPUT_FORMAT') or shown.get('TIMESTAMP_OUTPUT_FORMAT') or TZ
    patterns = [exp.Literal.string(_known_pattern(form, default)) for form, default in ((moment, NTZ), (moment_tz, TZ))]
    call.replace(macro('firn_varchar', call.this, *patterns))


def _by_format(value: Expr, form: str) -> Expr:
    known = {'HEX': exp.Hex(this=value.copy()), 'UTF-8': exp.Anonymous(this='decode', expressions=[value.copy()]),
             'BASE64': exp.Anonymous(this='to_base64', expressions=[value.copy()])}  # fmt: skip
    if form.upper().replace('UTF8', 'UTF-8') in known:
        return known[form.upper().replace('UTF8', 'UTF-8')]
    return exp.Anonymous(this='strftime', expressions=[value, exp.Literal.string(_pattern(form))])


def _hexadecimal(call: exp.ToNumber, form: str) -> Expr:
    """`X` stands for one digit of either case; more digits than that are refused ("SQL format models")."""
    if not form or set(form.upper()) != {'X'} or len(form) > 15:
        raise unsupported(f'TO_NUMBER with the format {form}')
    digits = exp.DPipe(this=exp.Literal.string('0x'), expression=exp.Paren(this=call.this))
    number = exp.cast(exp.Paren(this=digits), 'BIGINT')
    return exp.cast(number, exp.DataType.build('DECIMAL(38, 0)', dialect='duckdb'))


def _known_pattern(form: str, default: str) -> str:
    """The session's own format where it is one the twin writes."""
    try:
        return _pattern(form)
    except SnowflakeError:
        return _pattern(default)


def _pattern(form: str) -> str:
    rest, pattern = form, ''
    while rest:
        literal, closed, after = rest[1:].partition('"')
        if rest[0] == '"' and closed:
            pattern, rest = pattern + literal.replace('%', '%%'), after
            continue
        part = next((part for part in _PARTS if rest.upper().startswith(part)), None)
        if part is None and rest[0].isalnum():
            raise unsupported(f'TO_VARCHAR with the format {form}')
        pattern += _PARTS[part] if part else rest[0].replace('%', '%%')
        rest = rest[len(part or rest[0]) :]
    return pattern

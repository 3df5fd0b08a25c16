"""Errors with Snowflake's codes, and what DuckDB's errors are in Snowflake.

Messages quote values where Snowflake's do, with quotes around them or without: who shows a message must mask it.
"""

import json
import re
from dataclasses import dataclass

import duckdb
import snowflake.connector.errors as connector


@dataclass
class SnowflakeError(Exception):
    """A refused statement: six-digit code, SQL state and text as a client receives them."""

    code: str
    state: str
    message: str


def compilation(message: str, code: str = '001003', state: str = '42000') -> SnowflakeError:
    return SnowflakeError(code, state, f'SQL compilation error:\n{message}')


def no_such(kind: str, name: object) -> SnowflakeError:
    state = '42S02' if kind in ('Object', 'Table') else '02000'
    return compilation(f"{kind} '{name}' does not exist or not authorized.", '002003', state)


def insufficient(kind: str, name: str) -> SnowflakeError:
    text = f"Insufficient privileges to operate on {kind.lower()} '{name}'."
    return SnowflakeError('003001', '42501', f'SQL access control error:\n{text}')


def already_there(name: str) -> SnowflakeError:
    return compilation(f"Object '{name}' already exists.", '002002', '42710')


def unsupported(what: str) -> SnowflakeError:
    """Something Snowflake can do and this twin cannot: said plainly, so that nobody looks for the fault elsewhere."""
    return SnowflakeError('000002', '0A000', f'The local Snowflake twin does not support {what}.')


def canceled() -> SnowflakeError:
    return SnowflakeError('000604', '57014', 'SQL execution canceled')


def translate(error: Exception) -> SnowflakeError:
    """What Snowflake would have answered where DuckDB or fakesnow raised `error`."""
    if isinstance(error, SnowflakeError):
        return error
    cause = error.__cause__ if isinstance(error.__cause__, duckdb.Error) else error
    if isinstance(cause, duckdb.Error):
        return _from_duckdb(cause)
    if isinstance(error, connector.Error):
        code = f'{error.errno:06d}' if error.errno and error.errno > 0 else '000603'
        return SnowflakeError(code, error.sqlstate or '42000', error.raw_msg or str(error))
    return SnowflakeError('000603', 'XX000', f'The local Snowflake twin failed: {type(error).__name__}: {error}')


def _from_duckdb(error: duckdb.Error) -> SnowflakeError:
    text = str(error).split('\n')[0]
    whole = str(error).rpartition('\n\nLINE ')[0] or str(error)
    if DUPLICATE_ATTRIBUTE in text:
        value = whole.partition(DUPLICATE_ATTRIBUTE)[2].rpartition("' to INT32")[0]  # see variant.py
        return _not_json(f'{DUPLICATE_ATTRIBUTE} "{_twice(value)}", pos 0')
    malformed = _MALFORMED.search(whole)
    if malformed:
        return _malformed(int(malformed['at']), malformed['why'], malformed['value'])
    if isinstance(error, duckdb.ConstraintException):
        return _constraint(text)
    if isinstance(error, (duckdb.ConversionException, duckdb.OutOfRangeException)):
        return _conversion(whole)
    if isinstance(error, duckdb.CatalogException):
        return _catalog(text)
    if isinstance(error, duckdb.BinderException):
        if 'Referenced column' in text or 'does not have a column' in text or 'not found in FROM' in text:
            return compilation(f'error line 1 at position 0\ninvalid identifier {_quoted(text)!r}', '000904')
        if text.startswith('Binder Error: Catalog "'):
            return no_such('Database', _quoted(text))
        if 'Referenced table' in text:
            return no_such('Object', _quoted(text))
        return compilation(text, '002043', '02000')
    if isinstance(error, duckdb.ParserException):
        return compilation(text)
    if isinstance(error, duckdb.InterruptException):
        return canceled()
    if isinstance(error, (duckdb.HTTPException, duckdb.IOException)):
        return SnowflakeError('091003', '22000', f'Failure using stage area. Cause: [{text}]')
    if isinstance(error, duckdb.TransactionException):
        return SnowflakeError(
            '000603', '40001', f'The local Snowflake twin could not keep two transactions apart: {text}'
        )
    if 'Division by zero' in text:
        return SnowflakeError('100051', '22012', 'Division by zero')
    return SnowflakeError('100000', '22000', text)


def _constraint(text: str) -> SnowflakeError:
    if text.startswith('Constraint Error: NOT NULL'):
        column = text.rsplit('.', 1)[-1]
        return SnowflakeError('100072', '22000', f'NULL result in a non-nullable column ({column})')
    column = text.partition('length(')[2].partition(')')[0].strip('"')
    # DuckDB does not say which value it was
    return SnowflakeError('100078', '22000', f"String '…' is too long and would be truncated (column {column})")


def _conversion(text: str) -> SnowflakeError:
    found = next(filter(None, (pattern.search(text) for pattern in _CONVERSIONS)), None)
    value, kind = (found['value'], found['type'].upper()) if found else (text.partition(': ')[2], '')
    told = re.match(r'TIMESTAMP|DATE|TIME|BOOL', kind)
    if told:
        code, state, word = _NOT_RECOGNIZED[told[0]]
        return SnowflakeError(code, state, f"{word} '{value}' is not recognized")
    if found and found.re is _NOT_READ:
        return SnowflakeError('100038', '22018', f"Numeric value '{value}' is not recognized")
    if found and found.re is _NOT_OF_VARIANT:
        return SnowflakeError('100071', '22000', f'Failed to cast variant value {value} to FIXED')
    return SnowflakeError(
        '100046', '22003', f'Number out of representable range: type {_fixed(kind)}{{nullable}}, value {value}'
    )


_NOT_READ = re.compile(r"""Could not convert string (['"])(?P<value>.*)\1 to (?P<type>.*)""", re.S)
_NOT_OF_VARIANT = re.compile(r'Failed to cast value to (?P<type>\w+): (?P<value>.*)', re.S)
_CONVERSIONS = [
    _NOT_READ,
    _NOT_OF_VARIANT,
    re.compile(r'Casting value "(?P<value>.*)" to type (?P<type>\S+) failed', re.S),
    re.compile(r'Could not cast value (?P<value>.*) to (?P<type>.*)', re.S),
    re.compile(r"with value (?P<value>.*) can't be cast because .* the destination type (?P<type>\S+)", re.S),
    re.compile(r'(?P<type>timestamp|date|time) field (?:value out of range|format): "(?P<value>.*)"', re.S),
    re.compile(r"Unable to cast '(?P<value>.*)' to (?P<type>.*)", re.S),
]
_NOT_RECOGNIZED = {
    'TIMESTAMP': ('100035', '22007', 'Timestamp'),
    'DATE': ('100040', '22007', 'Date'),
    'TIME': ('100108', '22007', 'Time'),
    'BOOL': ('100037', '22018', 'Boolean value'),
}


def _fixed(kind: str) -> str:
    """A number's type as Snowflake's executor names it: FIXED[SB4](9,2), by the bytes that its digits need."""
    sizes = re.search(r'\((\d+), ?(\d+)\)', kind)
    precision, scale = (int(sizes[1]), int(sizes[2])) if sizes else (38, 0)
    held = next(size for size, digits in ((1, 2), (2, 4), (4, 9), (8, 18), (16, 38)) if precision <= digits)
    return f'FIXED[SB{held}]({precision},{scale})'


DUPLICATE_ATTRIBUTE = 'duplicate object attribute'
_MALFORMED = re.compile(r'Malformed JSON at byte (?P<at>\d+) of input: (?P<why>.*?)\.\s+Input: "(?P<value>.*)"', re.S)


def _malformed(at: int, why: str, value: str) -> SnowflakeError:
    """Quotes what Snowflake does: the word that is none of JSON's. DuckDB shows the first 50 characters."""
    if 'unexpected end' in why:
        return _not_json(f'incomplete object value, pos {at}')
    word = re.match(r'[^\s,:{}\[\]]*', value[at:])
    return _not_json(f'unknown keyword "{word[0] if word else ""}", pos {at}')


def _not_json(told: str) -> SnowflakeError:
    return SnowflakeError('100069', '22P02', f'Error parsing JSON: {told}')


def _twice(text: str) -> str:
    """The name that an object has twice."""
    found: list[str] = []

    def note(pairs: list[tuple[str, object]]) -> None:
        names = [name for name, _ in pairs]
        found.extend(name for i, name in enumerate(names) if name in names[:i])

    json.loads(text, object_pairs_hook=note)
    return found[0]


def _catalog(text: str) -> SnowflakeError:
    name = text.partition('with name ')[2].split(' ')[0].strip('"!')
    if 'already exists' in text:
        return already_there(name)
    if 'Function' in text:
        return compilation(f'Unknown function {name.upper()}', '002140', '42601')
    return no_such('Schema' if 'Schema' in text else 'Object', name.upper())


def _quoted(text: str) -> str:
    parts = text.split('"')
    return parts[1] if len(parts) > 2 else text

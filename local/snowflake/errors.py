"""Errors with Snowflake's codes, and what DuckDB's errors are in Snowflake.

A message names the object, never a cell's value: Snowflake itself quotes values, and a log that shows them is a leak.
"""

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
    if 'Malformed JSON at byte' in text:
        twice = ': duplicate object attribute' if 'duplicate object attribute' in text else ''
        return SnowflakeError('100069', '22P02', f'Error parsing JSON{twice}')
    if isinstance(error, duckdb.ConstraintException):
        return _constraint(text)
    if isinstance(error, (duckdb.ConversionException, duckdb.OutOfRangeException)):
        return _conversion(text)
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
    return SnowflakeError('100078', '22000', f"String '…' is too long and would be truncated (column {column})")


def _conversion(text: str) -> SnowflakeError:
    lower = text.lower()
    if 'decimal' in lower and 'could not cast value' in lower or 'out of range' in lower or 'overflow' in lower:
        return SnowflakeError('100046', '22003', f'Number out of representable range ({_target(text)})')
    if 'timestamp' in lower:
        return SnowflakeError('100035', '22007', "Timestamp '…' is not recognized")
    if 'date' in lower:
        return SnowflakeError('100040', '22007', "Date '…' is not recognized")
    if 'json' in lower:
        return SnowflakeError('100069', '22P02', 'Error parsing JSON')
    return SnowflakeError('100038', '22018', f"Value '…' is not recognized ({_target(text)})")


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


def _target(text: str) -> str:
    """The type a value did not fit: the last words of DuckDB's message, which hold no value."""
    return text.rpartition(' to ')[2].strip() if ' to ' in text else 'type'

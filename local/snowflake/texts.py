"""Values as text and text as values, by a format that Snowflake has and DuckDB has not; lengths in bytes."""

from sqlglot import Expr, exp

from errors import unsupported

# "Date and time input and output formats", as far as our own SQL and dbt's go
_PARTS = {
    'YYYY': '%Y', 'MM': '%m', 'DD': '%d', 'HH24': '%H', 'MI': '%M', 'SS': '%S', 'FF6': '%f', 'FF3': '%g',
}  # fmt: skip


def rewrite(tree: Expr) -> None:
    """Rewrite TO_CHAR of a moment and of bytes, TO_NUMBER of hexadecimal digits, and OCTET_LENGTH, in place."""
    for call in list(tree.find_all(exp.ToChar, exp.ToNumber, exp.ByteLength)):
        form = call.args.get('format')
        if isinstance(call, exp.ByteLength):
            # of text, DuckDB calls it strlen; of bytes it has OCTET_LENGTH
            call.replace(exp.Anonymous(this='strlen', expressions=[call.this]))
        elif form is None:
            continue
        elif isinstance(call, exp.ToNumber):
            call.replace(_hexadecimal(call, form.name))
        elif form.name.upper() == 'HEX':
            call.replace(exp.Hex(this=call.this))
        else:
            pattern = exp.Literal.string(_pattern(form.name))
            call.replace(exp.Anonymous(this='strftime', expressions=[call.this, pattern]))


def _hexadecimal(call: exp.ToNumber, form: str) -> Expr:
    """`X` stands for one digit of either case; more digits than that are refused ("SQL format models")."""
    if not form or set(form.upper()) != {'X'} or len(form) > 15:
        raise unsupported(f'TO_NUMBER with the format {form}')
    digits = exp.DPipe(this=exp.Literal.string('0x'), expression=exp.Paren(this=call.this))
    number = exp.cast(exp.Paren(this=digits), 'BIGINT')
    return exp.cast(number, exp.DataType.build('DECIMAL(38, 0)', dialect='duckdb'))


def _pattern(form: str) -> str:
    rest, pattern = form.upper(), ''
    while rest:
        part = next((part for part in _PARTS if rest.startswith(part)), None)
        if part is None and rest[0].isalnum():
            raise unsupported(f'TO_VARCHAR with the format {form}')
        pattern += _PARTS[part] if part else rest[0].replace('%', '%%')
        rest = rest[len(part or rest[0]) :]
    return pattern

"""Functions that DuckDB has not, or that lose digits there."""

from sqlglot import Expr, exp

from variant import MACROS, macro

_64_BITS = '18446744073709551616'

# The digits of HASH are not Snowflake's; like there, equal values have equal ones, and HASH_AGG minds no order.
SETUP = f"""
create or replace macro {MACROS}.firn_md5_lower64(x) as
    cast(cast('0x' || substr(md5(x), 17, 16) as ubigint) as decimal(38, 0));
create or replace macro {MACROS}.firn_md5_upper64(x) as
    cast(cast('0x' || substr(md5(x), 1, 16) as ubigint) as decimal(38, 0));
create or replace macro {MACROS}.firn_signed(x) as
    cast(cast(x as hugeint) - 9223372036854775808 as decimal(38, 0));
create or replace macro {MACROS}.firn_epoch(x) as cast(floor(epoch_us(x) / 1000000) as bigint);
"""


def rewrite(tree: Expr) -> None:
    """Put what DuckDB can do in place of them."""
    for call in list(tree.find_all(exp.Anonymous)):
        if call.name.upper() == 'HASH':
            call.replace(macro('firn_signed', _hash(call.expressions)))
    changed = (exp.MD5NumberLower64, exp.MD5NumberUpper64, exp.BitwiseXorAgg, exp.Extract, exp.HashAgg)
    for call in list(tree.find_all(*changed)):
        if isinstance(call, exp.HashAgg):
            call.replace(_hash_agg(_hash([call.this, *call.expressions])))
        elif isinstance(call, exp.Extract):
            if call.name.upper() in ('EPOCH', 'EPOCH_SECOND', 'EPOCH_SECONDS'):
                call.replace(macro('firn_epoch', call.expression))
        elif isinstance(call, exp.BitwiseXorAgg):
            call.set('this', exp.cast(call.this.copy(), exp.DataType.build('HUGEINT', dialect='duckdb')))
        else:
            half = 'lower' if isinstance(call, exp.MD5NumberLower64) else 'upper'
            call.replace(macro(f'firn_md5_{half}64', call.this))


def _hash(parts: list[Expr]) -> Expr:
    every = [exp.Var(this='*COLUMNS(*)') if isinstance(part, exp.Star) else part.copy() for part in parts]
    return exp.Anonymous(this='hash', expressions=every)


def _hash_agg(number: Expr) -> Expr:
    """The sum of all rows' hashes in 64 bits; 0 of no rows."""
    total = exp.Mod(this=exp.Sum(this=number), expression=exp.Literal.number(_64_BITS))
    return macro('firn_signed', exp.Coalesce(this=total, expressions=[exp.Literal.number('9223372036854775808')]))

"""VARIANT: JSON text as PARSE_JSON read it, and what is taken out of it, exact to the last digit.

DuckDB keeps JSON as text, but reads a number with a fraction through a DOUBLE when it takes it out. Where a text holds
long numbers, each is put into a string with a mark before it, and taken out of it again after.
"""

from sqlglot import Expr, exp

from errors import DUPLICATE_ATTRIBUTE, unsupported

MACROS = '_fs_global.main'
_BLANK = "' ' || chr(9) || chr(10) || chr(13)"
_STRING = r'"(?:[^"\\]|\\.)*"'
_NUMBER = r'-?[0-9]+(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)'
_PLAIN = "'-?[0-9]+(\\.[0-9]+)?'"
# a DOUBLE keeps 15 digits of every number; text between quotes may look like one, and is left alone all the same
_LONG = "'[0-9.]{16,}|[0-9][eE]'"
_MARK = '\\u0001#'

SETUP = rf"""
create or replace macro {MACROS}.firn_names_twice(x) as len(list_filter(
    list_prepend(cast(case when json_valid(x) then x end as json),
        -- of a constant that is no JSON, DuckDB makes no list
        cast(json_extract(case when json_valid(x) then x end, '$..*') as json[])),
    lambda v: json_type(v) = 'OBJECT' and len(json_keys(v)) <> len(list_distinct(json_keys(v))))) > 0;
create or replace macro {MACROS}.firn_parse_json(x) as case
    when x is null or trim(x, {_BLANK}) = '' then null
    -- a cast that fails with all of the text in its message; error() would keep an alias from being used in its own SELECT
    when {MACROS}.firn_names_twice(x) then cast(cast(cast('{DUPLICATE_ATTRIBUTE}' || x as integer) as varchar) as json)
    else cast(x as json) end;
create or replace macro {MACROS}.firn_try_parse_json(x) as case
    when x is null or not json_valid(x) or {MACROS}.firn_names_twice(x) then null
    else cast(x as json) end;
create or replace macro {MACROS}.firn_marked(x) as replace(replace(replace(
    regexp_replace(x, '({_STRING})|({_NUMBER})', '\1' || chr(1) || '\2' || chr(2), 'g'),
    chr(1) || chr(2), ''), chr(1), '"{_MARK}'), chr(2), '"');
create or replace macro {MACROS}.firn_unmarked(x) as regexp_replace(x, '"\\u0001#([^"]*)"', '\1', 'g');
create or replace macro {MACROS}.firn_get(v, path) as case
    when regexp_matches(cast(v as varchar), {_LONG})
    then cast({MACROS}.firn_unmarked(
        cast(json_extract({MACROS}.firn_marked(cast(v as varchar)), path) as varchar)) as json)
    else json_extract(cast(v as json), path) end;
create or replace macro {MACROS}.firn_text(v, path) as case
    when regexp_matches(cast(v as varchar), {_LONG})
    then replace({MACROS}.firn_unmarked(
        json_extract_string({MACROS}.firn_marked(cast(v as varchar)), path)), chr(1) || '#', '')
    else json_extract_string(cast(v as json), path) end;
create or replace macro {MACROS}.firn_typeof(v) as case json_type(cast(v as json))
    when 'NULL' then 'NULL_VALUE'
    when 'OBJECT' then 'OBJECT' when 'ARRAY' then 'ARRAY' when 'VARCHAR' then 'VARCHAR' when 'BOOLEAN' then 'BOOLEAN'
    else case
        when v is null then null
        when not regexp_full_match(trim(cast(v as varchar), {_BLANK}), {_PLAIN})
            or length(regexp_replace(cast(v as varchar), '[^0-9]', '', 'g')) > 38 then 'DOUBLE'
        when contains(cast(v as varchar), '.') then 'DECIMAL'
        else 'INTEGER' end end;
"""


def rewrite(tree: Expr) -> None:
    """Put the macros in place of PARSE_JSON, TRY_PARSE_JSON, TYPEOF, `col:path`, GET, GET_PATH and what casts them."""
    for parsed in list(tree.find_all(exp.ParseJSON)):
        if parsed.expression:
            raise unsupported('PARSE_JSON with a second argument')
        parsed.replace(macro('firn_try_parse_json' if parsed.args.get('safe') else 'firn_parse_json', parsed.this))
    for asked in list(tree.find_all(exp.Typeof)):
        asked.replace(macro('firn_typeof', asked.this))
    # the innermost first: what an outer one is taken out of has been rewritten by then
    for taken in reversed(list(tree.find_all(exp.JSONExtract, exp.GetExtract))):
        _take(taken)


def _take(taken: Expr) -> None:
    path = taken.expression
    if isinstance(path, exp.Literal):
        step = exp.JSONPathKey(this=path.name) if path.is_string else exp.JSONPathSubscript(this=int(path.name))
        path = exp.JSONPath(expressions=[exp.JSONPathRoot(), step])
    if not isinstance(path, exp.JSONPath):
        return
    place = exp.Literal.string(path.sql(dialect='duckdb')[1:-1].replace("''", "'"))
    parent = taken.parent
    if isinstance(parent, (exp.Cast, exp.TryCast)):
        if _is_whole(parent.to):
            parent.set('to', exp.DataType.build('DECIMAL(38, 0)', dialect='snowflake'))
        name = 'firn_get' if parent.to.this in exp.DataType.STRUCT_TYPES | _SEMI else 'firn_text'
    else:
        name = 'firn_text' if isinstance(parent, (exp.Upper, exp.Lower)) or _beside_text(taken) else 'firn_get'
    taken.replace(macro(name, taken.this, place))


_SEMI = {exp.DataType.Type.VARIANT, exp.DataType.Type.OBJECT, exp.DataType.Type.ARRAY, exp.DataType.Type.JSON}


def _is_whole(kind: exp.DataType) -> bool:
    """NUMBER(38,0), by that name or as INT, BIGINT and the others, which all mean it."""
    sizes = [size.name for size in kind.expressions]
    return kind.this in exp.DataType.INTEGER_TYPES or (
        kind.this == exp.DataType.Type.DECIMAL and (not sizes or sizes == ['38', '0'])
    )


def _beside_text(taken: Expr) -> bool:
    """Whether it is compared with a text: Snowflake makes a VARIANT of the text then."""
    parent = taken.parent
    if not isinstance(parent, (exp.EQ, exp.NEQ)):
        return False
    other = parent.expression if parent.this is taken else parent.this
    return isinstance(other, exp.Literal) and other.is_string


def macro(name: str, *arguments: Expr) -> Expr:
    """A call of one of the twin's own functions."""
    parts = [exp.to_identifier(part) for part in MACROS.split('.')]
    return exp.Dot.build([*parts, exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])])

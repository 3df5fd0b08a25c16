"""COPY INTO as SQL for DuckDB."""

from dataclasses import dataclass
from typing import Any

import fakesnow.transforms as transforms
from fakesnow.copy_into import handle_csv
from sqlglot import Expr, exp

import variant
from catalog import Column
from errors import compilation, unsupported
from names import Name, quote
from session import Session


@dataclass
class Load:
    """What a COPY INTO asks for: the table (its full name) and columns, the file format's options, the value of
    MATCH_BY_COLUMN_NAME, the transforming SELECT if there is one, INCLUDE_METADATA by column, and how many characters
    of a file's full name METADATA$FILENAME leaves out."""

    table: Name
    into: list[Column]
    format: dict[str, Any]
    match: str
    select: exp.Select | None
    metadata: dict[str, str]
    inside: int


def insert_sql(session: Session, load: Load, files: list[str]) -> str:
    """The INSERT … SELECT over all files at once."""
    kind, match, into, select = str(load.format['TYPE']).upper(), load.match, load.into, load.select
    if load.metadata and match == 'NONE':
        raise compilation('INCLUDE_METADATA is only supported with MATCH_BY_COLUMN_NAME', '001084', '0A000')
    reader = reader_sql(kind, load.format, files)
    names = [row[0] for row in session.duck.execute(f'DESCRIBE SELECT * FROM {reader}').fetchall()]
    if select is not None:
        if match != 'NONE':
            raise compilation('MATCH_BY_COLUMN_NAME is not supported with a transforming SELECT', '001084', '0A000')
        values = _transformed(select, names, load)
    elif match != 'NONE':
        beside = [column for column in into if column.name not in load.metadata]
        values, into = _matched(names, beside, match)
        values, into = _with_metadata(values, into, load)
    elif kind == 'PARQUET':
        if len(into) != 1 or into[0].type != 'JSON':
            text = 'PARQUET file format can produce one and only one column of type variant, object, or array.'
            raise compilation(text, '002019', '0A000')
        pairs = ', '.join(f'{_text(name)}, {quote(name)}' for name in names)
        values = [f'json_object({pairs})']
    else:
        values = [quote(name) for name in names[: len(into)]]
    targets = ', '.join(quote(column.name) for column in into)
    return f'INSERT INTO {load.table.quoted()} ({targets}) SELECT {", ".join(values)} FROM {reader}'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def reader_sql(kind: str, form: dict[str, Any], files: list[str]) -> str:
    """The DuckDB table function that reads all `files`."""
    listed = '[' + ', '.join(_text(file) for file in files) + ']'
    if kind == 'PARQUET':
        union = ', union_by_name = true' if len(files) > 1 else ''
        return f'read_parquet({listed}{union})'
    if kind == 'JSON':
        return f'read_json_objects({listed})'
    if kind == 'CSV':
        ignored = ('TYPE', 'COMMENT', 'FORMAT_NAME')
        handler = handle_csv({name: value for name, value in form.items() if name not in ignored})
        call = handler.read_expression('file').sql(dialect='duckdb')
        return call.replace("'file'", listed, 1)
    raise unsupported(f'file format {kind}')


def _matched(names: list[str], into: list[Column], match: str) -> tuple[list[str], list[Column]]:
    """Each table column from the file's column of the same name; those the files lack get their default."""
    same = (lambda name: name) if match == 'CASE_SENSITIVE' else str.upper
    by_name = {same(name): name for name in names}
    there = [column for column in into if same(column.name) in by_name]
    if not there:
        raise compilation('none of the columns in the file match the columns of the table', '001023', '22000')
    return [_stored(quote(by_name[same(column.name)]), column) for column in there], there


def _with_metadata(values: list[str], into: list[Column], load: Load) -> tuple[list[str], list[Column]]:
    """The same with the columns that INCLUDE_METADATA fills."""
    by_name = {column.name: column for column in load.into}
    if unknown := [name for name in load.metadata if name not in by_name]:
        raise compilation(f"invalid identifier '{unknown[0]}'", '000904')
    told = [_metadata(of, load.inside) for of in load.metadata.values()]
    return [*values, *told], [*into, *(by_name[name] for name in load.metadata)]


def _metadata(name: str, inside: int) -> str:
    if name == 'METADATA$FILENAME':
        return f'substr(filename, {inside + 1})'
    if name == 'METADATA$FILE_ROW_NUMBER':
        return 'file_row_number + 1'
    if name == 'METADATA$START_SCAN_TIME':
        return 'now()'
    raise unsupported(name)


def _stored(value: str, column: Column) -> str:
    """A file's value for a column: a VARIANT takes it as it is, so text stays text."""
    return f'to_json({value})' if column.type == 'JSON' else value


def _transformed(select: exp.Select, names: list[str], load: Load) -> list[str]:
    """The SELECT's expressions for DuckDB: $1:name becomes the file's column, METADATA$FILENAME its name."""
    values = []
    if len(select.expressions) != len(load.into):
        raise compilation('insert value list does not match column list', '002020', '42601')
    for expression, column in zip(select.expressions, load.into, strict=True):
        bare = _is_path(expression)
        wrapped = exp.select(expression.copy())
        for node in list(wrapped.find_all(exp.JSONExtract)):
            if _is_path(node):
                node.replace(_column(node, names))
        for node in list(wrapped.find_all(exp.Column)):
            if node.name.upper().startswith('METADATA$'):
                node.replace(exp.Var(this=_metadata(node.name.upper(), load.inside)))
        variant.rewrite(wrapped)
        for change in (transforms.semi_structured_types, transforms.integer_precision,
                       transforms.to_timestamp, transforms.to_decimal, transforms.to_date):  # fmt: skip
            wrapped = wrapped.transform(change, copy=False)
        value = wrapped.expressions[0]
        text = (value.this if isinstance(value, exp.Alias) else value).sql(dialect='duckdb')
        values.append(_stored(text, column) if bare else text)
    return values


def _is_path(node: Expr) -> bool:
    return isinstance(node, exp.JSONExtract) and isinstance(node.this, exp.Parameter) and node.this.name == '1'


def _column(node: exp.JSONExtract, names: list[str]) -> Expr:
    keys = [key.this for key in node.expression.find_all(exp.JSONPathKey)]
    if len(keys) != 1:
        raise unsupported('a path of more than one name in a transforming COPY')
    return exp.column(exp.to_identifier(keys[0], quoted=True)) if keys[0] in names else exp.Null()

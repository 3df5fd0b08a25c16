"""COPY INTO a table from a stage's Parquet (or CSV, JSON) files: one vectorised INSERT over all of them.

Snowflake's rules that bite are kept: a file already loaded into the table is skipped unless FORCE; a Parquet text that
lands in a VARIANT stays text unless PARSE_JSON made an object of it; MATCH_BY_COLUMN_NAME and a transforming SELECT
exclude each other; a name in $1:name is case-sensitive and a missing one is NULL.
"""

import os
import re
from typing import Any

from catalog import Column, columns_of, quote, quote_full, table_oid
from engine import Rows
from errors import SnowflakeError, compilation, unsupported
from fakesnow.copy_into import handle_csv
from session import Session
from sqlglot import Expr, exp
from stages import Stage, options
from statements import Statement

KNOWN = {
    'FILES', 'FILE_FORMAT', 'MATCH_BY_COLUMN_NAME', 'ON_ERROR', 'PURGE', 'FORCE', 'PATTERN', 'LOAD_UNCERTAIN_FILES',
    'ENFORCE_LENGTH', 'TRUNCATECOLUMNS', 'RETURN_FAILED_ONLY', 'SIZE_LIMIT',
}  # fmt: skip


def answer(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    """Load the files the statement names and answer one row per file, as Snowflake does."""
    tree = statement.tree()
    given = _parameters(tree)
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    full = session.full_name(target)
    columns = columns_of(session, full)
    source = tree.args['files'][0]
    select = source.this if isinstance(source, exp.Subquery) else None
    place = select.args['from_'].this if select is not None else source
    stage, prefix = session.account.stages.find(session, place.name)
    files = _files(session, stage, prefix, given)
    form = session.account.stages.format(session, stage, given.get('FILE_FORMAT') or {})
    oid = table_oid(session, full)
    known = session.account.loaded | set(session.transaction.loaded if session.transaction else [])
    fresh = [file for file in files if given.get('FORCE') is True or (oid, file) not in known]
    if not fresh and not files:
        return Rows.status('Copy executed with 0 files processed.')
    if fresh:
        session.before_write()
        named = [c.name.upper() for c in tree.this.expressions] if isinstance(tree.this, exp.Schema) else []
        into = [next(c for c in columns if c.name == name) for name in named] or columns
        session.duck.execute(_insert_sql(session, full, into, select, fresh, form, given))
        _remember(session, [(oid, file) for file in fresh])
    outcome = _outcome(session, stage, files, fresh, form)
    if given.get('PURGE') is True:
        _purge(stage, fresh)
    return outcome


def _parameters(tree: exp.Copy) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for parameter in tree.args.get('params') or []:
        name = parameter.this.name.upper()
        value = parameter.args.get('expression')
        if name not in KNOWN:
            raise compilation(f"invalid parameter '{name}'", '001003')
        if name == 'FILE_FORMAT':
            found[name] = options(parameter.expressions)
        elif name == 'FILES':
            found[name] = [literal.name for literal in value.find_all(exp.Literal)]
        else:
            found[name] = value.this if isinstance(value, exp.Boolean) else value.name.upper()
            if name == 'PATTERN':
                found[name] = value.name
    if found.get('ON_ERROR', 'ABORT_STATEMENT') != 'ABORT_STATEMENT':
        raise unsupported(f'COPY INTO … ON_ERROR = {found["ON_ERROR"]}')
    return found


def _files(session: Session, stage: Stage, prefix: str, given: dict[str, Any]) -> list[str]:
    if 'FILES' in given:
        folder = stage.root + prefix
        files = [f'{folder}{"" if not prefix or folder.endswith("/") else "/"}{name}' for name in given['FILES']]
        missing = [file for file in files if stage.internal and not os.path.isfile(file)]
        if missing:
            text = f"Remote file '{stage.shown(missing[0])}' was not found."
            raise SnowflakeError('091016', '22000', text)
        return files
    files = session.account.stages.files(session, stage, prefix)
    return [file for file in files if 'PATTERN' not in given or re.fullmatch(given['PATTERN'], file[len(stage.root) :])]


def _insert_sql(
    session: Session, full: str, into: list[Column], select: exp.Select | None, files: list[str], form: dict, given: dict
) -> str:
    """The INSERT … SELECT over all files at once."""
    kind = str(form['TYPE']).upper()
    match = given.get('MATCH_BY_COLUMN_NAME', 'NONE')
    reader = _reader(kind, form, files)
    names = [row[0] for row in session.duck.execute(f'DESCRIBE SELECT * FROM {reader}').fetchall()]
    if select is not None:
        if match != 'NONE':
            raise compilation('MATCH_BY_COLUMN_NAME is not supported with a transforming SELECT', '001084', '0A000')
        values = _transformed(session, select, names, into)
    elif match != 'NONE':
        values, into = _matched(names, into, match)
    elif kind == 'PARQUET':
        if len(into) != 1 or into[0].type != 'JSON':
            text = 'PARQUET file format can produce one and only one column of type variant, object, or array.'
            raise compilation(text, '002019', '0A000')
        pairs = ', '.join(f"{_text(name)}, {quote(name)}" for name in names)
        values = [f'json_object({pairs})']
    else:
        values = [quote(name) for name in names[: len(into)]]
    targets = ', '.join(quote(column.name) for column in into)
    return f'INSERT INTO {quote_full(full)} ({targets}) SELECT {", ".join(values)} FROM {reader}'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _reader(kind: str, form: dict[str, Any], files: list[str]) -> str:
    listed = '[' + ', '.join(_text(file) for file in files) + ']'
    if kind == 'PARQUET':
        return f'read_parquet({listed}, union_by_name = true)' if len(files) > 1 else f'read_parquet({listed})'
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


def _stored(value: str, column: Column) -> str:
    """A file's value for a column: a VARIANT takes it as it is, so text stays text."""
    return f'to_json({value})' if column.type == 'JSON' else value


def _transformed(session: Session, select: exp.Select, names: list[str], into: list[Column]) -> list[str]:
    """The SELECT's expressions for DuckDB: $1:name becomes the file's column, METADATA$FILENAME its name."""
    import fakesnow.transforms as transforms

    values = []
    for expression, column in zip(select.expressions, into, strict=True):
        bare = _is_path(expression)
        wrapped = exp.select(expression.copy())
        for node in list(wrapped.find_all(exp.JSONExtract)):
            if _is_path(node):
                node.replace(_column(node, names))
        for node in list(wrapped.find_all(exp.Column)):
            if node.name.upper() == 'METADATA$FILENAME':
                node.replace(exp.column('filename'))
        for change in (transforms.semi_structured_types, transforms.try_parse_json, transforms.integer_precision,
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


def _remember(session: Session, loaded: list[tuple[int, str]]) -> None:
    if session.transaction is not None:
        session.transaction.loaded.extend(loaded)
    else:
        session.account.loaded.update(loaded)


def _purge(stage: Stage, files: list[str]) -> None:
    if not stage.internal:
        raise unsupported('PURGE of an external stage')
    for file in files:
        os.remove(file)


def _outcome(session: Session, stage: Stage, files: list[str], fresh: list[str], form: dict[str, Any]) -> Rows:
    """file, status, rows_parsed, rows_loaded … of each file; counts come from the files' footers."""
    counts = dict.fromkeys(files, 0)
    if fresh and str(form['TYPE']).upper() == 'PARQUET':
        sql = 'SELECT file_name, num_rows FROM parquet_file_metadata(?)'
        counts.update(session.duck.execute(sql, [fresh]).fetchall())
    elif fresh:
        reader = _reader(str(form['TYPE']).upper(), form, fresh).rstrip(')') + ', filename = true)'
        counts.update(session.duck.execute(f'SELECT filename, count(*) FROM {reader} GROUP BY ALL').fetchall())
    skipped = [file not in fresh for file in files]
    rows = [counts[file] for file in files]
    return Rows.of({
        'file': [stage.shown(file) for file in files],
        'status': ['LOAD_SKIPPED' if skip else 'LOADED' for skip in skipped],
        'rows_parsed': rows, 'rows_loaded': rows,
        'error_limit': [1] * len(files), 'errors_seen': [int(skip) for skip in skipped],
        'first_error': ['File was loaded before.' if skip else None for skip in skipped],
        'first_error_line': [None] * len(files), 'first_error_character': [None] * len(files),
        'first_error_column_name': [None] * len(files),
    })  # fmt: skip

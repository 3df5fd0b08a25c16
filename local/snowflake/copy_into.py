"""COPY INTO a table from a stage's Parquet (or CSV, JSON) files: one vectorised INSERT over all of them.

Snowflake's rules that bite are kept: a file already loaded into the table is skipped unless FORCE; a Parquet text that
lands in a VARIANT stays text unless PARSE_JSON made an object of it; MATCH_BY_COLUMN_NAME and a transforming SELECT
exclude each other; a name in $1:name is case-sensitive and a missing one is NULL.
"""

import os
import re
from typing import Any

import duckdb
from sqlglot import Expr, exp

import temporary
from catalog import stored_columns, table_oid
from copy_sql import Load, insert_sql, reader_sql
from engine import Rows
from errors import compilation, unsupported
from fetched import fetched
from history import Loaded
from options import options
from remote import not_found, of_duckdb
from session import Session
from stages import Stage
from statements import Statement

KNOWN = {
    'FILES', 'FILE_FORMAT', 'MATCH_BY_COLUMN_NAME', 'ON_ERROR', 'PURGE', 'FORCE', 'PATTERN', 'LOAD_UNCERTAIN_FILES',
    'ENFORCE_LENGTH', 'TRUNCATECOLUMNS', 'RETURN_FAILED_ONLY', 'SIZE_LIMIT', 'INCLUDE_METADATA',
}  # fmt: skip
MOST_FILES = 1_000
REFUSED = {'ON_ERROR': ('CONTINUE', 'SKIP_FILE'), 'ENFORCE_LENGTH': (False,), 'TRUNCATECOLUMNS': (True,)}


def answer(session: Session, statement: Statement, tree: Expr | None, binds: Any) -> Rows:
    """Load the files the statement names and answer one row per file, as Snowflake does."""
    tree = statement.tree()
    temporary.resolve(session, tree)
    given = _parameters(tree)
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    full = session.full_name(target)
    columns = stored_columns(session, full)
    source = tree.args['files'][0]
    select = source.this if isinstance(source, exp.Subquery) else None
    place = select.args['from_'].this if select is not None else source
    stage, prefix = session.account.stages.find(session, place.name)
    files = _files(session, stage, prefix, given)
    form = session.account.stages.format(session, stage, given.get('FILE_FORMAT') or {})
    oid = table_oid(session, full)
    known = session.account.history.files(oid, session.transaction.events if session.transaction else [])
    fresh = [file for file in files if given.get('FORCE') is True or file not in known]
    if not files:
        return Rows.status('Copy executed with 0 files processed.')
    counts = dict.fromkeys(files, 0)
    if fresh:
        session.before_write()
        named = [c.name.upper() for c in tree.this.expressions] if isinstance(tree.this, exp.Schema) else []
        into = [next(c for c in columns if c.name == name) for name in named] or columns
        metadata = given.get('INCLUDE_METADATA') or {}
        load = Load(full, into, form, given.get('MATCH_BY_COLUMN_NAME', 'NONE'), select, metadata, stage.inside())
        counts |= _loaded(session, load, fresh) if stage.internal or _tells_names(load) else _brought(session, load, fresh)
        session.note(Loaded(oid, tuple(fresh)))
    outcome = _outcome(stage, counts, fresh)
    if given.get('PURGE') is True:
        _purge(stage, fresh)
    return outcome


def _tells_names(load: Load) -> bool:
    """Whether rows are told which file they are of, or the file is one that is read as it comes."""
    asked = load.select is not None and 'METADATA$' in load.select.sql(dialect='snowflake').upper()
    return asked or bool(load.metadata) or str(load.format['TYPE']).upper() != 'PARQUET'


def _loaded(session: Session, load: Load, files: list[str]) -> dict[str, int]:
    try:
        (loaded,) = session.duck.execute(insert_sql(session, load, files)).fetchone()
        return {files[0]: loaded} if len(files) == 1 else _counts(session, files, load.format)
    except duckdb.Error as error:
        raise of_duckdb(str(error)) or error from error


def _brought(session: Session, load: Load, files: list[str]) -> dict[str, int]:
    """The same of files that are fetched first; errors speak of them as they are called in the bucket."""
    here: dict[str, str] = {}
    try:
        with fetched(session, files) as here:
            (loaded,) = session.duck.execute(insert_sql(session, load, list(here))).fetchone()
            if len(files) == 1:
                return {files[0]: loaded}
            return {here[place]: rows for place, rows in _counts(session, list(here), load.format).items()}
    except duckdb.Error as error:
        text = str(error)
        for place, file in here.items():
            text = text.replace(place, file)
        raise of_duckdb(text) or error from error


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
            # one that is named twice is loaded once
            found[name] = list(dict.fromkeys(literal.name for literal in value.find_all(exp.Literal)))
            if len(found[name]) > MOST_FILES:
                raise compilation(f'FILES names {len(found[name])} files; {MOST_FILES} are allowed', '001033')
        elif name == 'INCLUDE_METADATA':
            pairs = value.expressions if isinstance(value, exp.Tuple) else [value.this]
            found[name] = {_column(pair.this): pair.expression.name.upper() for pair in pairs}
        else:
            found[name] = value.this if isinstance(value, exp.Boolean) else value.name.upper()
            if name == 'PATTERN':
                found[name] = value.name
    for name, values in REFUSED.items():
        if found.get(name) in values or (name == 'ON_ERROR' and str(found.get(name)).startswith('SKIP_FILE')):
            raise unsupported(f'COPY INTO … {name} = {found[name]}')
    if 'SIZE_LIMIT' in found:
        raise unsupported('COPY INTO … SIZE_LIMIT')
    return found


def _column(named: Expr) -> str:
    identifier = named.this if isinstance(named, exp.Column) else named
    return identifier.name if identifier.args.get('quoted') else identifier.name.upper()


def _files(session: Session, stage: Stage, prefix: str, given: dict[str, Any]) -> list[str]:
    if 'FILES' in given:
        folder = stage.root + prefix
        files = [f'{folder}{"" if not prefix or folder.endswith("/") else "/"}{name}' for name in given['FILES']]
        missing = [file for file in files if stage.internal and not os.path.isfile(file)]
        if missing:
            raise not_found(stage.shown(missing[0]))
        return files
    files = session.account.stages.files(session, stage, prefix)
    return [file for file in files if 'PATTERN' not in given or re.fullmatch(given['PATTERN'], file[len(stage.root) :])]


def _purge(stage: Stage, files: list[str]) -> None:
    if not stage.internal:
        raise unsupported('PURGE of an external stage')
    for file in files:
        os.remove(file)


def _counts(session: Session, fresh: list[str], form: dict[str, Any]) -> dict[str, int]:
    """How many rows each file has, by its footer if it has one."""
    if str(form['TYPE']).upper() == 'PARQUET':
        sql = 'SELECT file_name, num_rows FROM parquet_file_metadata(?)'
        return dict(session.duck.execute(sql, [fresh]).fetchall())
    reader = reader_sql(str(form['TYPE']).upper(), form, fresh).rstrip(')') + ', filename = true)'
    return dict(session.duck.execute(f'SELECT filename, count(*) FROM {reader} GROUP BY ALL').fetchall())


def _outcome(stage: Stage, counts: dict[str, int], fresh: list[str]) -> Rows:
    """file, status, rows_parsed, rows_loaded … of each file."""
    files, rows = list(counts), list(counts.values())
    skipped = [file not in fresh for file in files]
    return Rows.of({
        'file': [stage.shown(file) for file in files],
        'status': ['LOAD_SKIPPED' if skip else 'LOADED' for skip in skipped],
        'rows_parsed': rows, 'rows_loaded': rows,
        'error_limit': [1] * len(files), 'errors_seen': [int(skip) for skip in skipped],
        'first_error': ['File was loaded before.' if skip else None for skip in skipped],
        'first_error_line': [None] * len(files), 'first_error_character': [None] * len(files),
        'first_error_column_name': [None] * len(files),
    })  # fmt: skip

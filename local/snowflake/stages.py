"""Stages and file formats: CREATE, DROP, SHOW, PUT, LIST, REMOVE, and where a stage's files lie."""

import glob
import hashlib
import os
import shutil
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import duckdb
from sqlglot import Expr, exp

from engine import Engine, Rows
from errors import already_there, compilation, no_such, unsupported
from names import Name
from options import options
from remote import of_duckdb
from statements import Statement

if TYPE_CHECKING:
    from session import Session


@dataclass
class Stage:
    """A stage: `root` ends in '/', an s3:// URL or a folder of this machine; `format` are its file format's options."""

    name: Name
    root: str
    internal: bool
    format: dict[str, Any] = field(default_factory=dict)

    def inside(self) -> int:
        """How many characters of a file's name METADATA$FILENAME leaves out: the bucket, or an internal stage's place."""
        return len(self.root) if self.internal else len(self.root.split('/', 3)[2]) + len('s3:///')

    def shown(self, file: str) -> str:
        """A file's name as LIST and COPY show it: the URL, or for an internal stage the stage's name and the path."""
        return f'{self.name.name.lower()}/{file.removeprefix(self.root)}' if self.internal else file


class Stages:
    """All stages and file formats of the account; internal stages are folders under `folder`."""

    def __init__(self, engine: Engine, folder: str) -> None:
        self._engine = engine
        self._folder = os.path.abspath(folder)
        self._stages: dict[Name, Stage] = {}
        self._formats: dict[Name, dict[str, Any]] = {}

    def answer(self, session: 'Session', statement: Statement, tree: Expr | None, binds: Any) -> Rows:
        """Run a statement about stages, files in stages or file formats."""
        if isinstance(tree, exp.Put):
            return self._put(session, tree)
        if isinstance(tree, (exp.Create, exp.Drop)):
            made = isinstance(tree, exp.Create)
            known = self._stages if tree.args['kind'].upper() == 'STAGE' else self._formats
            full = session.full_name(tree.this if made else tree.args['tables'][0])
            return self._create(session, tree, full, known) if made else self._drop(session, tree, full, known)
        stage, prefix = self.find(session, statement.text.split(None, 1)[1].strip())
        return self._list(session, stage, prefix) if statement.starts('LIST', 'LS') else self._remove(stage, prefix)

    def has(self, kind: str, name: Name) -> bool:
        """Whether there is such a STAGE or FILE FORMAT."""
        return name in (self._stages if kind == 'STAGE' else self._formats)

    def within(self, kind: str, place: tuple[str, ...]) -> list[Name]:
        """The stages or file formats of a database or schema."""
        return [name for name in (self._stages if kind == 'STAGE' else self._formats) if name.is_in(place)]

    def shown_all(self) -> Rows:
        """What SHOW STAGES answers."""
        stages = list(self._stages.values())
        return Rows.of({
            'name': [stage.name.name for stage in stages], 'database_name': [stage.name.database for stage in stages],
            'schema_name': [stage.name.schema for stage in stages],
            'url': ['' if stage.internal else stage.root for stage in stages],
            'type': ['INTERNAL' if stage.internal else 'EXTERNAL' for stage in stages],
        })  # fmt: skip

    def find(self, session: 'Session', reference: str) -> tuple[Stage, str]:
        """The stage and the path prefix of '@name/path'; refuses an unknown stage with 002003."""
        name, _, prefix = reference.strip("'").removeprefix('@').partition('/')
        if name in ('~', '') or name.startswith('%'):
            raise unsupported('user and table stages')
        full = session.full_name(exp.to_table(name, dialect='snowflake'))
        if full not in self._stages:
            raise no_such('Stage', full)
        return self._stages[full], prefix

    def format(self, session: 'Session', stage: Stage, given: dict[str, Any]) -> dict[str, Any]:
        """The file format's options that count: the statement's own over the named format's over the stage's."""
        named = given.get('FORMAT_NAME') or (None if given else stage.format.get('FORMAT_NAME'))
        base = {} if given else stage.format
        if named:
            full = session.full_name(exp.to_table(named, dialect='snowflake'))
            if full not in self._formats:
                raise no_such('File format', full)
            base = self._formats[full]
        return {'TYPE': 'CSV', **base, **given}

    def forget(self, place: tuple[str, ...]) -> None:
        """Drop the stages and file formats of a dropped database or schema."""
        for known in (self._stages, self._formats):
            for full in [full for full in known if full.is_in(place)]:
                self._discard(known.pop(full))

    def files(self, session: 'Session', stage: Stage, prefix: str) -> list[str]:
        """The full names of a stage's files that begin with `prefix`, sorted."""
        if stage.internal:
            found = glob.glob(f'{glob.escape(stage.root)}**/*', recursive=True)
            return sorted(f for f in found if os.path.isfile(f) and f.startswith(stage.root + prefix))
        try:
            rows = session.duck.execute('SELECT file FROM glob(?)', [f'{stage.root}{prefix}**']).fetchall()
        except duckdb.Error as error:
            raise of_duckdb(str(error)) or error from error
        return sorted(row[0] for row in rows)

    def _create(self, session: 'Session', tree: exp.Create, full: Name, known: dict[Name, Any]) -> Rows:
        name = full.name
        if full in known and tree.args.get('exists'):
            return Rows.status(f'{name} already exists, statement succeeded.')
        if full in known and not tree.args.get('replace'):
            raise already_there(name)
        given = options(tree.args.get('properties'))
        if known is self._formats:
            self._formats[full] = {key: value for key, value in given.items() if key != 'COMMENT'}
            return Rows.status(f'File format {name} successfully created.')
        self._stages[full] = self._stage(full, given)
        return Rows.status(f'Stage area {name} successfully created.')

    def _stage(self, full: Name, given: dict[str, Any]) -> Stage:
        form = given.get('FILE_FORMAT') or {}
        if 'URL' not in given:
            root = os.path.join(self._folder, *full) + '/'
            shutil.rmtree(root, ignore_errors=True)
            os.makedirs(root)
            return Stage(full, root, True, form)
        root = given['URL'].replace('s3compat://', 's3://').rstrip('/') + '/'
        if not root.startswith('s3://'):
            raise unsupported(f'stages at {root.partition("://")[0]}://')
        credentials = given.get('CREDENTIALS') or {}
        key, secret = credentials.get('AWS_KEY_ID', 'test'), credentials.get('AWS_SECRET_KEY', 'test')
        self._engine.s3_secret(f'stage {full}', root, key, secret, given.get('ENDPOINT'))
        return Stage(full, root, False, form)

    def _drop(self, session: 'Session', tree: exp.Drop, full: Name, known: dict[Name, Any]) -> Rows:
        if full not in known and not tree.args.get('exists'):
            raise no_such('Stage' if known is self._stages else 'File format', full)
        self._discard(known.pop(full, None))
        session.account.roles.forget((tree.args['kind'].upper(), full))
        return Rows.status(f'{full.name} successfully dropped.')

    def _discard(self, dropped: Any) -> None:
        if isinstance(dropped, Stage) and dropped.internal:
            shutil.rmtree(dropped.root, ignore_errors=True)

    def _put(self, session: 'Session', tree: exp.Put) -> Rows:
        """Tell the client to copy its file into the stage's folder: both are on this machine."""
        stage, prefix = self.find(session, tree.args['target'].name)
        if not stage.internal:
            raise compilation('GET and PUT commands are not supported with external stage', '091003', '42601')
        given = options(tree.args.get('properties'))
        folder = os.path.join(stage.root, prefix)
        if not os.path.realpath(folder).startswith(os.path.realpath(stage.root)):
            raise compilation(f'invalid path {prefix}')
        os.makedirs(folder, exist_ok=True)
        rows = Rows.status()
        rows.upload = {
            'stageInfo': {'locationType': 'LOCAL_FS', 'location': folder.rstrip('/') + '/', 'creds': {}},
            'src_locations': [tree.this.name.removeprefix('file://')],
            'parallel': int(given.get('PARALLEL', 4)),
            'autoCompress': given.get('AUTO_COMPRESS', True),
            'sourceCompression': str(given.get('SOURCE_COMPRESSION', 'auto_detect')).lower(),
            'overwrite': given.get('OVERWRITE', False),
            'command': 'UPLOAD',
        }
        return rows

    def _list(self, session: 'Session', stage: Stage, prefix: str) -> Rows:
        files = self.files(session, stage, prefix)
        if stage.internal:
            facts = [(os.path.getsize(file), _md5(file), os.path.getmtime(file)) for file in files]
        else:
            sql = 'SELECT size, epoch(last_modified) FROM read_blob(?)'
            sizes = [session.duck.execute(sql, [file]).fetchone() for file in files]
            facts = [(size, '', modified) for size, modified in sizes]
        return Rows.of({
            'name': [stage.shown(file) for file in files], 'size': [fact[0] for fact in facts],
            'md5': [fact[1] for fact in facts],
            'last_modified': [formatdate(fact[2], usegmt=True) for fact in facts],
        })  # fmt: skip

    def _remove(self, stage: Stage, prefix: str) -> Rows:
        if not stage.internal:
            raise unsupported('REMOVE of an external stage')
        found = glob.glob(f'{glob.escape(stage.root)}**/*', recursive=True)
        files = sorted(f for f in found if os.path.isfile(f) and f.startswith(stage.root + prefix))
        for file in files:
            os.remove(file)
        return Rows.of({'name': [stage.shown(file) for file in files], 'result': ['removed'] * len(files)})


def _md5(file: str) -> str:
    with open(file, 'rb') as opened:
        return hashlib.file_digest(opened, 'md5').hexdigest()

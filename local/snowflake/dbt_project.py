"""CREATE, EXECUTE, DESCRIBE, SHOW and DROP DBT PROJECT: real dbt, run against this same server."""

import os
import pathlib
import shlex
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml
from sqlglot import Expr
from sqlglot.tokens import TokenType

from dbt_runner import DbtRunner
from engine import Rows
from errors import SnowflakeError, already_there, canceled, compilation, no_such, unsupported
from names import Name
from statements import Statement

if TYPE_CHECKING:
    from account import Settings
    from session import Session

KEPT_BETWEEN_EXECUTIONS = ('target', 'logs', 'dbt_packages')
LOG_CHARACTERS = 20_000


@dataclass
class Project:
    """A dbt project object: a snapshot of the staged files, and whether it is being executed."""

    name: Name
    folder: str
    source: str
    version: int = 1
    running: threading.Lock = field(default_factory=threading.Lock)


class DbtProjects:
    """All dbt project objects of the account."""

    def __init__(self, settings: 'Settings') -> None:
        self._settings = settings
        self.runner = DbtRunner(settings.dbt) if settings.dbt else None
        self._projects: dict[Name, Project] = {}

    def answer(self, session: 'Session', statement: Statement, tree: Expr | None, binds: Any) -> Rows:
        """Run a statement about dbt projects."""
        if statement.starts('SHOW'):
            return self._rows(list(self._projects.values()))
        if statement.starts('CREATE', 'ALTER'):
            return self._create(session, statement)
        full = self.full_name(session, statement)
        if full not in self._projects:
            if statement.starts('DROP') and 'EXISTS' in statement.words[:5]:
                return Rows.status('Drop statement executed successfully.')
            raise no_such('DBT PROJECT', full)
        if statement.starts('DROP'):
            shutil.rmtree(self._projects.pop(full).folder, ignore_errors=True)
            return Rows.status(f'{full.name} successfully dropped.')
        if statement.starts('EXECUTE'):
            return self._execute(self._projects[full], _argument(statement, 'ARGS') or 'run', statement.is_canceled)
        return self._rows([self._projects[full]])

    def has(self, name: Name) -> bool:
        return name in self._projects

    def forget(self, place: tuple[str, ...]) -> None:
        """Drop the projects of a dropped database or schema."""
        for full in [full for full in self._projects if full.is_in(place)]:
            shutil.rmtree(self._projects.pop(full).folder, ignore_errors=True)

    def full_name(self, session: 'Session', statement: Statement) -> Name:
        """The object's name: what stands after DBT PROJECT and an IF [NOT] EXISTS."""
        at = statement.words.index('PROJECT') + 1
        while statement.words[at] in ('IF', 'NOT', 'EXISTS'):
            at += 1
        parts, _ = statement.name_at(at)
        return Name(*[session.connection.database or '', session.connection.schema or ''][: 3 - len(parts)], *parts)

    def _create(self, session: 'Session', statement: Statement) -> Rows:
        full = self.full_name(session, statement)
        there = self._projects.get(full)
        if there is not None and 'EXISTS' in statement.words:
            return Rows.status(f'{full.name} already exists, statement succeeded.')
        if there is not None and 'REPLACE' not in statement.words and not statement.starts('ALTER'):
            raise already_there(full.name)
        source = _argument(statement, 'FROM')
        if source is None:
            raise compilation("CREATE DBT PROJECT needs FROM '@stage/path'")
        project = there or Project(
            full, os.path.join(os.path.abspath(self._settings.data), 'projects', str(full)), source
        )
        project.version += 1 if there is not None else 0
        self._snapshot(session, project, source)
        self._projects[full] = project
        if not statement.starts('ALTER'):
            session.account.roles.forget(('DBT PROJECT', full))
            session.account.roles.made(session.role, ('DBT PROJECT', full), full[:2])
        return Rows.status(f'DBT PROJECT {full.name} successfully created.')

    def _snapshot(self, session: 'Session', project: Project, source: str) -> None:
        """Copy the staged files into the project's folder; what dbt keeps between runs stays, for speed."""
        stage, prefix = session.account.stages.find(session, source)
        if not stage.internal:
            raise unsupported('a dbt project from an external stage')
        root = os.path.join(stage.root, prefix).rstrip('/') + '/'
        files = [file for file in session.account.stages.files(session, stage, prefix) if file.startswith(root)]
        if f'{root}dbt_project.yml' not in files:
            raise SnowflakeError('393901', '22000', f"dbt_project.yml does not exist in source location '{source}'")
        if os.path.isdir(project.folder):
            for entry in os.listdir(project.folder):
                path = os.path.join(project.folder, entry)
                if entry not in KEPT_BETWEEN_EXECUTIONS:
                    shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
        for file in files:
            copy = os.path.join(project.folder, file.removeprefix(root))
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copyfile(file, copy)

    def _rows(self, projects: list[Project]) -> Rows:
        names = [project.name for project in projects]
        return Rows.of({
            'name': [name.name for name in names], 'database_name': [name.database for name in names],
            'schema_name': [name.schema for name in names], 'source_location': [p.source for p in projects],
            'default_version': [f'VERSION${p.version}' for p in projects],
        })  # fmt: skip

    def _execute(self, project: Project, arguments: str, is_canceled: Callable[[], bool]) -> Rows:
        if self.runner is None:
            raise SnowflakeError('000002', '0A000', 'EXECUTE DBT PROJECT needs dbt: start the twin with --dbt PATH.')
        if not project.running.acquire(blocking=False):
            text = f'DBT PROJECT {project.name} is already being executed; only one execution at a time is allowed.'
            raise SnowflakeError('395046', 'P0001', text)
        try:
            code, log = self._dbt(self.runner, project, arguments, is_canceled)
        finally:
            project.running.release()
        if code is None:
            raise canceled()
        if code != 0:
            raise SnowflakeError('395047', 'P0001', f'DBT PROJECT execution failed:\n{log[-LOG_CHARACTERS:]}')
        return Rows.of(
            {'0|1 Success': ['1'], 'EXCEPTION': [''], 'STDOUT': [log[-LOG_CHARACTERS:]], 'OUTPUT_ARCHIVE_URL': ['']}
        )

    def _dbt(
        self, runner: DbtRunner, project: Project, arguments: str, is_canceled: Callable[[], bool]
    ) -> tuple[int | None, str]:
        """dbt's exit code (None when canceled) and what it printed."""
        places = ['--project-dir', project.folder, '--profiles-dir', self._profiles(project)]
        log = f'{project.folder}.log'
        code = runner.run([*shlex.split(arguments), *places], project.folder, log, is_canceled)
        return code, pathlib.Path(log).read_text(errors='replace') if os.path.exists(log) else ''

    def _profiles(self, project: Project) -> str:
        """Write a profiles.yml whose outputs are the project's, except that they lead to this server."""
        here = {
            'type': 'snowflake', 'account': 'twin', 'host': '127.0.0.1', 'port': self._settings.port,
            'protocol': 'http', 'insecure_mode': True, 'user': self._settings.user,
            'password': self._settings.password,
        }  # fmt: skip
        kept = ('role', 'warehouse', 'database', 'schema', 'threads', 'query_tag')
        try:
            with open(os.path.join(project.folder, 'profiles.yml')) as opened:
                profiles = yaml.safe_load(opened)
        except FileNotFoundError:
            raise SnowflakeError('393902', '22000', 'profiles.yml does not exist in the dbt project') from None
        for profile in profiles.values():
            for target, output in (profile.get('outputs') or {}).items():
                profile['outputs'][target] = {**{k: output[k] for k in kept if k in output}, **here}
        folder = os.path.join(os.path.abspath(self._settings.data), 'profiles', str(project.name))
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, 'profiles.yml'), 'w') as opened:
            yaml.safe_dump(profiles, opened)
        return folder


def _argument(statement: Statement, word: str) -> str | None:
    """The string after WORD or WORD =."""
    if word not in statement.words:
        return None
    after = statement.tokens[statement.words.index(word) + 1 :][:2]
    return next((token.text for token in after if token.token_type in (TokenType.STRING, TokenType.RAW_STRING)), None)

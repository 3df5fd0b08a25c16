"""What all sessions of the one account share: the engine, locks, stages, load history, dbt projects, users."""

import itertools
import os
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine import Engine, Rows, correct_fakesnow
from history import History
from holds import Holds
from locks import TableLocks
from names import Name
from query_log import QueryLog
from roles import Roles
from warehouses import Warehouses
from watchdog import Watchdog

if TYPE_CHECKING:
    from dbt_project import DbtProjects
    from session import Session
    from stages import Stages


@dataclass
class Settings:
    """How the twin was started. `data` holds internal stages and dbt projects; tables live in memory."""

    port: int
    data: str
    s3_endpoint: str | None = None
    dbt: str | None = None
    user: str = 'firn'
    password: str = 'firn'
    database: str = 'FIRN'
    idle_blocker_seconds: float = 300
    answer_within: float = 45
    hold: str | None = None
    usage_late_hours: float = 0


class Results:
    """The rows of the latest queries by query id, for RESULT_SCAN."""

    def __init__(self, most: int = 200) -> None:
        self._rows: dict[str, Rows] = {}
        self._most = most

    def get(self, query_id: str) -> Rows | None:
        return self._rows.get(query_id)

    def keep(self, query_id: str, rows: Rows) -> None:
        self._rows[query_id] = rows
        while len(self._rows) > self._most:
            self._rows.pop(next(iter(self._rows)), None)


@dataclass
class Account:
    """One Snowflake account with one user and one database to begin with."""

    settings: Settings
    engine: Engine = field(init=False)
    locks: TableLocks = field(init=False)
    stages: 'Stages' = field(init=False)
    dbt_projects: 'DbtProjects' = field(init=False)
    sessions: dict[str, 'Session'] = field(default_factory=dict)
    public_keys: dict[str, dict[str, str]] = field(default_factory=dict)
    history: History = field(default_factory=History)
    results: 'Results' = field(default_factory=lambda: Results())
    holds: Holds = field(init=False)
    watchdog: Watchdog = field(default_factory=Watchdog)
    roles: Roles = field(default_factory=Roles)
    warehouses: Warehouses = field(default_factory=Warehouses)
    query_log: QueryLog = field(default_factory=QueryLog)

    def __post_init__(self) -> None:
        from dbt_project import DbtProjects
        from stages import Stages

        os.makedirs(self.settings.data, exist_ok=True)
        correct_fakesnow()
        self._numbers = itertools.count(1)
        self._admin_turn = threading.Lock()
        self.engine = Engine(self.settings.s3_endpoint)
        self.locks = TableLocks(self.settings.idle_blocker_seconds)
        self.holds = Holds(self.settings.hold)
        self.stages = Stages(self.engine, os.path.join(self.settings.data, 'stages'))
        self.dbt_projects = DbtProjects(self.settings)
        self._create_database(self.settings.database)

    def _create_database(self, name: str) -> None:
        from session import Session
        from statements import split

        admin = Session(self, 0, None, None)
        for statement in split(f'CREATE DATABASE {name}'):
            admin.run(statement, None)
        admin.close()

    def close(self) -> None:
        """End what the account started beside itself."""
        if self.dbt_projects.runner is not None:
            self.dbt_projects.runner.close()

    def next_number(self) -> int:
        return next(self._numbers)

    def drop_temporary(self, name: Name) -> None:
        """Drop a session's temporary table or view."""
        with self._admin_turn:
            duck = self.engine.instance.duck_conn.cursor()
            kinds = duck.execute('SELECT 1 FROM duckdb_views() WHERE view_name = ?', [name.name]).fetchone()
            duck.execute(f'DROP {"VIEW" if kinds else "TABLE"} IF EXISTS {name.quoted()}')
            duck.close()
            self.engine.relations.changed()

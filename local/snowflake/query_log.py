"""What ran: every statement the account got, as INFORMATION_SCHEMA and ACCOUNT_USAGE tell of it."""

import time
from collections import deque
from dataclasses import dataclass, field

KEPT = 20_000


@dataclass
class Entry:
    """One statement. Times are seconds since 1970; `ended` is None while it runs. `computed` is the size of the
    warehouse it ran on, '' if it needed none; `parent` the id of the request of several statements it came with."""

    id: str
    text: str
    kind: str
    tag: str
    session: int
    user: str
    role: str
    warehouse: str
    database: str
    schema: str
    parent: str = ''
    started: float = field(default_factory=time.time)
    ended: float | None = None
    computed: str = ''
    rows: int = 0
    error: tuple[str, str] | None = None


class QueryLog:
    """The latest statements, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)

    def begin(self, entry: Entry) -> Entry:
        self._entries.append(entry)
        return entry

    def entries(self) -> list[Entry]:
        return list(self._entries)

"""Statements held up by a test, so that it can look at what happens meanwhile: nothing is left to a race.

With --hold FOLDER, a file in FOLDER whose first line is `before` or `after` and whose other lines are a text holds
every statement that contains this text, before it runs or after it ran and before its client hears of it, for as long
as the file is there. A held statement writes FILE.held. It can be canceled, and its time runs.
"""

import os
import pathlib
import time
from collections.abc import Callable

from errors import canceled

POLL_SECONDS = 0.02
HELD = '.held'


class Holds:
    """The holds of a folder; none without one."""

    def __init__(self, folder: str | None) -> None:
        self._folder = folder
        if folder:
            os.makedirs(folder, exist_ok=True)

    def wait(self, when: str, text: str, is_canceled: Callable[[], bool]) -> None:
        """Wait while a file holds the statement `text`; `when` is 'before' or 'after'. Raises 000604 when canceled."""
        if self._folder is None:
            return
        for name in sorted(os.listdir(self._folder)):
            hold = pathlib.Path(self._folder, name)
            if name.endswith(HELD) or not _holds(hold, when, text):
                continue
            pathlib.Path(f'{hold}{HELD}').touch()
            while hold.exists():
                if is_canceled():
                    raise canceled()
                time.sleep(POLL_SECONDS)


def _holds(hold: pathlib.Path, when: str, text: str) -> bool:
    try:
        first, _, wanted = hold.read_text().partition('\n')
    except FileNotFoundError:
        return False
    return first.strip() == when and wanted.strip() in text

"""A session's parameters, such as QUERY_TAG, LOCK_TIMEOUT, AUTOCOMMIT."""

from typing import Any

# LOCK_TIMEOUT is in seconds. Parameters that are not here are kept and shown, and change nothing.
DEFAULTS: dict[str, Any] = {
    'AUTOCOMMIT': True, 'LOCK_TIMEOUT': 43200, 'MULTI_STATEMENT_COUNT': 1, 'QUERY_TAG': '',
    'ERROR_ON_NONDETERMINISTIC_MERGE': True, 'ERROR_ON_NONDETERMINISTIC_UPDATE': False,
    'STATEMENT_TIMEOUT_IN_SECONDS': 172800, 'TIMEZONE': 'UTC',
}  # fmt: skip


class Parameters:
    """What ALTER SESSION SET and SHOW PARAMETERS know."""

    def __init__(self) -> None:
        self._values = dict(DEFAULTS)
        # those a client sent with the statement that runs now, and with it alone
        self.of_statement: dict[str, Any] = {}

    def set(self, name: str, value: Any) -> None:
        """Set a parameter; None puts its default back."""
        name = name.upper()
        if isinstance(DEFAULTS.get(name), bool) and value is not None:
            value = str(value).lower() == 'true'
        self._values[name] = DEFAULTS.get(name, '') if value is None else value

    def number(self, name: str) -> float:
        return float(self.of_statement.get(name, self._values[name]))

    def flag(self, name: str) -> bool:
        return str(self.of_statement.get(name, self._values[name])).lower() == 'true'

    def of_session(self, name: str) -> Any:
        """What holds for the next statement, whichever runs now."""
        return self._values[name]

    def autocommit(self) -> bool:
        return bool(self._values['AUTOCOMMIT'])

    def shown(self) -> dict[str, str]:
        """Every parameter as SHOW PARAMETERS writes it."""
        values = sorted({**self._values, **self.of_statement}.items())
        return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values}

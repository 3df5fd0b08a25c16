"""Names of tables, stages and other objects in a schema."""

from typing import NamedTuple

from sqlglot import exp


class Name(NamedTuple):
    """DATABASE.SCHEMA.NAME as the catalogue holds it; a part may hold a dot."""

    database: str
    schema: str
    name: str

    def __str__(self) -> str:
        return '.'.join(self)

    def quoted(self) -> str:
        return '.'.join(quote(part) for part in self)

    def table(self) -> exp.Table:
        """The name in a tree."""
        database, schema, name = (exp.to_identifier(part, quoted=True) for part in self)
        return exp.Table(this=name, db=schema, catalog=database)

    def beside(self, name: str) -> 'Name':
        """Another name in the same schema."""
        return self._replace(name=name)

    def is_in(self, place: tuple[str, ...]) -> bool:
        """Whether it lies in (DATABASE,) or (DATABASE, SCHEMA)."""
        return self[: len(place)] == place


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

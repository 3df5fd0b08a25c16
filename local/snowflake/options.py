"""Options of statements, such as TYPE = PARQUET or CREDENTIALS = (…)."""

from typing import Any

from sqlglot import Expr, exp


def options(properties: Expr | list[Expr] | None) -> dict[str, Any]:
    """They as values by upper-cased name; nested ones are dictionaries."""
    found: dict[str, Any] = {}
    for item in properties.expressions if isinstance(properties, exp.Properties) else properties or []:
        if isinstance(item, exp.CredentialsProperty):
            found['CREDENTIALS'] = options(item.expressions)
        elif isinstance(item, exp.FileFormatProperty):
            found['FILE_FORMAT'] = options(item.expressions)
        elif isinstance(item, exp.Property) and isinstance(item.this, exp.Var):
            found[item.this.name.upper()] = _value(item.args['value'])
    return found


def _value(value: Expr) -> Any:
    if isinstance(value, (exp.Tuple, exp.Paren)):
        inner = value.expressions if isinstance(value, exp.Tuple) else [value.this]
        return [_value(part) for part in inner]
    if isinstance(value, exp.Boolean):
        return value.this
    if isinstance(value, exp.Table):
        return value.sql(dialect='snowflake')
    return value.name

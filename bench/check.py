"""Rows, counts and sums of Parquet files, by DuckDB, in the same words as the server's own.

Argument: a JSON file {table: {"files": [...], "columns": [{"name", "kind", "scale"}]}}. Prints {table: {"rows", "sums":
{column: [count, sum]}}}; a column that cannot be summed has the error's kind in place of its sum.
"""
import json
import sys

import duckdb


def summed(name: str, kind: str, scale: int, found: str) -> str:
    """The SQL of a column's sum; `found` is its type in the file."""
    column = f'"{name}"'
    if kind == "number":
        number = f"{column}::INTEGER" if found == "BOOLEAN" else column
        return f"sum(CAST({number} AS DECIMAL(38,{scale})))"
    if kind == "double":
        return f"sum(CAST(floor(CAST({column} AS DOUBLE) * 8589934592) AS HUGEINT))"
    if kind == "moment":
        moment = column if found.startswith("TIMESTAMP") else f"CAST({column} AS TIMESTAMP)"
        return f"sum(CAST(epoch_us({moment}) AS HUGEINT))"
    if kind == "date":
        return f"sum(datediff('day', DATE '1970-01-01', CAST({column} AS DATE)))"
    value = column if found in ("VARCHAR", "BLOB") else f"CAST({column} AS VARCHAR)"
    return f"sum(CAST('0x' || substr(md5({value}), 1, 8) AS BIGINT))"


def checked(db: duckdb.DuckDBPyConnection, files: list[str], columns: list[dict]) -> dict:
    files_sql = f"read_parquet({files!r})"
    types = {row[0]: row[1] for row in db.execute(f"DESCRIBE SELECT * FROM {files_sql}").fetchall()}
    sums = {}
    for column in columns:
        name = column["name"]
        if name not in types:
            sums[name] = ["missing", "missing"]
            continue
        sql = summed(name, column["kind"], column["scale"], types[name])
        query = f'SELECT count("{name}")::VARCHAR, coalesce(({sql}), 0)::VARCHAR FROM {files_sql}'
        try:
            sums[name] = list(db.execute(query).fetchone())
        except duckdb.Error as error:
            sums[name] = [types[name], type(error).__name__]
    (rows,) = db.execute(f"SELECT count(*) FROM {files_sql}").fetchone()
    return {"rows": rows, "sums": sums}


with open(sys.argv[1], encoding="utf-8") as asked:
    tables = json.load(asked)
database = duckdb.connect()
print(json.dumps({table: checked(database, each["files"], each["columns"]) for table, each in tables.items()}))

"""ConnectorX → pyarrow → one Parquet file a table, zstd. Argument: {"mysql", "tables", "out"} as JSON."""
import json
import sys

import connectorx
import pyarrow.parquet

asked = json.loads(sys.argv[1])
my = asked["mysql"]
uri = f"mysql://{my['user']}:{my['password']}@{my['host']}:{my['port']}/{my['database']}"
for name in asked["tables"]:
    table = connectorx.read_sql(uri, f"SELECT * FROM `{name}`", return_type="arrow")
    pyarrow.parquet.write_table(table, f"{asked['out']}/{name}.parquet", compression="zstd")

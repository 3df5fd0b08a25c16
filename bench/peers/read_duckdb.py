"""DuckDB's mysql_scanner → one Parquet file a table, zstd. Argument: {"mysql", "tables", "out"} as JSON."""
import json
import sys
from pathlib import Path

import duckdb
import duckdb_extension_mysql_scanner

asked = json.loads(sys.argv[1])
my = asked["mysql"]
folder = Path(duckdb_extension_mysql_scanner.__file__).parent
(extension,) = folder.glob(f"extensions/v{duckdb.__version__}/mysql_scanner.duckdb_extension")
db = duckdb.connect()
db.execute(f"LOAD '{extension}'")
address = f"host={my['host']} port={my['port']} user={my['user']} password={my['password']} database={my['database']}"
db.execute(f"ATTACH '{address}' AS source (TYPE mysql, READ_ONLY)")
for name in asked["tables"]:
    target = f"{asked['out']}/{name}.parquet"
    db.execute(f"COPY (SELECT * FROM source.\"{name}\") TO '{target}' (FORMAT parquet, COMPRESSION zstd)")

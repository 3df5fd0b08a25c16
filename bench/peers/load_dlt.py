"""dlt's sql_database by ConnectorX → staged Parquet → DuckDB. Argument: {"mysql", "tables", "out"} as JSON.

Prints how long the pipeline itself took: what a warm worker would take, without Python's start and imports.
"""
import json
import os
import sys
import time

asked = json.loads(sys.argv[1])
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"

import connectorx  # noqa: E402, F401
import dlt  # noqa: E402
import duckdb  # noqa: E402, F401
from dlt.sources.sql_database import sql_database  # noqa: E402

my = asked["mysql"]
address = f"{my['user']}:{my['password']}@{my['host']}:{my['port']}/{my['database']}"


began = time.perf_counter()
source = sql_database(
    f"mysql+pymysql://{address}",
    table_names=asked["tables"],
    backend="connectorx",
    reflection_level="full_with_precision",
    backend_kwargs={"conn": f"mysql://{address}"},
)
pipeline = dlt.pipeline(
    pipeline_name="bench",
    pipelines_dir=f"{asked['out']}/.dlt",
    destination=dlt.destinations.duckdb(f"{asked['out']}/warehouse.duckdb"),
    dataset_name="data",
)
pipeline.run(source, loader_file_format="parquet", write_disposition="replace").raise_on_failed_jobs()
counts = pipeline.last_trace.last_normalize_info.row_counts
rows = sum(counts.get(table, 0) for table in asked["tables"])
print(json.dumps({"seconds": time.perf_counter() - began, "rows": rows}))

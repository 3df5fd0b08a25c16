"""dlt's sql_database → Parquet files, by one of its backends. Argument: {"mysql", "tables", "out", "backend"} as JSON."""
import json
import os
import sys

asked = json.loads(sys.argv[1])
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"

import dlt  # noqa: E402
from dlt.destinations import filesystem  # noqa: E402
from dlt.sources.sql_database import sql_database  # noqa: E402

my = asked["mysql"]
address = f"{my['user']}:{my['password']}@{my['host']}:{my['port']}/{my['database']}"
connectorx = asked["backend"] == "connectorx"
source = sql_database(
    f"mysql+pymysql://{address}",
    table_names=asked["tables"],
    backend=asked["backend"],
    # pyarrow needs to be told precision and scale, or decimals come out as some default
    reflection_level="full_with_precision",
    chunk_size=100_000,
    backend_kwargs={"conn": f"mysql://{address}"} if connectorx else {},
)
pipeline = dlt.pipeline(
    pipeline_name="bench",
    pipelines_dir=f"{asked['out']}/.dlt",
    destination=filesystem(bucket_url=f"file://{asked['out']}"),
    dataset_name="data",
)
pipeline.run(source, loader_file_format="parquet", write_disposition="replace").raise_on_failed_jobs()

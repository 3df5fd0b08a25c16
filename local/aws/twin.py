"""AWS on this machine: ministack, with what our pipeline needs mended.

    python local/aws/twin.py --port 4566 --data DIR

Answers on 127.0.0.1 only; ready when GET /_ministack/health answers 200. State is kept in memory and ends with the
process. Temporary files (unpacked Lambdas) go to DIR/work, which is emptied at the start. Lambdas run on the first `node`
of the PATH, whichever runtime they name.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import deployment
import lambda_workers
import state_machines

REGION = "us-east-1"
ACCOUNT = "000000000000"


def environment(port: int, data: Path) -> dict[str, str]:
    """What ministack reads from its environment. It does so while it is imported, hence before."""
    return {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        # Our own Node, never a container: the twin must behave the same where Docker is running.
        "LAMBDA_EXECUTOR": "local",
        # Listeners on well-known ports that nothing here speaks to.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(data),
        "S3_DATA_DIR": str(data / "s3"),
        "STATE_DIR": str(data / "state"),
    }


def main() -> None:
    """Serve until a signal ends the process."""
    parser = argparse.ArgumentParser(description="The AWS twin")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder for what it writes")
    options = parser.parse_args()

    data = options.data.resolve() / "work"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    # the workers' script is CommonJS, whatever the package.json of a checkout around DIR says
    (data / "package.json").write_text('{ "type": "commonjs" }')
    os.environ.update(environment(options.port, data))
    tempfile.tempdir = str(data)

    deployment.mend()
    lambda_workers.mend()
    state_machines.mend()

    from ministack import app

    sys.argv = sys.argv[:1]  # ministack reads options too, and knows none of ours
    app.main()


if __name__ == "__main__":
    main()

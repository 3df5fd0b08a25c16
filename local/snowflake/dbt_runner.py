"""How an execution of dbt is started and canceled: through the ready dbt server, or as a process of its own."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable

ENVIRONMENT = {
    'DBT_SEND_ANONYMOUS_USAGE_STATS': 'false', 'DBT_PARTIAL_PARSE': 'true', 'DBT_VERSION_CHECK': 'false',
    'DBT_USE_COLORS': 'false', 'PYTHONUNBUFFERED': '1',
}  # fmt: skip
POLL_SECONDS = 0.05


class DbtRunner:
    """Runs `program` (a path to dbt). If dbt lives in this process's environment, a server keeps it imported."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._server: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.mkdtemp(prefix='firn-dbt-')
        self._socket = os.path.join(self._folder, 'dbt')
        if os.path.dirname(os.path.abspath(program)) == os.path.dirname(os.path.abspath(sys.executable)):
            script = os.path.join(os.path.dirname(__file__), 'dbt_server.py')
            self._server = subprocess.Popen(
                [sys.executable, script, self._socket], stdin=subprocess.PIPE, start_new_session=True
            )

    def close(self) -> None:
        """End the server; an execution it forked ends by itself when nobody listens any more."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, arguments: list[str], folder: str, log: str, is_canceled: Callable[[], bool]) -> int | None:
        """Run dbt in `folder`, writing what it says to `log`; its exit code, or None when canceled."""
        if self._server is not None and self._server.poll() is None and os.path.exists(self._socket):
            return self._by_server(arguments, folder, log, is_canceled)
        return self._by_process(arguments, folder, log, is_canceled)

    def _by_server(self, arguments: list[str], folder: str, log: str, is_canceled: Callable[[], bool]) -> int | None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self._socket)
            request = {'arguments': arguments, 'folder': folder, 'log': log, 'environment': ENVIRONMENT}
            connection.sendall(json.dumps(request).encode() + b'\n')
            connection.settimeout(POLL_SECONDS)
            while not is_canceled():
                try:
                    said = connection.recv(16)
                    return int(said) if said else 1
                except TimeoutError:
                    continue
            return None

    def _by_process(self, arguments: list[str], folder: str, log: str, is_canceled: Callable[[], bool]) -> int | None:
        with pathlib.Path(log).open('wb') as out:
            process = subprocess.Popen(
                [self._program, *arguments], cwd=folder, env={**os.environ, **ENVIRONMENT},
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip
            ended = threading.Event()
            threading.Thread(target=lambda: (process.wait(), ended.set()), daemon=True).start()
            while not ended.wait(POLL_SECONDS):
                if is_canceled():
                    process.terminate()
                    process.wait()
                    return None
        return process.returncode

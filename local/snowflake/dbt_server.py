"""dbt kept ready: a process that has imported dbt once and forks a child for each execution (saves some 2.5 s each).

    python dbt_server.py SOCKET

A client connects to the Unix socket and sends one JSON line {arguments, folder, log, environment}; the child runs dbt
there, writing to `log`, and sends back its exit code. A client that hangs up cancels the execution. The server ends
when its standard input does, so it never outlives who started it.
"""

import json
import os
import select
import signal
import socket
import sys
import threading


def serve(path: str) -> None:
    """Import dbt, listen at `path`, fork for each connection."""
    import dbt.adapters.snowflake  # noqa: F401
    from dbt.cli.main import cli

    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([server, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        connection, _ = server.accept()
        if os.fork() == 0:
            server.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _run(connection, cli)
        connection.close()


def _run(connection: socket.socket, cli: object) -> None:
    """Run dbt in this process, and end it."""
    request = json.loads(connection.makefile().readline())
    os.chdir(request['folder'])
    os.environ.update(request['environment'])
    log = os.open(request['log'], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
    sys.argv = ['dbt', *request['arguments']]
    code = 1
    try:
        cli()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(str(code).encode())
        os._exit(code)


def _end_with(connection: socket.socket) -> None:
    """The client hung up: nobody wants this execution any more."""
    if not connection.recv(1):
        os._exit(143)


if __name__ == '__main__':
    serve(sys.argv[1])

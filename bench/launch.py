"""Runs one command and writes what it cost: wall and CPU seconds, and the most memory one of its processes held.

    python -S -E launch.py RESULT.json OUTPUT COMMAND...

Everything is the kernel's own account of the child and the children it waited for (wait4), taken by a process this
small, since a child's peak begins with what its parent held. OUTPUT gets standard output, OUTPUT.err standard error.
"""
import os
import signal
import sys
import time

result, output, *command = sys.argv[1:]
out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
err = os.open(output + ".err" if output != "/dev/null" else output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
began = time.monotonic()
actions = [(os.POSIX_SPAWN_DUP2, out, 1), (os.POSIX_SPAWN_DUP2, err, 2)]
pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGKILL))
_, status, used = os.wait4(pid, 0)
seconds = time.monotonic() - began
kilobytes = used.ru_maxrss if sys.platform == "linux" else used.ru_maxrss // 1024
with open(result, "w", encoding="utf-8") as file:
    file.write(
        f'{{"status": {os.waitstatus_to_exitcode(status)}, "seconds": {seconds:.4f}, '
        f'"cpuSeconds": {used.ru_utime + used.ru_stime:.4f}, "maxRssMb": {kilobytes / 1024:.1f}}}\n'
    )

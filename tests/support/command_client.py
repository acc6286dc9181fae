"""Let a process of `tests.support.commands` fork a command, and end as the command ends.

As a script it starts in a fiftieth of the time that the imports of a command take: it imports
little, and not `site`.
"""

import marshal
import os
import signal
import sys
from _socket import AF_UNIX, SCM_RIGHTS, SOCK_STREAM, SOL_SOCKET, socket
from array import array

FORWARDED = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1)


def request(
    address: str, arguments: list[str], env: dict[str, str], cwd: str, streams: tuple[int, ...]
) -> socket:
    """Let a command be forked with these standard streams; return the connection to its server."""
    connection = socket(AF_UNIX, SOCK_STREAM)
    try:
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    umask = os.umask(0o077)
    os.umask(umask)
    content = marshal.dumps((arguments, env, cwd, umask))
    rights = (SOL_SOCKET, SCM_RIGHTS, array("i", streams))
    connection.sendmsg([len(content).to_bytes(4)], [rights])
    connection.sendall(content)
    return connection


def read_number(connection: socket) -> int:
    """Return the id of the forked process at first, then its exit code, or a negative signal."""
    content = connection.recv(4)
    return int.from_bytes(content, signed=True) if content else -signal.SIGKILL


def main() -> None:
    """Run a command with everything that this process has, and forward signals to it."""
    address, *arguments = sys.argv[1:]
    signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
    folder = os.getcwd()  # noqa: PTH109 - without the import of pathlib
    connection = request(address, arguments, dict(os.environ), folder, (0, 1, 2))
    process_id = read_number(connection)
    for signum in FORWARDED:
        signal.signal(signum, lambda number, _: os.kill(process_id, number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
    code = read_number(connection)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main()

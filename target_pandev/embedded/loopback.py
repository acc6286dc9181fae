"""A TCP port on the loopback interface that leads to the server's socket.

The server itself never listens on TCP: PostgreSQL has one port number for TCP and for the name of
its socket, and a running server cannot get another. So the process that keeps the store running
forwards connections, and the port closes with it. The server sees a connection of its socket and
asks for a password; nothing here knows one.
"""

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from target_pandev.embedded.errors import EmbeddedError

MAX_CONNECTIONS = 100
"""PostgreSQL's default; more are closed at once, so that others cannot use up our descriptors."""
CHUNK_BYTES = 256 * 1024
ATTEMPTS = 20
"""For a port that is free on both addresses."""
WITHOUT_IPV6 = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


@contextlib.contextmanager
def bound(port: int) -> Iterator[list[socket.socket]]:
    """Yield sockets bound to a port of 127.0.0.1 and ::1; 0 is a free port. Raises if it is taken.

    On ::1 too, because a client that connects to `localhost` may try it first: another user's
    program there would be asked instead of the store.
    """
    try:
        opened = _bind_both(port)
    except OSError as error:
        raise _port_error(port, error) from error
    with contextlib.ExitStack() as sockets:
        yield [sockets.enter_context(sock) for sock in opened]


def _bind_both(port: int) -> list[socket.socket]:
    for attempt in range(1, ATTEMPTS + 1):
        first = _bind(socket.AF_INET, "127.0.0.1", port)
        try:
            return [first, _bind(socket.AF_INET6, "::1", first.getsockname()[1])]
        except OSError as error:
            if error.errno in WITHOUT_IPV6:
                return [first]
            first.close()
            if port or attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _bind(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind((address, port))
        opened.listen()
    except OSError:
        opened.close()
        raise
    return opened


def _port_error(port: int, error: OSError) -> EmbeddedError:
    if error.errno == errno.EADDRINUSE:
        return EmbeddedError(
            f"port {port}: another process listens on it; choose another port, or 0 for a free one"
        )
    if error.errno == errno.EACCES:
        return EmbeddedError(f"port {port}: not allowed for this user; choose one above 1023")
    return EmbeddedError(f"port {port}: {os.strerror(error.errno or 0)}")


@contextlib.asynccontextmanager
async def forwarding(listeners: list[socket.socket], *, server_socket: Path) -> AsyncIterator[None]:
    """Forward connections to the server's socket inside the block; at its end they are closed."""
    forwarder = _Forwarder(server_socket)
    servers = [await asyncio.start_server(forwarder.accept, sock=sock) for sock in listeners]
    try:
        yield
    finally:
        for server in servers:
            server.close()
        await forwarder.close()


class _Forwarder:
    """The connections that are being forwarded."""

    def __init__(self, server_socket: Path) -> None:
        self._server_socket = str(server_socket)
        self._tasks: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward a new connection, unless there are too many."""
        if len(self._tasks) >= MAX_CONNECTIONS:
            writer.close()
            return
        task = asyncio.create_task(self._forward(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Close all connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError):
            from_server, to_server = await asyncio.open_unix_connection(self._server_socket)
            with contextlib.closing(to_server):
                pumps = {
                    asyncio.create_task(_pump(reader, to_server)),
                    asyncio.create_task(_pump(from_server, writer)),
                }
                try:  # PostgreSQL's protocol has no half-closed connections
                    await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for pump in pumps:
                        pump.cancel()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the end of the input; a slow reader slows the writer down."""
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()

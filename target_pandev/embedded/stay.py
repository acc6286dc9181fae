"""Keep the server of a store running in the foreground, for tools that hold no lock of ours.

One process per store does so. While it runs, it counts as a user of the store and starts a server
that ended again; after a `kill -9` the reaper stops the server as after any other user.
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable

from target_pandev.embedded.loopback import bound, forwarding
from target_pandev.embedded.server import EmbeddedServer

CHECK_SECONDS = 1.0
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def stay_running(
    server: EmbeddedServer, *, port: int | None, announce: Callable[[int | None], None]
) -> bool:
    """Keep the server running until SIGINT or SIGTERM, then stop it unless others use it.

    With a port, clients reach it on the loopback interface; 0 is a free one. `announce` gets the
    port once connections are accepted. Return whether the server was stopped.
    """
    with server.kept_running():
        with contextlib.ExitStack() as stack:
            listeners = stack.enter_context(bound(port)) if port is not None else []
            stack.enter_context(server)
            if listeners:
                server.require_passwords()
            asyncio.run(_run(server, listeners, announce))
        return server.stop()


async def _run(
    server: EmbeddedServer,
    listeners: list[socket.socket],
    announce: Callable[[int | None], None],
) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in SIGNALS:
        loop.add_signal_handler(signum, ended.set)
    async with forwarding(listeners, server_socket=server.socket):
        announce(listeners[0].getsockname()[1] if listeners else None)
        while not await _has_ended(ended):
            await asyncio.to_thread(server.restart_if_ended)


async def _has_ended(ended: asyncio.Event) -> bool:
    """Return whether a signal came, now or within the time between two checks."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(ended.wait(), CHECK_SECONDS)
    return ended.is_set()


def keeper_hint(server: EmbeddedServer) -> str:
    """Return which process keeps the server running and what to do about it, or an empty text."""
    pid = server.keeper_pid
    if pid is None:
        return ""
    return f"pandev store start --stay (process {pid}) keeps the store running; stop that process"

"""Objects that live in a process of their own and are called through a pipe.

So the benchmark's process stays small, on which the peak memory of its children depends (see
`processes`).
"""

from __future__ import annotations

import multiprocessing
import signal
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection


class ChildProcess:
    """A process that runs `serve(connection, *arguments)`, within a `with` block.

    `serve` sends one value once it is ready, which is `greeting` here, and calls `answer_calls`.
    """

    def __init__(self, serve: Callable[..., None], *arguments: Any) -> None:
        self._serve = serve
        self._arguments = arguments
        self.greeting: Any = None

    def __enter__(self) -> Self:
        """Start the process and wait until it is ready."""
        spawn = multiprocessing.get_context("spawn")
        self._connection, far_end = spawn.Pipe()
        arguments = (far_end, *self._arguments)
        self._process = spawn.Process(target=self._serve, args=arguments, daemon=True)
        self._process.start()
        far_end.close()
        try:
            self.greeting = self._receive()
        except BaseException:
            self._process.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._connection.close()  # the process ends when its connection is closed
        self._process.join(5)
        self._process.kill()
        self._process.join()

    def call(self, name: str, *arguments: Any) -> Any:
        """Call a function of the process by its name, and return what it returns."""
        self._connection.send((name, arguments))
        return self._receive()

    def _receive(self) -> Any:
        try:
            return self._connection.recv()
        except EOFError:
            raise RuntimeError("the fake ClickUp has ended; see its error above") from None


def answer_calls(
    connection: Connection, greeting: Any, find: Callable[[str], Callable[..., Any]]
) -> None:
    """Send the greeting, then answer calls until the other end of the connection is closed.

    `find` returns the function of a name.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the starting process ends this one
    connection.send(greeting)
    try:
        while True:
            name, arguments = connection.recv()
            connection.send(find(name)(*arguments))
    except EOFError:
        return

"""After a fatal error, read on until the tap ends: then the error is the last line of the run.

A target that exits while its tap is writing leaves a broken pipe, and Meltano 4.4 then prints 100
lines of its own traceback below the error.
"""

from __future__ import annotations

import os
import select
import signal
import stat
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_SECONDS = 60.0
"""A tap that still writes after that is not waited for: nothing of it is stored."""
PROMPT_SECONDS = 0.2
CHUNK_BYTES = 1 << 20


def discard_input(descriptor: int, *, on_wait: Callable[[], None]) -> None:
    """Discard the input of a pipe until it ends, for a minute at most.

    `on_wait` is called once if that is not the case at once. A signal then ends the process.
    """
    if not _is_pipe(descriptor):
        return
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_DFL)
    started = time.monotonic()
    has_called = False
    while (elapsed := time.monotonic() - started) < MAX_SECONDS:
        if not has_called and elapsed >= PROMPT_SECONDS:
            on_wait()
            has_called = True
        wait_seconds = (MAX_SECONDS if has_called else PROMPT_SECONDS) - elapsed
        is_readable, _, _ = select.select([descriptor], [], [], wait_seconds)
        if is_readable and not os.read(descriptor, CHUNK_BYTES):
            return


def _is_pipe(descriptor: int) -> bool:
    """Return whether another process may be writing; Meltano uses a pair of sockets."""
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)

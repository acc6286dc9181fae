"""File locks of the kernel, which are released when their last holder ends, also by `kill -9`.

A lock belongs to a descriptor and to every copy that a child inherited. It is released by closing
the descriptor, never by unlocking, which would release it for the children too.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.platform != "win32":
    import fcntl


def take(path: Path, *, shared: bool = False) -> int:
    """Return a descriptor that holds the lock; wait while another process holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def try_take(path: Path) -> int | None:
    """Return a descriptor that holds the exclusive lock, or None if any process holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def is_free(path: Path) -> bool:
    """Return whether no process holds the lock.

    It takes the lock for an instant, so two processes must not call it concurrently.
    """
    descriptor = try_take(path)
    if descriptor is None:
        return False
    os.close(descriptor)
    return True


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the exclusive lock inside a `with`; wait while another process holds it."""
    descriptor = take(path)
    try:
        yield
    finally:
        os.close(descriptor)

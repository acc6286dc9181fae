"""Send requests whose responses must be complete by a deadline.

The read timeout of requests begins again with every byte, so a server that sends one byte per
minute keeps a run waiting for ever, whether the bytes belong to a header, to interim responses (100
Continue), to the body or to its trailers.
https://requests.readthedocs.io/en/latest/user/advanced/#timeouts
"""

from __future__ import annotations

import io
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    import socket

    from urllib3 import PoolManager, ProxyManager

MAX_RESPONSE_SECONDS = 5 * 60
"""A page of a hundred tasks takes seconds."""


class SlowResponseError(Exception):
    """The response was not complete in time. Not an `OSError`: the client retries those."""


class _TimedReader(io.RawIOBase):
    """Reads from a socket until a deadline."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket) -> None:
        self._raw = raw
        self._connection = connection
        self._timeout = connection.gettimeout() or MAX_RESPONSE_SECONDS
        self._deadline = time.monotonic() + MAX_RESPONSE_SECONDS

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise SlowResponseError
        self._connection.settimeout(min(self._timeout, remaining))
        try:
            return self._raw.readinto(buffer)
        except TimeoutError:
            if remaining < self._timeout:
                raise SlowResponseError from None
            raise

    def close(self) -> None:
        super().close()
        self._raw.close()


class _TimedResponse(HTTPResponse):
    """A response that is read from a `_TimedReader`."""

    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


class _TimedConnection(HTTPConnection):
    response_class = _TimedResponse


class _TimedTlsConnection(HTTPSConnection):
    response_class = _TimedResponse


class _TimedPool(HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class _TimedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTlsConnection


class TimedAdapter(HTTPAdapter):
    """Raises `SlowResponseError` if a response is not complete after `MAX_RESPONSE_SECONDS`."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Create the pools of direct connections."""
        super().init_poolmanager(*arguments, **named)
        _use_timed_pools(self.poolmanager)

    def proxy_manager_for(self, *arguments: Any, **named: Any) -> ProxyManager:
        """Return the pools of connections through a proxy."""
        manager: ProxyManager = super().proxy_manager_for(*arguments, **named)
        _use_timed_pools(manager)
        return manager


def _use_timed_pools(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _TimedPool, "https": _TimedTlsPool}

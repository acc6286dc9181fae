"""uvicorn's protocol, with limits for slow, oversized and numerous requests that it lacks.

It overrides callbacks of uvicorn and reads its `connections`, `pipeline` and `cycle`, which no
document promises; `tests/clickup_receiver/test_server.py` fails if a limit does not hold any more.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

REQUEST_HEADER_TIMEOUT_SECONDS = 5.0
MAX_REQUEST_HEADER_BYTES = 16 * 2**10
MAX_REQUEST_BYTES = 2**20
"""With the lines of chunks and trailers; the application limits the body itself."""
MAX_PIPELINED_REQUESTS = 4
"""Requests that wait on one connection for the response to the first."""
UPGRADE = b"upgrade"
MAX_PIECES = 1_000
"""Chunks and trailers of a request. Of a body of 256 KiB a client sends some dozen chunks."""
PARSED_BYTES = 16 * 2**10
"""Bytes that are parsed before limits are checked; asyncio reads up to 256 KiB at a time."""


@dataclass
class ConnectionLimit:
    """The connections of one server, and which of them have not sent a whole request yet.

    Beyond the limit the oldest of those is closed: idle and slow clients do not keep others out.
    """

    max_connections: int
    unfinished: dict[LimitedProtocol, None] = field(default_factory=dict)

    @property
    def protocol_factory(self) -> Callable[..., LimitedProtocol]:
        """The `http` setting of uvicorn."""
        return partial(LimitedProtocol, limit=self)

    def apply(self, new: LimitedProtocol) -> None:
        """Close a connection if a new one is too many."""
        if len(new.connections) > self.max_connections:
            next(iter(self.unfinished), new).abort()


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection whose next request is late or too large, or that sends too many."""

    def __init__(self, *args: Any, limit: ConnectionLimit, **options: Any) -> None:
        super().__init__(*args, **options)
        self._limit = limit
        self._header_timeout: asyncio.TimerHandle | None = None
        self._request_bytes = 0
        self._has_headers = False
        self._pieces = 0
        self._part = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timeout of the first request header."""
        super().connection_made(transport)
        self._expect_request()
        self._limit.apply(self)

    def data_received(self, data: bytes) -> None:
        """Process data; close the connection if a request becomes too large."""
        for start in range(0, len(data), PARSED_BYTES):
            part = data[start : start + PARSED_BYTES]
            self._request_bytes += len(part)
            self._part = part
            if not self._is_discarding:
                super().data_received(part)
            max_bytes = MAX_REQUEST_BYTES if self._has_headers else MAX_REQUEST_HEADER_BYTES
            if self._request_bytes > max_bytes:
                self.abort()
            if self.transport.is_closing():
                return

    @property
    def _is_discarding(self) -> bool:
        """Whether a response was sent before its request was read, and ends the connection.

        Bytes that arrive then are not parsed: that would cost as much as reading it.
        """
        cycle = self.cycle
        return (
            cycle is not None
            and cycle.response_started
            and not cycle.response_complete
            and not cycle.keep_alive
        )

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; only count trailers, which the parser reports in the same way."""
        if self._has_headers:
            self._count_piece()
        else:
            super().on_header(name, value)

    def on_chunk_header(self) -> None:
        """Count a chunk of a body."""
        self._count_piece()

    def on_body(self, body: bytes) -> None:
        """Keep a part of a body, unless the connection was closed before the parser is done."""
        if not self.transport.is_closing():
            super().on_body(body)

    def _count_piece(self) -> None:
        self._pieces += 1
        if self._pieces > MAX_PIECES:
            self.abort()

    def on_headers_complete(self) -> None:
        """Stop the timeout; the application limits the time of the body."""
        if self.transport.is_closing() or self._offers_upgrade():
            return
        self._has_headers = True
        self._cancel_header_timeout()
        self._limit.unfinished.setdefault(self)
        super().on_headers_complete()
        if len(self.pipeline) > MAX_PIPELINED_REQUESTS:
            self.abort()

    def on_message_complete(self) -> None:
        """Count the bytes of the next request."""
        if self.transport.is_closing() or self._offers_upgrade():
            return
        super().on_message_complete()
        if not self._header_timeout:  # otherwise the response came before the end of the body
            self._limit.unfinished.pop(self, None)
        self._has_headers = False
        self._request_bytes = 0
        self._pieces = 0

    def on_response_complete(self) -> None:
        """Start the timeout of the next request header, unless a request waits already."""
        is_next_waiting = bool(self.pipeline)
        super().on_response_complete()
        if not is_next_waiting:
            self._expect_request()

    def _offers_upgrade(self) -> bool:
        """Return whether a request offers another protocol; CONNECT does without the header."""
        return self.parser.should_upgrade() and any(name == UPGRADE for name, _ in self.headers)

    def _unsupported_upgrade_warning(self) -> None:
        """Parse a request again without the offer, which a server may ignore (RFC 9110, 7.8).

        The parser takes what follows its header for the other protocol, not for a body.
        """
        if not self._offers_upgrade():
            return
        upgrade = sys.exception()  # it says where the header ends
        if not isinstance(upgrade, httptools.HttpParserUpgrade):
            return
        version = self.parser.get_http_version().encode()
        lines = [
            b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, version),
            *(b"%s: %s" % header for header in self.headers if header[0] != UPGRADE),
            b"",
            b"",
        ]
        self.parser = httptools.HttpRequestParser(self)
        super().data_received(b"\r\n".join(lines) + self._part[upgrade.args[0] :])

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timeout."""
        self._cancel_header_timeout()
        self._limit.unfinished.pop(self, None)
        super().connection_lost(exc)

    def abort(self) -> None:
        """Close the connection at once; a client that reads nothing would delay an orderly end."""
        self._cancel_header_timeout()
        self._limit.unfinished.pop(self, None)
        self.transport.abort()

    def _expect_request(self) -> None:
        self._cancel_header_timeout()
        self._limit.unfinished[self] = None
        self._header_timeout = self.loop.call_later(REQUEST_HEADER_TIMEOUT_SECONDS, self.abort)

    def _cancel_header_timeout(self) -> None:
        if self._header_timeout:
            self._header_timeout.cancel()
            self._header_timeout = None

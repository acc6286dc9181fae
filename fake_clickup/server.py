"""The HTTP server of the fake ClickUp on the loopback device; `routes` computes the responses."""

from __future__ import annotations

import json
import re
import select
import socket
import struct
import sys
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

from .behaviour import Behaviour, Fault, Request
from .error_codes import ApiError
from .rate_limit import RateLimit
from .routes import Routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from .account import Account
    from .routes import Query

ROOT = "/api/v2"
JSON_TYPE = "application/json; charset=utf-8"
NO_LINGER = struct.pack("ii", 1, 0)


class Response(NamedTuple):
    """What is sent, and when; with `cut` the connection ends after half of the body, or at once."""

    status: int
    body: bytes
    headers: dict[str, str]
    cut: bool = False
    delay_seconds: float = 0.0


class FakeClickUp:
    """A ClickUp of one account, running while its `with` block does.

    `requests` has every request in order of arrival. Port 0 picks a free one. An error in here,
    `on_request` or `on_response` cuts the connection, joins `failures`, and is raised when the
    block ends.
    """

    def __init__(
        self, account: Account, *, behaviour: Behaviour | None = None, port: int = 0
    ) -> None:
        self.account = account
        self.behaviour = behaviour or Behaviour()
        self.requests: list[Request] = []
        self._port = port
        self._lock = Lock()
        self._limit = RateLimit(self.behaviour)
        self._routes = Routes(account, self.behaviour)
        self._server: Server | None = None
        self.failures: list[BaseException] = []
        account.clock = self._now

    @property
    def api_url(self) -> str:
        """The base of every address, known once the server listens."""
        if self._server is None:
            raise RuntimeError("fake ClickUp: not started; use it in a with statement")
        return f"http://127.0.0.1:{self._server.server_address[1]}{ROOT}"

    @property
    def token(self) -> str:
        """The token that the server accepts."""
        return self.account.token

    def __enter__(self) -> Self:
        """Listen, and answer in threads of their own."""
        self._server = Server(self, port=self._port)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Stop listening, close open connections, and wait for all threads."""
        if self._server:
            self._server.shutdown()
            self._thread.join()
            self._server.disconnect()
            self._server.server_close()
        if self.failures and error is None:
            raise self.failures[0]

    def respond(
        self, method: str, target: str, *, token: str | None, content: bytes = b""
    ) -> Response:
        """Record a request and return its response."""
        parts = urlsplit(target)
        query = parse_qs(parts.query, keep_blank_values=True)
        request = Request(method, parts.path, query, 0, token == self.token)
        with self._lock:
            self.requests.append(request)
        if self.behaviour.on_request:
            self.behaviour.on_request(request, self.account)
        fault = self._take_fault(request)
        if fault is None:
            response = self._compute_response(request, token, content)
        else:
            if fault.executed:
                self._compute_response(request, token, content)
            response = _build_fault_response(fault)
        request.status = response.status
        if self.behaviour.on_response:
            self.behaviour.on_response(request, self.account)
        return response._replace(headers=self._build_headers(response))

    def _build_headers(self, response: Response) -> dict[str, str]:
        return {
            "Date": formatdate(self.behaviour.clock(), usegmt=True),
            "Content-Type": JSON_TYPE,
            "Cache-Control": "no-cache, no-store",
            **response.headers,
            "Content-Length": str(len(response.body)),
        }

    def _take_fault(self, request: Request) -> Fault | None:
        with self._lock:
            for fault in self.behaviour.faults:
                if fault.method not in {None, request.method}:
                    continue
                if fault.path is None or re.search(fault.path, request.path):
                    self.behaviour.faults.remove(fault)
                    return fault
        return None

    def _compute_response(self, request: Request, token: str | None, content: bytes) -> Response:
        headers: dict[str, str] = {}
        try:
            compute = self._route(request, token, content)
            passes, headers = self._limit.count_request()
            body = self._execute(compute, request, passes=passes)
        except ApiError as error:
            return Response(error.status, _encode(error.body), headers)
        return Response(200, _encode(body), headers)

    def _route(self, request: Request, token: str | None, content: bytes) -> Callable[[Query], Any]:
        """Return the function that computes the response. Raises errors that are not counted."""
        if not request.path.startswith(f"{ROOT}/"):
            raise ApiError("APP_001")
        if not request.token_ok:
            raise ApiError("OAUTH_025" if token else "OAUTH_017")
        path = request.path.removeprefix(ROOT)
        with self.account.lock:
            if request.method == "GET":
                return self._routes.check(path)
            return self._routes.write(request.method, path, content)

    def _execute(self, compute: Callable[[Query], Any], request: Request, *, passes: bool) -> Any:
        if not passes:
            raise ApiError("APP_002")
        ignored = self.behaviour.ignored_parameters
        query = {key: value for key, value in request.query.items() if key not in ignored}
        with self.account.lock:
            return compute(query)

    def _now(self) -> float:
        return self.behaviour.clock()


class Server(ThreadingMixIn, TCPServer):
    """Tracks its connections, so that none outlives it."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, clickup: FakeClickUp, *, port: int) -> None:
        self.clickup = clickup
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__(("127.0.0.1", port), Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Handle one connection in its own thread."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close one connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, *_: object) -> None:
        """Keep an error; a client that disconnects before its response is not one."""
        error = sys.exception()
        if error and not isinstance(error, ConnectionError):
            self.clickup.failures.append(error)

    def disconnect(self) -> None:
        """Close every open connection, so that no thread waits for its next request."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):  # the other side was quicker
                    connection.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    """Reads the requests of one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def respond(self) -> None:
        """Handle a request of any method; the response is written at once."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.send_error(HTTPStatus.LENGTH_REQUIRED, "A body needs a Content-Length")
            return
        content = self.rfile.read(int(length))
        token = self.headers.get("Authorization")
        response = self.server.clickup.respond(
            self.command, self.path, token=token, content=content
        )
        head = [f"HTTP/1.1 {response.status} {self.responses.get(response.status, ('',))[0]}"]
        head += [f"{name}: {value}" for name, value in response.headers.items()]
        data = "\r\n".join([*head, "", ""]).encode("latin-1") + response.body
        if response.delay_seconds:
            select.select([self.connection], [], [], response.delay_seconds)  # the end of a client
        if response.cut:
            data = data[: -len(response.body) // 2] if response.body else b""
        self.wfile.write(data)
        if response.cut:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = respond  # noqa: N815 - the base's names

    def log_message(self, *_: object) -> None:
        """Log nothing: `requests` is the log."""


def _build_fault_response(fault: Fault) -> Response:
    body = fault.body.encode() if isinstance(fault.body, str) else _encode(fault.body)
    return Response(
        fault.status, body, fault.headers, cut=fault.reset, delay_seconds=fault.delay_seconds
    )


def _encode(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()

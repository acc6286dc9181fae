"""A small WakaTime-compatible server on the loopback interface."""

from __future__ import annotations

import json
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

    Fault = Callable[[BaseHTTPRequestHandler], None]

PATH = "/api/compat/wakatime/v1"
TOKEN = "planted-token-1"  # noqa: S105 - of a server in this process
USER_AGENT = (
    "wakatime/v1.98.3 (planted-machine-6.1.0) go1.22.4 vscode/1.90.1 vscode-wakatime/24.4.0"
)


def heartbeat(seconds: float, **more: Any) -> dict[str, Any]:
    """Return a heartbeat as Wakapi sends it."""
    return {
        "id": "1",
        "branch": "feature/CU-86a2",
        "category": "coding",
        "entity": "/home/planted-home/planted-file.py",
        "is_write": True,
        "language": "Go",
        "project": "orders",
        "time": seconds,
        "type": "file",
        "user_id": "planted-user",
        "machine_name_id": "planted-machine",
        "user_agent_id": USER_AGENT,
        "lines": 77_001,
        "lineno": 77_002,
        "cursorpos": 77_003,
        "created_at": "2026-03-01T09:00:01Z",
        **more,
    }


class HeartbeatServer:
    """Responds with `days`, for the tokens in `tokens`; `faults` are used up first."""

    def __init__(self) -> None:
        self.days: dict[str, list[Any]] = {}
        self.tokens = {TOKEN}
        self.faults: list[Fault] = []
        self.requested_days: list[str] = []
        self.authorizations: list[str | None] = []
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{PATH}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    owner: HeartbeatServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        day = parse_qs(parts.query).get("date", [""])[0]
        authorization = self.headers.get("Authorization")
        self.owner.requested_days.append(day)
        self.owner.authorizations.append(authorization)
        if self.owner.faults:
            self.owner.faults.pop(0)(self)
        elif parts.path != f"{PATH}/users/current/heartbeats":
            respond(404)(self)
        elif not _is_known(authorization, self.owner.tokens):
            respond(401, b'{"error": "planted-error"}')(self)
        else:
            data = self.owner.days.get(day, [])
            respond(200, json.dumps({"data": data, "start": day, "end": day}).encode())(self)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def _is_known(authorization: str | None, tokens: set[str]) -> bool:
    kind, _, value = (authorization or "").partition(" ")
    return kind == "Basic" and b64decode(value).decode() in tokens


def respond(status: int, body: bytes = b"", **headers: str) -> Fault:
    """Return a response to send."""

    def send(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return send


def hang_up(request: BaseHTTPRequestHandler) -> None:
    """Close the connection in the middle of the body."""
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b'{"data"')
    request.close_connection = True

"""The receiver that the benchmark attacks in a separate process: as it is, or unprotected.

`python -m benchmarks.hostile_server VARIANT FOLDER METRICS_PORT` prints its port for deliveries and
serves until it is terminated. The unprotected one is the same application on plain uvicorn with
its defaults: it reads a body of any size, decodes it, verifies it, and logs every refused request.
Its metrics are served by the Prometheus client itself.
"""

from __future__ import annotations

import hmac
import json
import logging
import os
import sys
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

import uvicorn
from prometheus_client import start_http_server
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from benchmarks.receiver_server import SECRET, WEBHOOK_ID, feed
from clickup_receiver.http.app import WEBHOOK_PATH, Receiver
from clickup_receiver.http.group_commit import GroupCommit
from clickup_receiver.http.metrics import Metrics
from clickup_receiver.http.server import bind_socket, build_server, raise_file_limit, serve_metrics
from clickup_receiver.http.signature import compute_signature
from clickup_receiver.inbox.events import parse_event
from clickup_receiver.inbox.inbox import Delivery, Inbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

OURS = "ours"
UNPROTECTED = "unprotected"

logger = logging.getLogger("clickup-receiver")


class UnprotectedReceiver:
    """Stores verified deliveries in an inbox, and limits nothing."""

    def __init__(self, inbox: Inbox) -> None:
        self._group_commit = GroupCommit(inbox.add)

    def build_app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                Route(WEBHOOK_PATH, self.receive, methods=["POST"]),
                Route("/livez", lambda _: PlainTextResponse("OK\n")),
            ]
        )

    async def receive(self, request: Request) -> Response:
        """Respond 200 to a delivery once it is stored durably."""
        body = await request.body()
        signature = request.headers.get("x-signature", "")
        try:
            payload = json.loads(body)
            is_known = payload["webhook_id"] == WEBHOOK_ID
        except (ValueError, TypeError, KeyError):
            is_known = False
        expected = compute_signature(body, SECRET)
        if not is_known or not hmac.compare_digest(signature.encode(), expected):
            logger.warning("request rejected: wrong signature (403)")
            return PlainTextResponse("Forbidden\n", status_code=403)
        event = parse_event(payload)
        if event:
            await self._group_commit.add(Delivery(signature, WEBHOOK_ID, event))
        return PlainTextResponse("OK\n")


def main() -> None:
    """Serve one variant."""
    variant, folder, metrics_port = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    inbox = Inbox(folder / "inbox.sqlite")
    metrics = Metrics()
    metrics.track_inbox(inbox)
    stopped = Event()
    Thread(target=feed, args=(inbox, stopped)).start()
    with bind_socket("127.0.0.1", 0) as listener:
        if variant == OURS:
            raise_file_limit()
            stop_metrics = serve_metrics(metrics, port=metrics_port)
            server = build_server(Receiver(inbox, _get_secrets, metrics).build_app())
        else:
            stop_metrics = _serve_unprotected_metrics(metrics, port=metrics_port)
            server = uvicorn.Server(uvicorn.Config(UnprotectedReceiver(inbox).build_app()))
        print(listener.getsockname()[1], flush=True)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # uvicorn logs requests to stdout
        server.run([listener])
    stop_metrics()
    stopped.set()


def _get_secrets(webhook_id: str) -> tuple[str, ...]:
    return (SECRET,) if webhook_id == WEBHOOK_ID else ()


def _serve_unprotected_metrics(metrics: Metrics, *, port: int) -> Callable[[], None]:
    server, _ = start_http_server(port, "127.0.0.1", metrics.registry)
    return server.shutdown


if __name__ == "__main__":
    main()

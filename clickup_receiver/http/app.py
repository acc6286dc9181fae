"""The HTTP endpoints: verify a delivery, store it, respond. Knows nothing of what events mean.

ClickUp waits 7 seconds for a response and repeats a delivery without a 2xx at most five times. It
suspends a webhook at once on 401 and 410, so neither is ever sent; nor is a redirect.
https://developer.clickup.com/docs/webhookhealth
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from clickup_receiver.http.group_commit import GroupCommit
from clickup_receiver.http.log_limit import limited_logger
from clickup_receiver.http.metrics import Metrics
from clickup_receiver.http.signature import SIGNATURE, find_signer, find_webhook_ids
from clickup_receiver.inbox.events import EventError, decode_body, parse_event, parse_webhook_id
from clickup_receiver.inbox.inbox import Delivery, InboxError
from tap_clickup.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import Receive, Scope, Send

    from clickup_receiver.inbox.inbox import Inbox

WEBHOOK_PATH = "/v1/clickup/webhook"
MAX_BODY_BYTES = 256 * 2**10
"""Deliveries have 0.5 to 4 KiB; a long text of a task, before and after, may add some hundred."""
LARGE_BODY_BYTES = 16 * 2**10
MAX_LARGE_BODIES = 16
"""Large bodies that are read at a time. Smaller ones are limited by the number of connections."""
BODY_TIMEOUT_SECONDS = 5.0
RETRY_AFTER_SECONDS = "30"
DISCARD_SECONDS = 1.0
"""How long the rest of a rejected body is discarded before its connection is closed."""
READY_SECONDS = 1.0
"""How long an answer of /readyz counts: it writes to the inbox."""

logger = logging.getLogger("clickup-receiver")


class _RequestRejectedError(Exception):
    """A request that is not stored; the reason goes to the log and the metrics.

    If its body is not read, the rest is discarded, then the connection is closed.
    """

    def __init__(self, status: HTTPStatus, reason: str, *, is_read: bool = True) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.is_read = is_read


@dataclass
class Receiver:
    """Stores verified deliveries in an inbox; `get_secrets` returns the secrets of a webhook id.

    `large_bodies` is the number of large bodies that are being read.
    """

    inbox: Inbox
    get_secrets: Callable[[str], Sequence[str]]
    metrics: Metrics = field(default_factory=Metrics)
    large_bodies: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._group_commit = GroupCommit(self.inbox.add)
        self._logger = limited_logger("requests")
        self._ready_until = 0.0

    def build_app(self) -> Starlette:
        """Return the ASGI application."""
        app = Starlette(
            routes=[
                Route(WEBHOOK_PATH, self.receive, methods=["POST", "GET"]),  # GET includes HEAD
                Route("/livez", _ok),
                Route("/readyz", self.ready),
            ]
        )
        app.router.redirect_slashes = False  # a redirect counts as a failed delivery
        return app

    async def receive(self, request: Request) -> Response:
        """Respond 200 to a delivery once it is stored durably, or if it need not be stored."""
        if request.method != "POST":
            return await _ok(request)
        try:
            signature = _read_signature(request)
            delivery = self._verify(await self._read_body(request), signature)
            if delivery:
                await self._store(delivery)
        except _RequestRejectedError as error:
            self.metrics.rejected.labels(error.reason).inc()
            self._logger.warning("request rejected: %s (%d)", error.reason, error.status)
            return _status_response(error.status, is_read=error.is_read)
        return _status_response(HTTPStatus.OK)

    async def _read_body(self, request: Request) -> bytes:
        """Return the raw body, within its limits of size and time."""
        too_large = _RequestRejectedError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body too large", is_read=False
        )
        with suppress(ValueError):  # a number of more than 4,300 digits
            if int(request.headers.get("content-length", 0)) > MAX_BODY_BYTES:
                raise too_large
        chunks: list[bytes] = []
        size = 0
        is_large = False
        try:
            async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > MAX_BODY_BYTES:
                        raise too_large
                    if size > LARGE_BODY_BYTES and not is_large:
                        if self.large_bodies >= MAX_LARGE_BODIES:
                            raise _RequestRejectedError(
                                HTTPStatus.SERVICE_UNAVAILABLE, "too many bodies", is_read=False
                            )
                        is_large = True
                        self.large_bodies += 1
                    chunks.append(chunk)
        except TimeoutError as error:
            raise _RequestRejectedError(
                HTTPStatus.REQUEST_TIMEOUT, "body too slow", is_read=False
            ) from error
        except ClientDisconnect as error:
            raise _RequestRejectedError(HTTPStatus.BAD_REQUEST, "body cut") from error
        finally:
            self.large_bodies -= is_large
        return b"".join(chunks)

    def _verify(self, body: bytes, signature: str) -> Delivery | None:
        """Return the delivery in a signed body; None for an event that is not read.

        Nothing is decoded before the signature is right: decoding costs a hundred times as much.
        """
        try:
            secrets = {id_: self.get_secrets(id_) for id_ in find_webhook_ids(body)}
        except ConfigurationError as error:
            self._logger.error("%s", error)  # noqa: TRY400 - the line says what, where and what to do
            raise _RequestRejectedError(HTTPStatus.SERVICE_UNAVAILABLE, "no secrets") from error
        webhook_id = find_signer(body, signature=signature.encode(), secrets=secrets)
        if webhook_id is None:
            raise _RequestRejectedError(HTTPStatus.FORBIDDEN, "wrong signature")
        try:
            payload = decode_body(body)
            is_named = parse_webhook_id(payload) == webhook_id
        except EventError as error:
            raise _RequestRejectedError(HTTPStatus.FORBIDDEN, "no webhook named") from error
        if not is_named:
            raise _RequestRejectedError(HTTPStatus.FORBIDDEN, "no webhook named")
        return self._to_delivery(signature, webhook_id, payload)

    def _to_delivery(
        self, signature: str, webhook_id: str, payload: dict[str, object]
    ) -> Delivery | None:
        """Return what is stored of a verified body; None for an event that is not read.

        An invalid event is stored as a dead letter and acknowledged: a repeated delivery would be
        invalid too, and ClickUp suspends a webhook after too many failures.
        """
        try:
            event = parse_event(payload)
        except EventError as error:
            self.metrics.dead_letters.inc()
            logger.warning("webhook %s: delivery is not a valid event: %s", webhook_id, error)
            return Delivery(signature, webhook_id, None, failure_reason=str(error))
        self.metrics.received.labels(event.name if event else "other").inc()
        return Delivery(signature, webhook_id, event) if event else None

    async def _store(self, delivery: Delivery) -> None:
        try:
            with self.metrics.persist_seconds.time():
                is_new = await self._group_commit.add(delivery)
        except InboxError as error:
            self._logger.error("%s", error)  # noqa: TRY400 - the line says what, where and what to do
            raise _RequestRejectedError(
                HTTPStatus.SERVICE_UNAVAILABLE, "cannot be stored"
            ) from error
        if not is_new:
            self.metrics.duplicates.inc()

    async def ready(self, request: Request) -> Response:  # noqa: ARG002 - signature of an endpoint
        """Respond what a delivery would get: 200, or 503 if the inbox cannot store it."""
        if time.monotonic() >= self._ready_until:
            try:
                await asyncio.to_thread(self.inbox.check_writable)
            except InboxError as error:
                self._logger.error("%s", error)  # noqa: TRY400 - the line says what and where
                return _status_response(HTTPStatus.SERVICE_UNAVAILABLE)
            self._ready_until = time.monotonic() + READY_SECONDS
        return _status_response(HTTPStatus.OK)


async def _ok(request: Request) -> Response:  # noqa: ARG001 - signature of an endpoint
    """Respond 200 to GET and HEAD, so that `curl -I` shows that the receiver is reachable."""
    return _status_response(HTTPStatus.OK)


def _read_signature(request: Request) -> str:
    """Return the signature; reject a request that cannot be signed before its body is read."""
    signatures = request.headers.getlist("x-signature")
    if len(signatures) != 1:
        raise _RequestRejectedError(HTTPStatus.FORBIDDEN, "no signature, or several", is_read=False)
    if not SIGNATURE.fullmatch(signatures[0]):
        raise _RequestRejectedError(HTTPStatus.FORBIDDEN, "wrong signature", is_read=False)
    return signatures[0]


class _EarlyResponse(PlainTextResponse):
    """A response to a request whose body is not read; closes the connection.

    Closing a connection that has unread bytes resets it, and the client, or the proxy in between,
    may lose the response (RFC 9112, 9.6). So the connection stays open until the client closes it
    or the time is over; the protocol discards what still arrives.
    """

    async def __call__(
        self,
        scope: Scope,  # noqa: ARG002 - signature of an ASGI application
        receive: Receive,
        send: Send,
    ) -> None:
        """Send the response, wait, close."""
        self.headers["Connection"] = "close"
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(DISCARD_SECONDS):
                while (await receive()).get("more_body", False):
                    pass
        await send({"type": "http.response.body"})


def _status_response(status: HTTPStatus, *, is_read: bool = True) -> Response:
    """Return a response with the status phrase only."""
    headers = {}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = RETRY_AFTER_SECONDS
    response = PlainTextResponse if is_read else _EarlyResponse
    return response(f"{status.phrase}\n", status_code=status, headers=headers)

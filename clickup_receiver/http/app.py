"""HTTP only: verify, store, answer. What events mean is the work of others.

ClickUp waits 7 seconds and repeats what is not answered by 2xx, at most five times. It suspends a
webhook at once on 401 and 410, so neither is ever sent; nor is a redirect.
https://developer.clickup.com/docs/webhookhealth
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from clickup_receiver.http.group_commit import GroupCommit
from clickup_receiver.http.signature import is_signed
from clickup_receiver.inbox.events import EventError, decode_body, parse_event, parse_webhook_id
from clickup_receiver.inbox.inbox import Delivery, InboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from clickup_receiver.inbox.events import Event
    from clickup_receiver.inbox.inbox import Inbox
    from clickup_receiver.webhooks.registrar import Registered

PATH = "/v1/clickup/webhook"
BODY_BYTES = 2**20
BODY_SECONDS = 5.0
RETRY_SECONDS = "30"

logger = logging.getLogger("clickup-receiver")


class _RefusedError(Exception):
    """A request that is not stored: its answer, and the reason for log and metrics."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Metrics:
    """What the receiver counts; `registry` shows it to Prometheus."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.received = Counter(
            "webhook_received", "Verified deliveries", ["event"], registry=self.registry
        )
        self.repeated = Counter(
            "webhook_duplicates", "Verified deliveries already known", registry=self.registry
        )
        self.refused = Counter(
            "webhook_rejected", "Requests that were not stored", ["reason"], registry=self.registry
        )
        self.unusable = Counter(
            "webhook_dead_letters", "Verified bodies that are no event", registry=self.registry
        )
        self.fail_count = Gauge(
            "webhook_clickup_fail_count",
            "Deliveries ClickUp has given up",
            ["webhook"],
            registry=self.registry,
        )
        self.heard = Gauge(
            "webhook_last_event_timestamp_seconds",
            "When the latest delivery came",
            ["webhook"],
            registry=self.registry,
        )
        self.stored_seconds = Histogram(
            "webhook_persist_seconds", "From verified to durable", registry=self.registry
        )

    def watch(self, inbox: Inbox) -> None:
        """Show what waits in an inbox, and when each webhook was heard."""
        waiting = Gauge("webhook_inbox_depth", "Events that wait", registry=self.registry)
        waiting.set_function(lambda: inbox.depth()[0])
        oldest = Gauge(
            "webhook_inbox_oldest_seconds", "How long the oldest waits", registry=self.registry
        )
        oldest.set_function(lambda: _age(inbox.depth()[1]))
        given_up = Gauge("webhook_inbox_dead", "Dead letters", registry=self.registry)
        given_up.set_function(lambda: len(inbox.dead_letters()))

    def show_health(self, webhooks: list[Registered], heard: Mapping[str, datetime]) -> None:
        """Show what ClickUp and the inbox know of webhooks."""
        for one in webhooks:
            if one.webhook_id:
                self.fail_count.labels(one.webhook_id).set(one.fail_count)
        for webhook_id, at in heard.items():
            self.heard.labels(webhook_id).set(at.timestamp())


@dataclass
class Receiver:
    """Takes deliveries for an inbox; `secrets_of` gives the secrets of a webhook by its id."""

    inbox: Inbox
    secrets_of: Callable[[str], Sequence[str]]
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        self._commits = GroupCommit(self.inbox.add)

    def application(self) -> Starlette:
        """Return the ASGI application."""
        app = Starlette(
            routes=[
                Route(PATH, self.receive, methods=["POST", "GET"]),  # and HEAD
                Route("/livez", _present),
                Route("/readyz", self.ready),
            ]
        )
        app.router.redirect_slashes = False  # a redirect counts as a failed delivery
        return app

    async def receive(self, request: Request) -> Response:
        """Answer a delivery: 200 once it is durable, or known, or nothing that is read."""
        if request.method != "POST":
            return await _present(request)
        try:
            delivery = self._verified(await _body(request), request)
            if delivery:
                await self._store(delivery)
        except _RefusedError as refused:
            self.metrics.refused.labels(refused.reason).inc()
            logger.warning("delivery refused: %s (%d)", refused.reason, refused.status)
            return _answer(refused.status)
        return _answer(HTTPStatus.OK)

    def _verified(self, body: bytes, request: Request) -> Delivery | None:
        """Return a delivery that is signed; None if it is an event that is not read."""
        signatures = request.headers.getlist("x-signature")
        if len(signatures) != 1:
            raise _RefusedError(HTTPStatus.FORBIDDEN, "no signature, or several")
        try:
            found = decode_body(body)
            webhook_id = parse_webhook_id(found)
        except EventError as error:
            raise _RefusedError(HTTPStatus.FORBIDDEN, "no webhook named") from error
        signature = signatures[0].encode("latin-1")
        if not is_signed(body, signature=signature, secrets=self.secrets_of(webhook_id)):
            raise _RefusedError(HTTPStatus.FORBIDDEN, "wrong signature")
        return self._delivery(signatures[0], webhook_id, found)

    def _delivery(
        self, signature: str, webhook_id: str, found: dict[str, object]
    ) -> Delivery | None:
        """Return what is stored of a verified body. A repetition would not mend a broken one."""
        try:
            event: Event | None = parse_event(found)
        except EventError as error:
            self.metrics.unusable.inc()
            logger.warning("webhook %s: delivery is no event: %s", webhook_id, error)
            return Delivery(signature, webhook_id, None, failure_reason=str(error))
        self.metrics.received.labels(event.name if event else "other").inc()
        return Delivery(signature, webhook_id, event) if event else None

    async def _store(self, delivery: Delivery) -> None:
        try:
            with self.metrics.stored_seconds.time():
                new = await self._commits.add(delivery)
        except InboxError as error:
            logger.error("%s", error)  # noqa: TRY400 - the line says what, where and what to do
            raise _RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, "cannot be stored") from error
        if not new:
            self.metrics.repeated.inc()

    async def ready(self, request: Request) -> Response:  # noqa: ARG002 - an endpoint's shape
        """Tell whether the inbox can be written."""
        with suppress(InboxError):
            await asyncio.to_thread(self.inbox.depth)
            return _answer(HTTPStatus.OK)
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE)


def _age(moment: datetime | None) -> float:
    return (datetime.now(UTC) - moment).total_seconds() if moment else 0.0


async def _present(request: Request) -> Response:  # noqa: ARG001 - an endpoint's shape
    """Answer whoever looks whether something is here: `curl -I`."""
    return _answer(HTTPStatus.OK)


async def _body(request: Request) -> bytes:
    """Return the raw body, within its limits of size and time."""
    pieces, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                size += len(piece)
                if size > BODY_BYTES:
                    raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body too large")
                pieces.append(piece)
    except TimeoutError as error:
        raise _RefusedError(HTTPStatus.REQUEST_TIMEOUT, "body too slow") from error
    except ClientDisconnect as error:
        raise _RefusedError(HTTPStatus.BAD_REQUEST, "body cut") from error
    return b"".join(pieces)


def _answer(status: HTTPStatus) -> Response:
    """Return an answer that says no more than its status. What was not read ends the connection."""
    headers = {"Retry-After": RETRY_SECONDS} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    if status in {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_TIMEOUT}:
        headers["Connection"] = "close"
    return PlainTextResponse(f"{status.phrase}\n", status_code=status, headers=headers)

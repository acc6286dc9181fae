"""Checks of what webhooks need: the public address, the receiver and its inbox."""

from __future__ import annotations

import http.client
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from clickup_receiver.inbox.inbox import Inbox
from pandev.diagnosis.check import ok, problem, skipped, warning
from pandev.status.surroundings import is_receiver_ready
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandev.diagnosis.check import Finding
    from pandev.diagnosis.examination import Examination

NO_ADDRESS: Final = "webhook_url is not set: polling only"
HEAD_TIMEOUT_SECONDS: Final = 10.0
BACKLOG_AGE: Final = timedelta(minutes=10)


def check_public_address(examination: Examination) -> Sequence[Finding]:
    """Look whether HEAD of the public address is answered, as for curl -I (R99, R100)."""
    url = examination.webhook_url
    if not url:
        return skipped(NO_ADDRESS)
    try:
        status = _head(url)
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        remedy = "check DNS, firewall and reverse proxy; also from a host on the internet"
        return [problem(f"{url} cannot be reached ({reason})", f"{remedy}: curl -I {url}")]
    if status != http.client.OK:
        remedy = "let the reverse proxy pass it on to clickup-receiver without a redirect"
        return [problem(f"{url} answers HTTP {status}, expected 200", remedy)]
    return ok(f"{url} answers")


def _head(url: str) -> int:
    """Return the status of `HEAD url`; a redirect is not followed, as ClickUp follows none."""
    parts = urlsplit(url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    with closing(connect(str(parts.hostname), parts.port, timeout=HEAD_TIMEOUT_SECONDS)) as session:
        session.request("HEAD", parts.path or "/")
        return session.getresponse().status


def check_receiver(examination: Examination) -> Sequence[Finding]:
    """Look whether the receiver runs on this machine, if it is to receive webhooks."""
    if not examination.webhook_url:
        return skipped(NO_ADDRESS)
    if is_receiver_ready(examination.receiver_port):
        return ok(f"ready on port {examination.receiver_port}")
    text = f"clickup-receiver is not ready on port {examination.receiver_port} of this machine"
    return [warning(text, "start it, unless it runs on another machine")]


def check_inbox(examination: Examination) -> Sequence[Finding]:
    """Look whether the deliveries that were received are loaded."""
    path = examination.data_dir / "inbox.sqlite"
    if not path.exists():
        return skipped(f"there is no inbox in {examination.data_dir}")
    with closing(Inbox(path)) as inbox:
        (pending, oldest), dead = inbox.depth(), inbox.count_dead_letters()
    findings = []
    if dead:
        text = f"{format_count(dead, 'dead letter')}"
        remedy = "see clickup-receiver dead-letters, then clickup-receiver replay"
        findings.append(problem(text, remedy))
    if oldest and datetime.now(UTC) - oldest > BACKLOG_AGE:
        text = f"{format_count(pending, 'event')} not loaded, since {oldest:%Y-%m-%d %H:%M} UTC"
        findings.append(problem(text, "start clickup-receiver, and look at its log"))
    return findings or ok(f"{format_count(pending, 'pending event')}, no dead letters")

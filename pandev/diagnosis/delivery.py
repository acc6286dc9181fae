"""Checks of what webhooks need: their health, the public address, the receiver and its inbox."""

from __future__ import annotations

import http.client
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from clickup_receiver.inbox.inbox import Inbox
from pandev.diagnosis.check import Finding, ok, problem, skipped, warning
from pandev.status.surroundings import is_receiver_ready
from tap_clickup.wording import format_count
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pandev.diagnosis.examination import Examination

POLLING_ONLY: Final = "polling only: there is no webhook of ours"
HEAD_TIMEOUT_SECONDS: Final = 10.0
BACKLOG_AGE: Final = timedelta(minutes=10)
SILENT_AFTER: Final = timedelta(hours=1)


def check_webhooks(examination: Examination) -> Sequence[Finding]:
    """Look for webhooks that ClickUp reports as failing, or that are silent (R98)."""
    status = examination.status
    if status is None:
        return skipped(examination.why_no_store)
    webhooks = [webhook for workspace in status.workspaces for webhook in workspace.webhooks]
    if not webhooks:
        return skipped(POLLING_ONLY)
    url = examination.webhook_url or "<webhook_url>"
    remedy = f"ClickUp cannot reach it: from any host on the internet, try curl -I {url}"
    findings = [
        problem(
            f"webhook {webhook.webhook_id} of workspace {webhook.workspace_id} is {webhook.health} "
            f"after {format_count(webhook.fail_count, 'failed delivery', 'failed deliveries')}",
            remedy,
        )
        for webhook in webhooks
        if webhook.health != "active"
    ]
    findings += _silent(examination, {row.webhook_id: row.workspace_id for row in webhooks})
    return findings or ok(f"{format_count(len(webhooks), 'webhook')} active")


def _silent(examination: Examination, workspaces: Mapping[str, str]) -> Iterator[Finding]:
    """Yield webhooks that have delivered before, but not what was edited since."""
    path = examination.data_dir / "inbox.sqlite"
    if examination.reader is None or not path.exists():
        return
    with closing(Inbox(path)) as inbox:
        last_deliveries = inbox.last_delivery_times()
    statement = read_statement("doctor_last_edit", "pandev.sql")
    edits = dict(examination.reader.query(statement))
    for webhook_id, workspace_id in workspaces.items():
        last, edited_at = last_deliveries.get(webhook_id), edits.get(workspace_id)
        if last and edited_at and edited_at - last > SILENT_AFTER:
            yield problem(
                f"webhook {webhook_id}: no delivery since {last:%Y-%m-%d %H:%M} UTC, although "
                f"tasks of workspace {workspace_id} were edited",
                "check that the user who created it is active; pandev connect repairs it",
            )


def check_public_address(examination: Examination) -> Sequence[Finding]:
    """Look whether HEAD of the public address is answered, as for curl -I (R99, R100)."""
    url = examination.webhook_url
    if not url:
        return skipped("webhook_url is not set: polling only")
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
        return skipped("webhook_url is not set: polling only")
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
        (pending, oldest), dead = inbox.depth(), len(inbox.dead_letters())
    findings = []
    if dead:
        text = f"{format_count(dead, 'dead letter')}"
        remedy = "see clickup-receiver dead-letters, then clickup-receiver replay"
        findings.append(problem(text, remedy))
    if oldest and datetime.now(UTC) - oldest > BACKLOG_AGE:
        text = f"{format_count(pending, 'event')} not loaded, since {oldest:%Y-%m-%d %H:%M} UTC"
        findings.append(problem(text, "start clickup-receiver, and look at its log"))
    return findings or ok(f"{format_count(pending, 'pending event')}, no dead letters")

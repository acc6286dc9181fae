"""What `pandev connect` has done: printed step by step for people, or as JSON at its end."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from clickup_receiver.meltano_project import TAP
from pandev.console import print_facts, print_json, print_problem
from pandev.report.values import printable
from pandev.sync.outcome import sync_now
from pandev.sync.output import print_log_line, print_outcome, to_json
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickup_receiver.meltano_project import MeltanoProject
    from clickup_receiver.webhooks.webhook_status import WebhookStatus
    from pandev.connection import ConnectionCheck
    from pandev.console import OutputFormat
    from pandev.sync.log_lines import LogLine

STILL_POLLED: Final = "loaded data stays, and changes come by polling; pandev disable stops that"


class ConnectReport:
    """The steps of a run, in the order in which they are made."""

    def __init__(self, output_format: OutputFormat) -> None:
        self._is_json = output_format == "json"
        self._problems: list[str] = []
        self._webhooks: list[dict[str, Any]] = []
        self._values: dict[str, Any] = {
            "user": None,
            "selected": None,
            "webhook_url": None,
            "saved": [],
            "webhooks": self._webhooks,
            "removed_webhooks": [],
            "sync": None,
            "problems": self._problems,
        }

    def say(self, text: str) -> None:
        """Print a line for people."""
        if not self._is_json:
            click.echo(text)

    def add_problem(self, text: str) -> None:
        """Add a problem and its remedy."""
        self._problems.append(text)
        if not self._is_json:
            print_problem(printable(text))

    def add_check(
        self, connection: ConnectionCheck, webhook_url: str | None, saved: Sequence[str], file: str
    ) -> None:
        """Add the result of the check, and the variables that were saved in a file."""
        selected = [workspace for workspace in connection.workspaces if workspace.is_selected]
        space_count = sum(workspace.space_count or 0 for workspace in selected)
        self._values["user"] = asdict(connection.user)
        self._values["selected"] = {"workspaces": len(selected), "spaces": space_count}
        self._values["webhook_url"] = webhook_url
        self._values["saved"] = list(saved)
        if self._is_json:
            return
        counts = (format_count(space_count, "space"), format_count(len(selected), "workspace"))
        facts = {"user": printable(str(connection.user)), "selected": " in ".join(counts)}
        if webhook_url:
            facts["address"] = webhook_url
        if saved:
            facts["saved"] = f"{', '.join(saved)} in {file}"
        print_facts(facts)

    def add_webhook(self, webhook: WebhookStatus) -> None:
        """Add a webhook that was registered, repaired or found, or why there is none."""
        self._webhooks.append(
            {
                "workspace_id": webhook.workspace_id,
                "space_id": webhook.space_id,
                "webhook_id": webhook.webhook_id,
                "changes": list(webhook.changes),
                "health": None if webhook.error else webhook.health,
                "error": webhook.error,
            }
        )
        if webhook.error:
            self.add_problem(f"{webhook.scope}: {webhook.error}")
        else:
            state = ", ".join(webhook.changes) or webhook.health
            self.say(f"{webhook.scope}: webhook {webhook.webhook_id} ({state})")

    def add_removed(self, webhook_ids: Sequence[str], *, is_enabled: bool) -> None:
        """Add the webhooks that were removed."""
        self._values["removed_webhooks"] = list(webhook_ids)
        self.say(f"{format_count(len(webhook_ids), 'webhook')} removed")
        if is_enabled:
            self.say(STILL_POLLED)

    def load(self, project: MeltanoProject) -> int:
        """Load what has changed, or everything; return the exit code of that."""
        log: list[LogLine] = []
        show = log.append if self._is_json else print_log_line
        outcome = sync_now(project, TAP, started_by="pandev connect", show=show)
        self._values["sync"] = to_json(outcome, log)
        if not self._is_json:
            print_outcome(outcome)
        return outcome.exit_code

    def end(self, exit_code: int) -> NoReturn:
        """Print the JSON, and exit."""
        if self._is_json:
            print_json({"exit_code": exit_code, **self._values})
        sys.exit(exit_code)

"""`pandev doctor` of a set-up in which a test plants troubles."""

from __future__ import annotations

import json
from contextlib import chdir, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

from click.testing import CliRunner

from clickup_receiver.inbox.events import Event
from clickup_receiver.inbox.inbox import Delivery, Inbox
from pandev.cli import pandev
from pandev.diagnosis.examination import Examination
from target_pandev.open_store import StoreSettings
from tests.pandev.report_store import connect
from tests.pandev.status_store import UNUSED_PORT

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

    from pandev.status.rows import StoreRows

ADDRESS = "https://receiver.example.com/v1/clickup/webhook"
Row = tuple[str, str, str | None]


@dataclass
class Doctor:
    """Runs the command in a folder with settings of tap-clickup.

    Without a database the place of the store is a folder that does not exist.
    """

    database: str | None
    folder: Path
    settings: dict[str, str]
    exit_code: int | None = None

    def run(self, *arguments: str, columns: int = 80) -> Result:
        """Run it, without a receiver unless its port is given."""
        options = ["--receiver-port", UNUSED_PORT, "--data-dir", str(self.folder), *arguments]
        store = ["--store-dir", str(self.folder / "store")]
        if self.database:
            store = ["--store-url", self.database]
        with chdir(self.folder):
            result = CliRunner().invoke(
                pandev,
                ["doctor", *store, *options],
                env={"COLUMNS": str(columns), **self.settings},
                catch_exceptions=False,
            )
        self.exit_code = result.exit_code
        return result

    def examine(self, *arguments: str) -> dict[str, list[Row]]:
        """Return (outcome, text, remedy) of each finding, by the name of its check."""
        result = self.run(*arguments, "--format", "json")
        printed = json.loads(result.stdout)
        assert printed["has_problem"] is (self.exit_code == 1)
        return {
            check["name"]: [
                (finding["outcome"], finding["text"], finding["remedy"])
                for finding in check["findings"]
            ]
            for check in printed["checks"]
        }


def examination(folder: Path, rows: StoreRows | None = None, **changes: object) -> Examination:
    """Return what the checks share, for a machine on which nothing is set up.

    `rows` are those of its store.
    """
    values: dict[str, object] = {
        "settings": {"enabled": True, "time_tracking": True, "workspace_ids": [], "space_ids": []},
        "store_settings": StoreSettings(None, str(folder / "store"), "pandev"),
        "folder": folder,
        "data_dir": folder,
        "receiver_port": 1,
        **changes,
    }
    made = Examination(**values)  # type: ignore[arg-type]
    if rows:
        vars(made)["rows"] = rows
    return made


def execute(database: str, *statements: str) -> None:
    """Run statements on a test's store."""
    with connect(database) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def add_status(
    database: str, workspace_id: str, space_id: str, name: str, status_type: str
) -> None:
    """Insert a status of a space."""
    with connect(database) as connection:
        connection.execute(
            "INSERT INTO statuses (workspace_id, scope_type, scope_id, status, status_type, "
            "_sdc_extracted_at, _sdc_hash) VALUES (%s, 'space', %s, %s, %s, now(), "
            "gen_random_uuid())",
            (workspace_id, space_id, name, status_type),
        )


def add_inbox(
    folder: Path,
    *,
    last_delivery_hours: int = 0,
    pending_hours: float | None = None,
    dead_letters: int = 0,
) -> None:
    """Create an inbox with a delivery of webhook h1 some hours ago, loaded unless it is pending."""
    with closing(Inbox(folder / "inbox.sqlite")) as inbox:
        event = Event("taskUpdated", "h1", "task", "t1", has_history=True)
        inbox.add([Delivery("s0", "h1", event)])
        for number in range(dead_letters):
            inbox.add([Delivery(f"d{number}", "h1", None, failure_reason="no event")])
        if pending_hours is None:
            inbox.mark_loaded([pending.id for pending in inbox.pending(limit=1)])
        connection: sqlite3.Connection = inbox._connection  # noqa: SLF001 - to move it into the past
        past = datetime.now(UTC) - timedelta(hours=last_delivery_hours)
        connection.execute("UPDATE heard SET received_at = ?", (past.isoformat(),))
        if pending_hours:
            received_at = datetime.now(UTC) - timedelta(hours=pending_hours)
            connection.execute("UPDATE deliveries SET received_at = ?", (received_at.isoformat(),))


@contextmanager
def answering(status: int, *, only: tuple[str, str] | None = None) -> Iterator[int]:
    """Yield the port of a server that answers with a status; with `only`, a method and path."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            is_expected = only in {None, (self.command, self.path)}
            self.send_response(status if is_expected else 404)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_HEAD  # noqa: N815 - as above

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()

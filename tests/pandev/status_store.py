"""Rows of runs and webhooks in a store, and `pandev status` of it."""

from __future__ import annotations

import json
import re
from contextlib import chdir
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from pandev.cli import pandev
from tests.pandev.report_store import connect

if TYPE_CHECKING:
    from click.testing import Result

UNUSED_PORT = "1"
"""Nothing listens on it, so there is no receiver."""
INSERT_RUN = """
INSERT INTO sync_runs (workspace_id, source, started_at, finished_at, complete, refused, progress,
    _sdc_extracted_at, _sdc_hash)
SELECT %(workspace_id)s, %(source)s, now() - %(started)s::interval,
    now() - %(finished)s::interval, %(complete)s, %(refused)s::jsonb, %(progress)s,
    now() - %(seen)s::interval, gen_random_uuid()
"""
INSERT_WEBHOOK = """
INSERT INTO webhooks (workspace_id, id, user_id, space_id, endpoint, health_status, fail_count,
    _sdc_extracted_at, _sdc_hash)
VALUES (%s, %s, %s, %s, %s, %s, %s, now(), gen_random_uuid())
"""
INSERT_WEBHOOKS_READ = """
INSERT INTO completed_reads (workspace_id, stream, scope, started_at, finished_at, conditions,
    key_properties, count, _sdc_extracted_at, _sdc_hash)
VALUES ('900', 'webhooks', 'all', now(), now(), %s::jsonb, '["id"]', 0, now(), gen_random_uuid())
"""
CLOCK = re.compile(r"(\d{4}-\d\d-\d\d )?\d\d:\d\d")


def add_places(database: str, *workspace_ids: str, spaces: int = 2) -> None:
    """Insert workspaces with spaces; the ids of spaces begin with those of their workspaces."""
    with connect(database) as connection:
        for workspace_id in workspace_ids:
            connection.execute(
                "INSERT INTO workspaces (id, name, _sdc_extracted_at, _sdc_hash) "
                "VALUES (%s, 'Shop', now(), gen_random_uuid())",
                (workspace_id,),
            )
            for number in range(spaces):
                connection.execute(
                    "INSERT INTO spaces (workspace_id, id, name, _sdc_extracted_at, _sdc_hash) "
                    "VALUES (%s, %s, 'Space', now(), gen_random_uuid())",
                    (workspace_id, f"{workspace_id}{number}"),
                )


def add_run(database: str, workspace_id: str = "900", **values: Any) -> None:
    """Insert a run; `started`, `finished` and `seen` are ages such as `5 min`.

    Without `finished` it has not ended.
    """
    finished = values.get("finished")
    row = {
        "workspace_id": workspace_id,
        "source": "tap-clickup",
        "started": values.get("started", finished),
        "finished": None,
        "seen": values.get("seen", finished),
        "complete": None,
        "progress": None,
        **values,
        "refused": json.dumps(values.get("refused", [])),
    }
    with connect(database) as connection:
        connection.execute(INSERT_RUN, row)


def add_webhook(  # noqa: PLR0913 - an argument per column
    database: str,
    webhook_id: str,
    health: str = "active",
    *,
    workspace_id: str = "900",
    user_id: str | None = None,
    space_id: str | None = None,
    endpoint: str = "https://receiver.example.com",
) -> None:
    """Insert a webhook."""
    with connect(database) as connection:
        values = (workspace_id, webhook_id, user_id, space_id, endpoint, health, 7)
        connection.execute(INSERT_WEBHOOK, values)


def add_webhooks_read(database: str, user_id: str) -> None:
    """Insert that the webhooks of a user were read completely in workspace 900."""
    conditions = {"workspace_id": {"in": ["900"]}, "user_id": {"in": [user_id]}}
    with connect(database) as connection:
        connection.execute(INSERT_WEBHOOKS_READ, (json.dumps(conditions),))


def status(database: str, *arguments: str, **settings: str) -> Result:
    """Run `pandev status` outside of any Meltano project, without a receiver."""
    with TemporaryDirectory() as folder, chdir(folder):
        options = ["--receiver-port", UNUSED_PORT, "--data-dir", folder, *arguments]
        return CliRunner().invoke(
            pandev,
            ["status", "--store-url", database, *options],
            env={"COLUMNS": "80", **settings},
            catch_exceptions=False,
            color="FORCE_COLOR" in settings,
        )


def printed(database: str, *arguments: str, **settings: str) -> str:
    """Return what `pandev status` prints, with HH:MM in place of times."""
    return CLOCK.sub("HH:MM", status(database, *arguments, **settings).stdout)


def exit_code(database: str, *arguments: str, **settings: str) -> int:
    """Return the exit code of `pandev status`."""
    return status(database, *arguments, **settings).exit_code


def values(database: str, *arguments: str, **settings: str) -> dict[str, Any]:
    """Return the JSON of `pandev status`."""
    output = status(database, *arguments, "--format", "json", **settings).stdout
    parsed: dict[str, Any] = json.loads(output)
    return parsed

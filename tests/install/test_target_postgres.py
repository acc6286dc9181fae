"""Deletions in a store of MeltanoLabs' target-postgres, by the mapper of completed reads."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from fake_clickup import Account, Behaviour, FakeClickUp, generate
from tests.install.environment import COMMANDS, PROJECT, clean_variables, create_environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.install.environment import Environment

PEER = "meltanolabs-target-postgres==0.8.1"
TASKS = "SELECT id, name, _sdc_deleted_at IS NOT NULL FROM clickup.tasks ORDER BY id"


@pytest.fixture
def target(tmp_path: Path, database: str) -> Environment:
    """Return an environment with the target, and its settings in its folder."""
    environment = create_environment(tmp_path / "peer", PEER, pinned=False)
    address = conninfo_to_dict(database)
    login = f"{address['user']}:{address.get('password', '')}"
    query = f"host={address['host']}&port={address.get('port', 5432)}"
    settings = {
        "sqlalchemy_url": f"postgresql+psycopg://{login}@/{address['dbname']}?{query}",
        "default_target_schema": "clickup",
        "add_record_metadata": True,
    }
    file = environment.folder / "target.json"
    file.write_text(json.dumps(settings), encoding="utf-8")
    return environment


def sync(target: Environment, clickup: FakeClickUp) -> None:
    """Run a sweep of the tap through the mapper into the target, as a shell does."""
    settings = {
        "api_url": clickup.api_url,
        "api_token": clickup.token,
        "start_date": "2020-01-01",
        "sweep": True,
    }
    config = target.folder / "tap.json"
    config.write_text(json.dumps(settings), encoding="utf-8")
    config.chmod(0o600)
    mapper = f"{sys.executable} -m examples.completed_reads.mapper"
    pipeline = (
        f"{COMMANDS}/tap-clickup --config {config} | "
        f"PYTHONPATH={PROJECT} {mapper} --rows {target.folder}/rows.sqlite | "
        f"{target.commands}/target-postgres --config {target.folder}/target.json"
    )
    subprocess.run(
        ["bash", "-c", f"set -e -o pipefail; {pipeline}"],
        cwd=target.folder,
        env=clean_variables(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=300,
    )


def names(account: Account) -> dict[str, str]:
    (workspace,) = account.workspaces
    return {task.id: task.name for task in workspace.tasks.values()}


def test_another_target_marks_deleted_tasks(target: Environment, database: str) -> None:
    account = generate(seed=7, tasks=20, time_entries=0)
    everything = names(account)
    with FakeClickUp(account, behaviour=Behaviour(limit_per_minute=10_000)) as clickup:
        sync(target, clickup)
        deleted = sorted(everything)[:3]
        for task_id in deleted:
            account.delete_task(task_id)
        sync(target, clickup)
    with psycopg.connect(database) as connection:
        rows = connection.execute(TASKS).fetchall()
    gone = set(everything) - set(names(account))
    assert set(deleted) <= gone
    assert rows == [(key, name, key in gone) for key, name in sorted(everything.items())]

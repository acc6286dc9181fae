"""Deletions in a store of MeltanoLabs' target-postgres, by our mapper in a Meltano project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict

from fake_clickup import Account, Behaviour, FakeClickUp, generate
from tests.install.environment import COMMANDS, create_environment, run
from tests.support.plugin_definitions import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

PEER = "meltanolabs-target-postgres==0.8.1"
PIPELINE = ("tap-clickup", "mark-deletions", "target-postgres")
TASKS = "SELECT id, name, _sdc_deleted_at IS NOT NULL FROM clickup.tasks ORDER BY id"


def read_definition(kind: str, name: str, **declared: Any) -> dict[str, Any]:
    """Return the declaration of a plugin of ours that is installed already."""
    text = (FOLDER / kind / f"{name}--pandev.yml").read_text(encoding="utf-8")
    definition = yaml.safe_load(text) | {"executable": str(COMMANDS / name), **declared}
    del definition["pip_url"]
    return {kind: [definition]}


def declare_target(executable: Path, store: str) -> dict[str, Any]:
    """Return the declaration of the target."""
    address = conninfo_to_dict(store)
    login = f"{address['user']}:{address.get('password', '')}"
    query = f"host={address['host']}&port={address.get('port', 5432)}"
    config = {
        "sqlalchemy_url": f"postgresql+psycopg://{login}@/{address['dbname']}?{query}",
        "default_target_schema": "clickup",
        "add_record_metadata": True,
    }
    target = {"name": "target-postgres", "namespace": "target_postgres", "config": config}
    return {"loaders": [{**target, "executable": str(executable)}]}


@pytest.fixture
def project(tmp_path: Path, database: str) -> Path:
    """Return a Meltano project that sweeps into the target through the mapper."""
    peer = create_environment(tmp_path / "peer", PEER, pinned=False)
    tap_config = {"start_date": "2020-01-01", "sweep": True}
    mapping = {"name": "mark-deletions", "config": {"rows": "rows.sqlite"}}
    plugins = {
        **read_definition("extractors", "tap-clickup", config=tap_config),
        **read_definition("mappers", "mapper-completed-reads", mappings=[mapping]),
        **declare_target(peer.commands / "target-postgres", database),
    }
    declared = {
        "default_environment": "prod",
        "environments": [{"name": "prod"}],
        "send_anonymous_usage_stats": False,
        "cli": {"disable_version_check": True},
        "plugins": plugins,
    }
    (peer.folder / "meltano.yml").write_text(yaml.safe_dump(declared), encoding="utf-8")
    return peer.folder


def names(account: Account) -> dict[str, str]:
    (workspace,) = account.workspaces
    return {task.id: task.name for task in workspace.tasks.values()}


def test_another_target_marks_deleted_tasks(project: Path, database: str) -> None:
    account = generate(seed=7, tasks=20, time_entries=0)
    everything = names(account)
    meltano = COMMANDS / "meltano"
    with FakeClickUp(account, behaviour=Behaviour(limit_per_minute=10_000)) as clickup:
        settings = {
            "TAP_CLICKUP_API_URL": clickup.api_url,
            "TAP_CLICKUP_API_TOKEN": clickup.token,
        }
        run(meltano, "run", *PIPELINE, folder=project, variables=settings)
        deleted = sorted(everything)[:3]
        for task_id in deleted:
            account.delete_task(task_id)
        run(meltano, "run", *PIPELINE, folder=project, variables=settings)
    with psycopg.connect(database) as connection:
        rows = connection.execute(TASKS).fetchall()
    gone = set(everything) - set(names(account))
    assert set(deleted) <= gone
    assert (project / "rows.sqlite").stat().st_size > 0
    assert rows == [(key, name, key in gone) for key, name in sorted(everything.items())]

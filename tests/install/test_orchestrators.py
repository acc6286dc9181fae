"""The examples for Airflow and Dagster, each run once by its real package into a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from fake_clickup import Behaviour, FakeClickUp, generate
from tests.install.environment import COMMANDS, PROJECT, create_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fake_clickup import Account

AIRFLOW = "apache-airflow==3.3.2"
DAGSTER = "dagster==1.13.29"


@pytest.fixture
def account() -> Account:
    return generate(seed=7, tasks=20, time_entries=0)


@pytest.fixture
def project(tmp_path: Path, account: Account, database: str) -> Iterator[Path]:
    """Yield a Meltano project as in production: meltano.yml, .venv, and all settings in .env."""
    folder = tmp_path / "project"
    (folder / ".meltano").mkdir(parents=True, mode=0o700)
    (folder / "meltano.yml").write_bytes((PROJECT / "meltano.yml").read_bytes())
    (folder / ".venv").symlink_to(COMMANDS.parent)
    with FakeClickUp(account, behaviour=Behaviour(limit_per_minute=10_000)) as clickup:
        settings = folder / ".env"
        settings.write_text(
            f"TAP_CLICKUP_API_TOKEN={clickup.token}\n"
            f"TAP_CLICKUP_API_URL={clickup.api_url}\n"
            "TAP_CLICKUP_START_DATE=2020-01-01\n"
            f"TARGET_PANDEV_STORE_URL='{database}'\n",
            encoding="utf-8",
        )
        settings.chmod(0o600)
        yield folder


def expected_tasks(account: Account) -> dict[str, str]:
    """Return the names of all tasks of the account, by their ids."""
    (workspace,) = account.workspaces
    return {task.id: task.name for task in workspace.tasks.values()}


def loaded_tasks(database: str) -> dict[str, str]:
    """Return the names of all tasks of the store, by their ids."""
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT id, name FROM pandev.tasks").fetchall()
    return dict(rows)


def test_airflow_runs_the_poll(
    project: Path, account: Account, database: str, tmp_path: Path
) -> None:
    """R37: the DAG of the sweep is the same function, with another tap at another time."""
    airflow = create_environment(tmp_path / "peer", AIRFLOW, pinned=False)
    variables = {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "examples" / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PANDEV_PROJECT": str(project),
    }
    airflow.run("airflow", "db", "migrate", variables=variables)
    airflow.run("airflow", "dags", "test", "clickup_sync", variables=variables)
    assert len(expected_tasks(account)) == 20
    assert loaded_tasks(database) == expected_tasks(account)


def test_dagster_materializes_the_asset(
    project: Path, account: Account, database: str, tmp_path: Path
) -> None:
    dagster = create_environment(tmp_path / "peer", DAGSTER, pinned=False)
    home = tmp_path / "dagster"
    home.mkdir()
    variables = {
        "DAGSTER_HOME": str(home),
        "DAGSTER_DISABLE_TELEMETRY": "true",
        "PANDEV_PROJECT": str(project),
    }
    file = PROJECT / "examples" / "dagster" / "clickup.py"
    execute = ("dagster", "job", "execute", "--python-file", file, "--job", "sync")
    dagster.run(*execute, variables=variables)
    assert loaded_tasks(database) == expected_tasks(account)
    (project / ".env").write_text("TAP_CLICKUP_API_TOKEN=\n", encoding="utf-8")
    failed = dagster.run(*execute, variables=variables, check=False)
    assert failed.returncode == 1
    assert "meltano run tap-clickup target-pandev: exit code 1" in failed.stderr

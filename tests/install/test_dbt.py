"""The example for dbt: its sources, their tests and its model, run by dbt on a loaded store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from fake_clickup import Behaviour, FakeClickUp, generate
from tests.install.environment import COMMANDS, PROJECT, Environment, create_environment
from tests.install.main_job import load

if TYPE_CHECKING:
    from pathlib import Path

DBT = ("dbt-core==1.11.16", "dbt-postgres==1.11.0")
"""dbt-core 1.12 downloads a part of itself while it is installed."""
EXAMPLE = PROJECT / "examples" / "dbt"
EXPECTED = """
SELECT l.name, date_trunc('month', c.closed_at), count(*)
FROM pandev.cycle_times AS c
JOIN pandev.lists AS l ON (l.workspace_id, l.id) = (c.workspace_id, c.list_id)
GROUP BY 1, 2 ORDER BY 1, 2
"""
MODEL = """
SELECT list_name, closed_in, tasks FROM models.list_cycle_times ORDER BY 1, 2
"""


@pytest.fixture
def dbt(tmp_path: Path) -> Environment:
    return create_environment(tmp_path / "peer", *DBT, pinned=False)


@pytest.fixture
def store(tmp_path: Path, database: str) -> dict[str, str]:
    """Load a generated ClickUp; return what dbt needs to know of the store."""
    account = generate(seed=7, tasks=60, time_entries=40)
    with FakeClickUp(account, behaviour=Behaviour(limit_per_minute=10_000)) as clickup:
        settings = {
            "TAP_CLICKUP_API_URL": clickup.api_url,
            "TAP_CLICKUP_API_TOKEN": clickup.token,
            "TAP_CLICKUP_START_DATE": "2020-01-01",
        }
        load(Environment(COMMANDS, tmp_path), settings, {"TARGET_PANDEV_STORE_URL": database})
    address = conninfo_to_dict(database)
    return {
        "PANDEV_STORE_HOST": str(address["host"]),
        "PANDEV_STORE_PORT": str(address.get("port", 5432)),
        "PANDEV_STORE_USER": str(address["user"]),
        "PANDEV_STORE_PASSWORD": str(address.get("password", "")),
        "PANDEV_STORE_DATABASE": str(address["dbname"]),
        "PANDEV_MODELS_SCHEMA": "models",
        "DBT_PROJECT_DIR": str(EXAMPLE),
        "DBT_PROFILES_DIR": str(EXAMPLE),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_VERSION_CHECK": "false",
    }


def results(tmp_path: Path) -> dict[str, list[str]]:
    """Return the ids of all nodes that dbt ran, by their status."""
    text = (tmp_path / "target" / "run_results.json").read_text(encoding="utf-8")
    nodes: list[dict[str, Any]] = json.loads(text)["results"]
    statuses = {node["status"] for node in nodes}
    return {
        status: [node["unique_id"] for node in nodes if node["status"] == status]
        for status in statuses
    }


def test_dbt_builds_and_tests_the_example(
    dbt: Environment, store: dict[str, str], database: str, tmp_path: Path
) -> None:
    dbt.run("dbt", "--warn-error", "build", variables=store)
    done = results(tmp_path)
    assert sorted(done) == ["pass", "success"]
    assert done["success"] == ["model.pandev.list_cycle_times"]
    assert len(done["pass"]) > 50
    with psycopg.connect(database) as connection:
        rows = connection.execute(EXPECTED).fetchall()
        assert len(rows) > 3
        assert connection.execute(MODEL).fetchall() == rows
        # two users with one key, which the store itself would refuse
        connection.execute("ALTER TABLE pandev.users DROP CONSTRAINT users_pkey")
        connection.execute("INSERT INTO pandev.users SELECT * FROM pandev.users LIMIT 1")
    dbt.run("dbt", "source", "freshness", variables=store)
    failed = dbt.run("dbt", "test", variables=store, check=False)
    assert failed.returncode == 1
    (test,) = results(tmp_path)["fail"]
    assert test.startswith("test.pandev.source_unique_key_pandev_users_")

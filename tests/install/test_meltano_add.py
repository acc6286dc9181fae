"""A new Meltano project takes our plugins by their definitions, without an account at the Hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from fake_clickup import Behaviour, FakeClickUp, generate
from tests.install.environment import COMMANDS, run
from tests.support.plugin_definitions import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.install.conftest import Release

PLUGINS = {
    "tap-clickup": ("extractor", ""),
    "target-pandev": ("loader", "target"),
    "mapper-completed-reads": ("mapper", ""),
}


@pytest.fixture
def project(release: Release, tmp_path: Path) -> Path:
    """Return a new Meltano project with the tap, the target and the mapper of this release."""
    folder = tmp_path / "project"
    meltano = COMMANDS / "meltano"
    run(meltano, "init", "--no-usage-stats", folder, folder=tmp_path)
    for name, (kind, extra) in PLUGINS.items():
        text = (FOLDER / f"{kind}s" / f"{name}--pandev.yml").read_text(encoding="utf-8")
        line = f"\npip_url: pandev-clickup{f'[{extra}]' if extra else ''}\n"
        assert line in text
        definition = tmp_path / f"{name}.yml"
        quoted = f"""'"{release.requirement(extra)}"'"""  # Meltano splits it like a shell
        own = text.replace(line, f"\npip_url: {quoted}\n")
        definition.write_text(own, encoding="utf-8")
        from_file = ("--plugin-type", kind, "--from-ref", definition)
        run(meltano, "add", name, *from_file, folder=folder)
    return folder


def test_a_new_project_loads_clickup(project: Path, database: str) -> None:
    """R37, D7: all settings are known to Meltano, and each plugin has an environment of its own."""
    account = generate(seed=7, tasks=20, time_entries=0)
    (workspace,) = account.workspaces
    meltano = COMMANDS / "meltano"
    with FakeClickUp(account, behaviour=Behaviour(limit_per_minute=10_000)) as clickup:
        settings = {
            "TAP_CLICKUP_API_URL": clickup.api_url,
            "TAP_CLICKUP_API_TOKEN": clickup.token,
            "TAP_CLICKUP_START_DATE": "2020-01-01",
            "TARGET_PANDEV_STORE_URL": database,
        }
        run(meltano, "run", "tap-clickup", "target-pandev", folder=project, variables=settings)
    with psycopg.connect(database) as connection:
        loaded = connection.execute("SELECT id, name FROM pandev.tasks ORDER BY id").fetchall()
    visible = {task.id: task.name for task in workspace.tasks.values()}
    assert len(visible) == 20
    assert dict(loaded) == visible
    environments = project / ".meltano"
    assert (environments / "extractors" / "tap-clickup" / "venv" / "bin" / "tap-clickup").is_file()
    mapper = "mapper-completed-reads"
    assert (environments / "mappers" / mapper / "venv" / "bin" / mapper).is_file()
    assert not list((environments / "extractors").rglob("site-packages/psycopg"))
    assert list((environments / "loaders").rglob("site-packages/psycopg"))

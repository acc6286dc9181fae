"""`make demo` as a newcomer runs it: what it prints, and what page and dashboards show then."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from pandev.page.tabs import TABS
from target_pandev.embedded import EmbeddedServer
from target_pandev.open_store import StoreSettings
from tests.end_to_end.pipeline import PROJECT
from tests.pandev.page_server import RunningPage, serve_store
from tests.support.grafana import fill_in, list_panels

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = "pandev_dev"
EMPTY_IF_ALL_IS_WELL = {"denied"}
"""Figures that only show what is wrong."""
PNG = b"\x89PNG\r\n"


@pytest.fixture
def output(tmp_path: Path, store_dir: Path) -> Iterator[str]:
    """Run the demo, yield what it prints, and stop its store."""
    store_dir.chmod(0o711)  # for root, PostgreSQL runs as another user
    options = ["--folder", str(tmp_path / "demo"), "--store-dir", str(store_dir / "demo")]
    yield run("examples.demo", *options)
    assert EmbeddedServer(store_dir / "demo").stop()


def run(module: str, *options: str) -> str:
    """Run a module of the project and return what it prints."""
    command = [sys.executable, "-m", module, *options]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def empty_figures(page: RunningPage) -> set[str]:
    """Return the figures of the page without rows."""
    paths = {
        figure.name: f"/{tab.key}/{figure.name}.json" for tab in TABS for figure in tab.figures
    }
    return {name for name, path in paths.items() if not page.get(path).rows}


def empty_panels(store: Path) -> list[str]:
    """Return the panels of the dashboards without rows."""
    now = datetime.now(UTC)
    since = now - timedelta(days=56)
    with (
        EmbeddedServer(store) as server,
        psycopg.connect(server.conninfo, options=f"-c search_path={SCHEMA}") as connection,
    ):
        variables = {
            name: [key for (key,) in connection.execute(f"SELECT id FROM {name}s".encode())]  # noqa: S608 - our own names
            for name in ("workspace", "space")
        }
        return [
            panel.title
            for panel in list_panels()
            if not connection.execute(
                fill_in(panel.sql, since=since, until=now, variables=variables).encode()
            ).fetchall()
        ]


def test_the_demo_fills_every_figure_and_panel(
    output: str, store_dir: Path, tmp_path: Path
) -> None:
    """R123. Two runs, a day of edits with webhooks, a report, and the command for the page."""
    unchanged = r"rows written: \d+ in completed_reads, \d+ in emitted_states, 1 in sync_runs"
    assert re.search(unchanged, output)
    assert re.search(r"60 edits, \d+ webhooks; the store had all of it [\d.]+ s after", output)
    store = store_dir / "demo"
    assert f"pandev serve --store-dir {store} --store-schema {SCHEMA}\n" in output
    with serve_store(StoreSettings(dir=str(store), schema=SCHEMA)) as page:
        assert empty_figures(page) == EMPTY_IF_ALL_IS_WELL
    assert empty_panels(store) == []
    picture = tmp_path / "page.png"
    run("examples.demo.picture", "--store-dir", str(store), "--output", str(picture))
    assert picture.read_bytes().startswith(PNG)
    assert picture.stat().st_size > 20_000

"""The dashboards for Grafana: every panel has rows, in the columns that its settings name."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.pandev.page_store import fill_page
from tests.pandev.report_store import connect
from tests.support.grafana import DASHBOARDS, FOLDER, fill_in, list_panels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_pandev.database.connection import Connection

VARIABLES = {"workspace": ["900"], "space": ["11", "12"]}
NOW = datetime.now(UTC)
DATASOURCE = {"type": "grafana-postgresql-datasource", "uid": "pandev"}


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    """Yield a connection to a store in which every view has rows."""
    fill_page(database)
    with connect(database) as connection:
        connection.execute("SET default_transaction_read_only = on")
        yield connection


def test_every_panel_has_rows(connection: Connection) -> None:
    """R123. What Grafana draws over time has its times first, named `time`."""
    for panel in list_panels():
        since = NOW - timedelta(days=60)
        statement = fill_in(panel.sql, since=since, until=NOW, variables=VARIABLES)
        assert "$" not in statement
        cursor = connection.execute(statement.encode())
        rows = cursor.fetchall()
        assert rows, panel.title
        assert any(value is not None for row in rows for value in row[1:]), panel.title
        columns = [column.name for column in cursor.description or ()]
        assert panel.columns <= set(columns), panel.title
        if panel.is_time_series:
            assert columns[0] == "time"
            assert all(isinstance(row[0], datetime) for row in rows), panel.title


def test_the_variables_offer_workspaces_and_their_spaces(connection: Connection) -> None:
    expected = {"workspace": [("900", "Acme")], "space": [("12", "Platform"), ("11", "Shop")]}
    for dashboard in DASHBOARDS.values():
        for variable in dashboard["templating"]["list"]:
            statement = fill_in(variable["query"], since=NOW, until=NOW, variables=VARIABLES)
            rows = connection.execute(statement.encode()).fetchall()
            assert rows == expected[variable["name"]]


def test_every_variable_of_a_panel_is_one_of_its_dashboard() -> None:
    for dashboard in DASHBOARDS.values():
        offered = {variable["name"] for variable in dashboard["templating"]["list"]}
        text = " ".join(panel["targets"][0]["rawSql"] for panel in dashboard["panels"])
        used = set(re.findall(r"\$(\w+)", text)) - {"__timeFilter", "__timeFrom", "__timeTo"}
        assert used == offered


def test_dashboards_and_panels_have_own_ids_and_one_datasource() -> None:
    provisioned = yaml.safe_load((FOLDER / "provisioning/datasources/pandev.yaml").read_text())
    (source,) = provisioned["datasources"]
    assert {"type": source["type"], "uid": source["uid"]} == DATASOURCE
    assert len({dashboard["uid"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS) == 3
    for dashboard in DASHBOARDS.values():
        panels = dashboard["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
        assert len(places) == len(panels)
        for panel in panels:
            assert panel["datasource"] == panel["targets"][0]["datasource"] == DATASOURCE
            assert panel["description"]
            assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24


def test_no_password_is_provisioned() -> None:
    text = (FOLDER / "provisioning/datasources/pandev.yaml").read_text()
    assert re.findall(r"password: (.*)", text) == ["$PANDEV_STORE_PASSWORD"]

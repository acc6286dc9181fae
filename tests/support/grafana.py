"""The panels of deploy/grafana, with their macros and variables replaced as Grafana does."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

FOLDER = Path(__file__).parents[2] / "deploy" / "grafana"
DASHBOARDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((FOLDER / "dashboards").glob("*.json"))
}


@dataclass(frozen=True)
class Panel:
    """A panel of a dashboard. `columns` are the names that its settings rely on."""

    dashboard: str
    title: str
    sql: str
    is_time_series: bool
    columns: frozenset[str]


def list_panels() -> list[Panel]:
    """Return the panels of all dashboards."""
    return [
        Panel(
            name,
            panel["title"],
            panel["targets"][0]["rawSql"],
            panel["targets"][0]["format"] == "time_series",
            frozenset(
                override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]
            ),
        )
        for name, dashboard in DASHBOARDS.items()
        for panel in dashboard["panels"]
    ]


def fill_in(
    sql: str, *, since: datetime, until: datetime, variables: Mapping[str, Sequence[str]]
) -> str:
    """Return a statement with its time range and its variables.

    https://grafana.com/docs/grafana/latest/datasources/postgres/
    """
    first, last = f"'{since.isoformat()}'", f"'{until.isoformat()}'"
    sql = re.sub(
        r"\$__timeFilter\(((?:[^()]|\([^()]*\))*)\)", rf"\1 BETWEEN {first} AND {last}", sql
    )
    sql = sql.replace("$__timeFrom()", first).replace("$__timeTo()", last)
    for name, values in variables.items():
        sql = sql.replace(f"${name}", ",".join(f"'{value}'" for value in values))
    return sql

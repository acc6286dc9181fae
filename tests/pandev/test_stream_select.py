"""The `select` of a project has the effect that it has in Meltano itself."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest
from meltano.core.plugin.singer.catalog import SelectExecutor, visit

from pandev.stream_select import apply_select
from tap_clickup.tap import TapClickUp
from tests.pandev.command import only_settings


def selected(catalog: dict[str, object]) -> set[tuple[str, ...]]:
    """Return the selected streams, and their selected fields."""
    streams: list[dict[str, object]] = catalog["streams"]  # type: ignore[assignment]
    return {
        (str(stream["tap_stream_id"]), *entry["breadcrumb"][1:])
        for stream in streams
        for entry in stream["metadata"]  # type: ignore[attr-defined]
        if entry["metadata"]["selected"]
    }


@pytest.mark.parametrize(
    ("patterns", "included", "excluded"),
    [
        (["*.*"], ("tasks", "name"), ()),
        (["!tasks.name", "*.*"], ("tasks", "status"), ("tasks", "name")),
        (["*.*", "!tasks.*"], ("lists", "name"), ("tasks",)),
        (["*.*", "!time_*"], ("tasks", "name"), ("time_entries",)),
        (["tasks"], ("tasks", "name"), ("lists",)),
        (["tasks.date_*", "lists.name"], ("tasks", "date_updated"), ("tasks", "name")),
        (["*.*", "!tasks.tags.name"], ("tasks", "tags"), ()),
        (["tasks.tags.name"], ("tasks", "tags"), ("tasks", "name")),
    ],
)
def test_the_same_is_selected_as_by_meltano(
    patterns: list[str], included: tuple[str, ...], excluded: tuple[str, ...]
) -> None:
    with only_settings():
        tap = TapClickUp(config={}, validate_config=False)
    catalog = json.loads(json.dumps(tap.catalog_dict))
    by_meltano = deepcopy(catalog)
    for executor in (SelectExecutor(["!*.*"]), SelectExecutor(patterns)):
        visit(by_meltano, executor)
    ours = selected(apply_select(catalog, patterns))
    assert included in ours
    assert excluded not in ours
    assert ours == selected(by_meltano)

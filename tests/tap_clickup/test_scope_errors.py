"""A stream whose completed reads do not fit it fails in its own test, not in the target."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tap_clickup.errors import ScopeError
from tap_clickup.read_scope import ReadScope
from tap_clickup.streams.users import Users

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clickup.extracted import ExtractedRecord
    from tap_clickup.workspace import Workspace
    from tests.tap_clickup.runner import TapRunner

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("scopes", "message"),
    [
        (
            [ReadScope("users", NOW, {}, ("name",))],
            r"key_properties of its ReadScope are \(name\); expected those of primary_keys",
        ),
        (
            [ReadScope("users", NOW, {"space_id": {"in": ["1"]}})],
            "a condition of its ReadScope is on space_id, which is not in its schema",
        ),
        ([ReadScope("tags", NOW, {})], "stream users: its ReadScope names the stream tags"),
        (
            [ReadScope("users", NOW, {}), ReadScope("users", NOW, {})],
            "two completed reads with the scope 'all'",
        ),
    ],
)
def test_a_scope_that_does_not_fit_its_stream_is_an_error(
    run_tap: TapRunner, monkeypatch: pytest.MonkeyPatch, scopes: list[ReadScope], message: str
) -> None:
    def read(_: Any, workspace: Workspace) -> Iterator[ExtractedRecord]:
        for scope in scopes:
            workspace.add_completed_read(scope, [])
        yield from ()

    monkeypatch.setattr(Users, "read", read)
    with pytest.raises(ScopeError, match=message):
        run_tap()


def test_scopes_with_names_of_their_own_are_allowed(
    run_tap: TapRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_: Any, workspace: Workspace) -> Iterator[ExtractedRecord]:
        for name in ("a", "b"):
            key = ("workspace_id", "id")
            workspace.add_completed_read(ReadScope("users", NOW, {}, key, name=name), [])
        yield from ()

    monkeypatch.setattr(Users, "read", read)
    run = run_tap()
    assert run.error is None
    scopes = {row["scope"] for row in run.rows("completed_reads") if row["stream"] == "users"}
    assert scopes == {"a", "b"}

"""A clock that is ahead, of the tap or of the target, does not freeze what is stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from target_pandev.errors import RejectedRecordsError
from tests.target_pandev.loading import COMPLETED_READS, completed, load, record, schema

if TYPE_CHECKING:
    from tests.target_pandev.loading import Loader

THINGS = schema("things", {"id": "string", "name": "string"}, ["id"])
NAMES = "SELECT id, name, _sdc_deleted_at IS NULL FROM things ORDER BY id"
REASON = (
    "more than five minutes later than the clock of PostgreSQL; set the clock of the machine that "
    "has read it, and read it again"
)


def at(delta: timedelta) -> str:
    """Return a time relative to now."""
    return (datetime.now(UTC) + delta).isoformat()


def thing(name: str, delta: timedelta, **values: Any) -> dict[str, Any]:
    """Return a thing that was read at a time relative to now."""
    return record("things", {"id": "1", "name": name, **values}, at=at(delta))


def read_of_nothing(delta: timedelta) -> dict[str, Any]:
    """Return a completed read, at a time relative to now, that has found no thing."""
    time = at(delta)
    return completed("things", [], started="", started_at=time, finished_at=time)


def rejections(store: Loader) -> list[tuple[Any, ...]]:
    return store.rows("SELECT stream, field, reason FROM rejected_records ORDER BY stream, field")


@pytest.mark.parametrize(
    "ahead", [timedelta(minutes=6), timedelta(days=1), timedelta(days=360_000)]
)
def test_a_record_of_the_future_is_refused_and_later_ones_count(
    store: Loader, ahead: timedelta
) -> None:
    with pytest.raises(RejectedRecordsError):
        store.load(THINGS, thing("old", -timedelta(hours=2)), thing("future", ahead))
    assert rejections(store) == [("things", "time_extracted", REASON)]
    store.load(THINGS, thing("new", -timedelta(hours=1)))
    assert store.rows(NAMES) == [("1", "new", True)]


def test_a_small_difference_is_accepted(store: Loader) -> None:
    store.load(THINGS, thing("soon", timedelta(minutes=4)))
    assert store.rows(NAMES) == [("1", "soon", True)]


def test_the_clock_of_postgresql_decides(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The target's own clock may be wrong."""
    ahead = timedelta(days=1)

    def read_clock_ahead(_: object) -> datetime:
        return datetime.now(UTC) + ahead

    monkeypatch.setattr("target_pandev.database.store._read_clock", read_clock_ahead)
    load(database, THINGS, thing("new", ahead))
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT name FROM pandev.things").fetchall() == [("new",)]


def test_a_version_without_records_begins_by_the_clock_of_postgresql(
    store: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The target's own clock is a day ahead: a row that is read again soon would stay marked."""
    day = timedelta(days=1)
    with monkeypatch.context() as patch:
        patch.setattr("target_pandev.database.store._read_clock", lambda _: datetime.now(UTC) - day)
        activate = {"type": "ACTIVATE_VERSION", "stream": "things", "version": 2}
        store.load(THINGS, thing("old", -2 * day))
        store.load(THINGS, activate, {"type": "STATE", "value": {}})
    assert store.rows(NAMES) == [("1", "old", False)]
    store.load(THINGS, thing("again", -timedelta(hours=23)))
    assert store.rows(NAMES) == [("1", "again", True)]


def test_a_deletion_of_the_future_is_refused(store: Loader) -> None:
    with pytest.raises(RejectedRecordsError):
        store.load(
            THINGS,
            thing("kept", -timedelta(hours=1)),
            record("things", {"id": "1", "_sdc_deleted_at": at(timedelta(hours=1))}),
        )
    assert rejections(store) == [("things", "_sdc_deleted_at", REASON)]
    assert store.rows(NAMES) == [("1", "kept", True)]


def test_a_completed_read_of_the_future_does_not_block_its_scope(store: Loader) -> None:
    """R76: the later read of the same scope marks what is missing."""
    store.load(THINGS, thing("gone", -timedelta(hours=2)))
    with pytest.raises(RejectedRecordsError):
        store.load(COMPLETED_READS, read_of_nothing(timedelta(days=1)))
    assert rejections(store) == [("completed_reads", "started_at", REASON)]
    store.load(COMPLETED_READS, read_of_nothing(-timedelta(hours=1)))
    assert store.rows(NAMES) == [("1", "gone", False)]


def test_older_versions_that_are_left_out_are_counted(
    store: Loader, caplog: pytest.LogCaptureFixture
) -> None:
    """A machine whose clock was ahead would go unnoticed otherwise."""
    caplog.set_level("INFO")
    times = [-timedelta(hours=hours) for hours in (1, 3, 2)]
    store.load(THINGS, thing("new", times[0]))
    store.load(THINGS, thing("older", times[1]), thing("old", times[2]), batch_size_rows=1)
    store.load(THINGS, thing("new", times[1]), {**thing("x", times[0]), "stream": "things"})
    left_out = [text for text in caplog.messages if text.startswith("left out")]
    assert left_out == ["left out, because newer versions are stored: 2 things"]
    assert store.rows(NAMES) == [("1", "x", True)]

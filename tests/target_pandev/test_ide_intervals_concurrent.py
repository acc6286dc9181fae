"""Two targets that load events of one day at once: the intervals are those of one target."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import psycopg

from tests.support.waiting import wait_until
from tests.target_pandev.crash.scenario import encoded
from tests.target_pandev.crash.target_process import TargetProcess
from tests.target_pandev.ide import IDE_EVENTS, INTERVALS, PATH, USER1, events, records

if TYPE_CHECKING:
    from pathlib import Path

    from tests.target_pandev.loading import Loader

WAITING = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'target-pandev'
    AND wait_event_type = 'Lock'
"""
STATE = {"type": "STATE", "value": {"n": 1}}


def test_two_targets_at_once_derive_the_intervals_of_one(store: Loader, tmp_path: Path) -> None:
    """Both have their events in their transaction when the table of intervals is unlocked.

    Neither sees the other's events before the commit, so the second must not derive until then.
    """
    inputs = [
        events(USER1, "02 09:00:00", "02 09:10:00", branch="a"),
        events(USER1, "02 09:05:00", "02 09:15:00", branch="b"),
    ]
    with ExitStack() as stack:
        with psycopg.connect(store.database) as blocking:
            blocking.execute("LOCK TABLE pandev.ide_intervals IN SHARE MODE")
            targets = []
            for part in inputs:
                target = TargetProcess(tmp_path, store_url=store.database)
                targets.append(stack.enter_context(target))
                target.write(encoded([IDE_EVENTS, *records(part), STATE]))
            wait_until(lambda: len(store.rows(WAITING)) == len(targets))
        for target in targets:
            assert target.end() == 0, target.log()
    assert store.rows(INTERVALS) == [
        (USER1, "2026-03-02", "02 09:00:00", "02 09:05:00", PATH, "a", None, 300_000),
        (USER1, "2026-03-02", "02 09:05:00", "02 09:10:00", PATH, "b", None, 300_000),
        (USER1, "2026-03-02", "02 09:10:00", "02 09:15:00", PATH, "a", None, 300_000),
    ]

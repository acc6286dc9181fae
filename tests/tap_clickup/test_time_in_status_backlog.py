"""The backlog of tasks whose time in status is still to be read, and its form in the state."""

from __future__ import annotations

from typing import Any

from tap_clickup.time_in_status_backlog import TimeInStatusBacklog

TASKS: dict[str, Any] = {"cursors": {"live": "2026-03-01"}, "archives": {"11": "digest"}}
LEFT: dict[str, Any] = {"cursors": {"live": "2026-02-01"}, "archives": {}}


def test_a_run_saves_the_bookmarks_of_tasks_until_it_is_done() -> None:
    state: dict[str, Any] = {}
    backlog = TimeInStatusBacklog(state)
    backlog.start(TASKS, reset=True)
    assert (backlog.is_started, backlog.is_resumed) == (True, False)
    assert state == {"tasks": TASKS}
    backlog.clear()
    assert state == {}


def test_the_backlog_of_an_interrupted_run_comes_first() -> None:
    backlog = TimeInStatusBacklog({"tasks": LEFT})
    backlog.start(TASKS, reset=False)
    assert backlog.is_resumed is True
    assert (backlog.cursors, backlog.archives) == ({"live": "2026-02-01"}, {})


def test_a_reset_extends_the_backlog_to_all_tasks() -> None:
    backlog = TimeInStatusBacklog({"tasks": LEFT})
    backlog.start(TASKS, reset=True)
    assert backlog.is_resumed is True
    assert (backlog.cursors, backlog.archives) == ({}, {})


def test_the_backlog_advances_without_changing_the_bookmarks_of_tasks() -> None:
    tasks_state = {"cursors": {"live": "2026-03-01"}}
    state: dict[str, Any] = {}
    backlog = TimeInStatusBacklog(state)
    backlog.start(tasks_state, reset=False)
    backlog.advance("live", "2026-03-02")
    assert state == {"tasks": {"cursors": {"live": "2026-03-02"}, "archives": {}}}
    assert tasks_state == {"cursors": {"live": "2026-03-01"}}

"""The tasks of one workspace whose time in status is still to be read. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_clickup.walks import saved_archives

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "tasks"
"""Where the state of time_in_status contains the backlog."""


@dataclass
class TimeInStatusBacklog:
    """Shared by the streams tasks, which starts it, and time_in_status, which works it off.

    `state` is the workspace's part of the state of time_in_status. It contains the bookmarks that
    tasks had at the start of a run until the time in status of that run's tasks has been read, so
    that an interrupted run is caught up by the next one. `is_resumed` is true in that next run;
    `has_failed` if some of the tasks are left to yet another one.
    """

    state: dict[str, Any]
    is_started: bool = False
    is_resumed: bool = False
    has_failed: bool = False

    def start(self, tasks_state: Mapping[str, Any], *, reset: bool) -> None:
        """Save the bookmarks of tasks, unless an interrupted run has left a backlog.

        That backlog then comes first. `reset` extends it to all tasks.
        """
        self.is_started = True
        self.is_resumed = KEY in self.state
        if not self.is_resumed:
            self._save(dict(tasks_state["cursors"]), archives=saved_archives(tasks_state))
        elif reset:
            self._save({}, archives={})

    def _save(self, cursors: dict[str, str], *, archives: dict[str, str]) -> None:
        self.state[KEY] = {"cursors": cursors, "archives": archives}

    @property
    def cursors(self) -> dict[str, str]:
        """The dates up to which the tasks have their time in status, by pass."""
        cursors: dict[str, str] = self.state[KEY]["cursors"]
        return cursors

    @property
    def archives(self) -> dict[str, str]:
        """The digests of the archived lists whose tasks have their time in status, by space id."""
        return saved_archives(self.state[KEY])

    def advance(self, pass_name: str, until: str) -> None:
        """Save that the tasks of a pass have their time in status up to a date."""
        self.cursors[pass_name] = until

    def clear(self) -> None:
        """Save that no task is left."""
        self.state.pop(KEY, None)

"""Find the jobs of a Meltano project that load ClickUp into the store, whatever their names are.

A project above this folder may be about something else, and have a job `sync` of its own.
https://docs.meltano.com/reference/command-line-interface#job
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from clickup_receiver.meltano_project import TARGET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clickup_receiver.meltano_project import MeltanoProject

SWEEP_TAP = "tap-clickup-sweep"
"""The tap that reads everything, so that deletions are found."""
TRIGGER_VARIABLE = "MELTANO_JOB_TRIGGER"
"""Meltano records its value with a run: who started it."""


def find_job_command(project: MeltanoProject, tap: str) -> str | None:
    """Return the command that runs the first job in which a tap loads into target-pandev.

    Raises `ConfigurationError` if a file of the project cannot be read.
    """
    for content in project.read_files().values():
        for job in content.get("jobs") or ():
            if any(_loads(words, tap) for words in _tasks(job)):
                return f"meltano run {shlex.quote(str(job['name']))}"
    return None


def _tasks(job: dict[str, Any]) -> Iterator[list[str]]:
    """Yield the words of each task, which is a text or a list of words."""
    for task in job.get("tasks") or ():
        yield task.split() if isinstance(task, str) else [str(word) for word in task]


def _loads(words: list[str], tap: str) -> bool:
    return tap in words and TARGET in words[words.index(tap) :]

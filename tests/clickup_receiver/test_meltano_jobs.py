"""The job that polls is found by what it runs, in whatever file it is and whatever its name is."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.meltano_jobs import SWEEP_TAP, find_job_command
from clickup_receiver.meltano_project import TAP, MeltanoProject
from tests.end_to_end.pipeline import PROJECT

if TYPE_CHECKING:
    from pathlib import Path


def test_our_meltano_yml_has_a_job_for_the_poll_and_one_for_the_sweep(tmp_path: Path) -> None:
    shutil.copy(PROJECT / "meltano.yml", tmp_path)
    project = MeltanoProject(tmp_path)
    assert find_job_command(project, TAP) == "meltano run sync"
    assert find_job_command(project, SWEEP_TAP) == "meltano run sweep"


@pytest.mark.parametrize(
    ("jobs", "command"),
    [
        ("[{name: a, tasks: [tap-clickup target-pandev]}]", "meltano run a"),
        ("[{name: a b, tasks: [[tap-clickup, hide, target-pandev]]}]", "meltano run 'a b'"),
        ("[{name: a, tasks: [dbt:run, tap-clickup target-pandev dbt:run]}]", "meltano run a"),
        ("[{name: sync, tasks: [tap-shop target-pandev]}]", None),
        ("[{name: sync, tasks: [tap-clickup target-jsonl]}]", None),
        ("[{name: sync, tasks: [target-pandev tap-clickup]}]", None),
        ("[{name: sync, tasks: [tap-clickup-sweep target-pandev]}]", None),
        ("[{name: sync}]", None),
        ("", None),
    ],
)
def test_a_job_is_found_by_what_it_runs(tmp_path: Path, jobs: str, command: str | None) -> None:
    """A project above this folder may be about something else."""
    (tmp_path / "meltano.yml").write_text(f"jobs: {jobs}\n")
    assert find_job_command(MeltanoProject(tmp_path), TAP) == command


def test_a_job_may_be_in_an_included_file(tmp_path: Path) -> None:
    (tmp_path / "meltano.yml").write_text("include_paths: [more.yml]\n")
    (tmp_path / "more.yml").write_text("jobs: [{name: a, tasks: [tap-clickup target-pandev]}]\n")
    assert find_job_command(MeltanoProject(tmp_path), TAP) == "meltano run a"

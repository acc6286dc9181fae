"""`make bench-git`: compare the read of new commits with `git rev-list` and with libgit2's walk.

A generated repository has 4,000 branches and more than 100,000 commits. All figures are CPU
seconds, the least of several rounds: of `git rev-list` for its whole process, of tap-git for the
read of the commits, without that of the branches, which every run needs. Then tap-git runs as a
whole, with nothing new and with one new commit.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pygit2

from benchmarks.command import positive, run_benchmark
from benchmarks.git_repository import MAIN, START_S, STEP_S, add_commit, topic, write_repository
from benchmarks.goals import at_most, format_goals, format_header, format_row
from benchmarks.processes import FailedRunError, clean_environment
from tap_git.history import COMMIT_ORDER, History
from tap_git.repository import disable_object_cache, locate_repository, read_repository
from tap_git.settings import ConfiguredRepository

if TYPE_CHECKING:
    from benchmarks.goals import Figures, Goal

TAP = Path(sys.executable).with_name("tap-git")
OURS, GIT, LIBGIT2 = "tap_git", "git_rev_list", "libgit2_walk"
VARIANTS = (OURS, GIT, LIBGIT2)
ON_MAIN = "a commit on the main branch"
ON_TOPIC = "a commit on an old topic branch"
BETWEEN = "a new branch from the middle of history"
OLD = "an old commit that is pushed late"
MAX_TIMES_GIT = 2
NO_NEW = "a run with nothing new"
ONE_NEW = "a run with one new commit"


def main() -> None:
    """Run the benchmark with the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.git", description=__doc__)
    parser.add_argument("--rounds", type=positive, default=3, help="rounds per figure")
    parser.add_argument("--commits", type=positive, default=104_000, help="number of commits")
    parser.add_argument("--heads", type=positive, default=4_000, help="number of topic branches")
    options = parser.parse_args()
    measure = partial(_measure, rounds=options.rounds, commits=options.commits, heads=options.heads)
    run_benchmark("git", measure, evaluate=evaluate, format_table=format_table)


def _measure(folder: Path, *, rounds: int, commits: int, heads: int) -> Figures:
    load_before = round(os.getloadavg()[0], 2)
    disable_object_cache()
    git = write_repository(folder, commits=commits, heads=heads)
    runs = _measure_runs(folder, git, rounds)
    now_s = START_S + commits * STEP_S
    main_head = git.references[MAIN].target
    middle = git.revparse_single(f"{MAIN}~{commits // 3}").id
    root = git.revparse_single(f"{MAIN}~{commits - heads * 10 - 1}").id
    scenarios = {
        ON_MAIN: (MAIN, main_head, now_s),
        ON_TOPIC: (topic(heads // 3), git.references[topic(heads // 3)].target, now_s),
        BETWEEN: ("refs/heads/new", middle, now_s),
        OLD: ("refs/heads/new", root, START_S),
    }
    reads = {}
    for name, (branch, parent, time_s) in scenarios.items():
        known = _heads(git)
        before = git.references.get(branch)
        new = add_commit(git, branch, pygit2.Oid(hex=str(parent)), time_s=time_s)
        reads[name] = _compare(git, known, str(new), rounds)
        print(f"{name}: {reads[name]}")
        git.references.delete(branch)
        if before is not None:
            git.references.create(branch, before.target)
    return {
        "python": sys.version.split()[0],
        "cpus": os.cpu_count(),
        "load_before": load_before,
        "commits": commits,
        "heads": heads,
        "rounds": rounds,
        "reads": reads,
        "runs": runs,
    }


def _measure_runs(folder: Path, git: pygit2.Repository, rounds: int) -> dict[str, float]:
    """Return the CPU seconds of whole runs of the tap."""
    config, state = (folder / name for name in ("config.json", "state.json"))
    config.write_text(json.dumps({"repositories": [git.path]}))
    output, _ = _run([str(TAP), f"--config={config}"])
    states = [line for line in output.splitlines() if line.startswith('{"type":"STATE"')]
    state.write_text(json.dumps(json.loads(states[-1])["value"]))
    command = [str(TAP), f"--config={config}", f"--state={state}"]
    seconds = {}
    for name in (NO_NEW, ONE_NEW):
        if name == ONE_NEW:
            parent = git.references[MAIN].target
            add_commit(git, MAIN, pygit2.Oid(hex=str(parent)), time_s=int(time.time()))
        seconds[name] = round(min(_run(command)[1] for _ in range(rounds)), 3)
        print(f"{name}: {seconds[name]}")
    return seconds


def _run(command: list[str], text: str = "") -> tuple[str, float]:
    """Run a command; return its output and its CPU time. Raises `FailedRunError`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(  # noqa: S603 - our own commands
        command, input=text, text=True, capture_output=True, check=False, env=clean_environment()
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode:
        raise FailedRunError(f"{command[0]} failed: {result.stderr.strip()}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return result.stdout, used


def _heads(git: pygit2.Repository) -> list[str]:
    return [str(reference.target) for reference in git.references.objects]


def _compare(
    git: pygit2.Repository, known_heads: list[str], new: str, rounds: int
) -> dict[str, float]:
    """Return the CPU seconds of each variant. Raises `FailedRunError` if one misses the commit."""
    measures = {
        OURS: partial(_read_by_tap, git, known_heads),
        GIT: partial(_read_by_git, git, known_heads, new),
        LIBGIT2: partial(_read_by_libgit2, git, known_heads, new),
    }
    seconds = {}
    for variant, measure in measures.items():
        results = [measure() for _ in range(rounds)]
        for shas, _ in results:
            if shas != [new]:
                raise FailedRunError(f"{variant} read {len(shas)} commits; expected {new} only")
        seconds[variant] = round(min(used for _, used in results), 4)
    return seconds


def _read_by_tap(git: pygit2.Repository, known_heads: list[str]) -> tuple[list[str], float]:
    location = locate_repository(ConfiguredRepository(git.path))
    repository = read_repository(location)
    started = time.process_time()
    history = History(repository, known_heads=known_heads)
    shas = [str(commit.id) for commit in history.read_new_commits()]
    return shas, time.process_time() - started


def _read_by_git(
    git: pygit2.Repository, known_heads: list[str], new: str
) -> tuple[list[str], float]:
    lines = [new, *(f"^{sha}" for sha in known_heads)]
    command = ["git", f"--git-dir={git.path}", "rev-list", "--stdin"]
    output, used = _run(command, "\n".join(lines))
    return output.split(), used


def _read_by_libgit2(
    git: pygit2.Repository, known_heads: list[str], new: str
) -> tuple[list[str], float]:
    started = time.process_time()
    walker = git.walk(pygit2.Oid(hex=new), COMMIT_ORDER)
    for sha in known_heads:
        walker.hide(pygit2.Oid(hex=sha))
    return [str(commit.id) for commit in walker], time.process_time() - started


def evaluate(figures: Figures) -> list[Goal]:
    """Return the goals with the figures."""
    goals = [
        at_most(f"{name}, times git", round(seconds[OURS] / seconds[GIT], 2), MAX_TIMES_GIT)
        for name, seconds in figures["reads"].items()
    ]
    runs = figures["runs"]
    growth = round(runs[ONE_NEW] / runs[NO_NEW], 2)
    return [*goals, at_most("one new commit, times nothing new", growth, 1.2)]


def format_table(figures: Figures, goals: list[Goal]) -> str:
    """Return the figures of all variants, then the goals, in lines of text."""
    rows = [
        format_row(name, *(seconds[variant] for variant in VARIANTS))
        for name, seconds in figures["reads"].items()
    ]
    rows += [format_row(name, seconds) for name, seconds in figures["runs"].items()]
    return "\n".join([format_header("CPU seconds", *VARIANTS), *rows, "", *format_goals(goals)])


if __name__ == "__main__":
    main()

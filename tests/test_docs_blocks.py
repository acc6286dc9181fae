"""Each command in a block of the docs exists, with the options it has there."""

from __future__ import annotations

import re
import shlex
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from clickup_receiver.cli import receiver
from fake_clickup.cli import main as fake_clickup
from pandev.cli import pandev
from tests.support.documents import blocks
from tests.test_docs import MELTANO, declared_plugins

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[1]
GROUPS: dict[str, click.Command] = {
    "pandev": pandev,
    "clickup-receiver": receiver,
    "fake-clickup": fake_clickup,
}
SEPARATORS = {"&&", "|"}
REDIRECTIONS = {">", "<"}
OTHERS = {
    ".", ".ci/run", ".venv/bin/python", "cd", "chmod", "cp", "curl", "dbt", "docker", "export",
    "git", "pip", "pipx", "systemctl", "umask", "uv",
}  # fmt: skip
"""Programs that are not ours."""
OF_READERS = {"mapper-completed-reads", "mark-deletions", "target-postgres"}
"""What a reader's own Meltano project may have, and ours has not."""


def documents() -> list[Path]:
    """Return README, SECURITY and the pages of docs/."""
    return [*sorted((PROJECT / "docs").rglob("*.md")), *sorted(PROJECT.glob("[RS]*.md"))]


def commands_in(path: Path) -> Iterator[list[str]]:
    """Yield the words of each command in the blocks of a page, without times of a crontab."""
    for block in blocks(path.read_text(encoding="utf-8"), "sh", "crontab"):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(re.sub(r"^(?:[\d*/]+ ){2}.*?  +(?=umask)", "", line), comments=True)
            while words:
                end = next((i for i, word in enumerate(words) if word in SEPARATORS), len(words))
                yield list(takewhile(lambda word: word not in REDIRECTIONS, words[:end]))
                words = words[end + 1 :]


def find_command(name: str, words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that words call, and the words that are left."""
    command = GROUPS[name]
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        inner = command.get_command(click.Context(command), words[0])
        assert inner, f"{name}: no command {words[0]}"
        command, words = inner, words[1:]
    return command, words


def assert_exists(words: list[str]) -> None:
    """Fail unless a command of ours has these options, or Meltano and make these names."""
    name, *rest = words
    if name in GROUPS:
        command, rest = find_command(name, rest)
        options = {option for param in command.params for option in param.opts}
        assert {word.split("=")[0] for word in rest if word.startswith("--")} <= options, words
    elif name == "make":
        makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
        assert f"\n{rest[0]}:" in makefile, words
    elif name == "meltano":
        names = [word for word in rest[1:] if not word.startswith("-") and word != "run"]
        known = {plugin["name"] for plugin in declared_plugins()}
        known |= OF_READERS | {item["name"] for item in (*MELTANO["jobs"], *MELTANO["schedules"])}
        assert names[0] in known, words
        assert rest[0] in {"add", "invoke"} or set(names) <= known, words
    else:
        assert name in OTHERS or re.match(r"\w+=|(?:mapper|tap|target)-", name), words


@pytest.mark.parametrize("page", documents(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_commands_in_the_docs_exist(page: Path) -> None:
    for words in commands_in(page):
        assert_exists(words)


def test_other_programs_are_in_the_docs() -> None:
    used = {words[0] for page in documents() for words in commands_in(page)}
    assert OTHERS - used == set()


@pytest.mark.parametrize(
    "line",
    [
        "pandev store dumb x",
        "pandev store dump x --force",
        "clickup-receiver replay --twice",
        "make cofee",
        "meltano run tap-clockup target-pandev",
        "meltano schedule run hourly",
        "psql",
    ],
)
def test_a_command_that_does_not_exist_is_found(line: str) -> None:
    with pytest.raises(AssertionError):
        assert_exists(line.split())


def test_the_options_in_the_docs_are_used_in_tests() -> None:
    """So what the docs show is run, with these options, by a test."""
    tests = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (PROJECT / "tests").rglob("test_*.py")
        if path.name not in {"test_cli.py", Path(__file__).name}
    )
    shown = {
        word.split("=")[0]
        for page in documents()
        for words in commands_in(page)
        if words[0] in GROUPS
        for word in words
        if word.startswith("--")
    }
    assert len(shown) > 10
    assert {option for option in shown if option not in tests} == set()

"""What commands print: facts and tables for people, JSON for programs.

Output that goes to a file or a pipe is plain text. Rich lays the text out: it knows the widths of
Chinese characters and emoji.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import time
from itertools import pairwise
from typing import IO, TYPE_CHECKING, Any, Final, Literal, TypeVar

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Command = TypeVar("Command", bound="Callable[..., object]")
OutputFormat = Literal["text", "json"]
PIPED_OUTPUT_WIDTH: Final = 120
"""Columns of output that goes to a file or a pipe, unless COLUMNS is set."""

PROGRESS_SECONDS: Final = 10.0


def output_width() -> int:
    """Return the columns of the terminal, or those of a file or a pipe."""
    if sys.stdout.isatty() or "COLUMNS" in os.environ:
        return shutil.get_terminal_size((PIPED_OUTPUT_WIDTH, 24)).columns
    return PIPED_OUTPUT_WIDTH


def format_option(command: Command) -> Command:
    """Add `--format text|json`; the command gets it as `output_format`."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(("text", "json")),
        default="text",
        show_default=True,
        help="Text, or JSON for programs; errors too.",
    )(command)


def print_json(value: object) -> None:
    """Print one JSON value; times are printed as ISO 8601."""
    click.echo(json.dumps(value, indent=2, default=str))


def print_result(
    output_format: OutputFormat, as_json: Mapping[str, object], for_people: Mapping[str, str] | str
) -> None:
    """Print what a command has done: as JSON, or as facts or lines for people."""
    if output_format == "json":
        print_json(as_json)
    elif isinstance(for_people, str):
        click.echo(for_people)
    else:
        print_facts(for_people)


def print_json_error(text: str, exit_code: int) -> None:
    """Print why a command has no result, if it was asked for JSON."""
    arguments = sys.argv[1:]
    if "--format=json" in arguments or ("--format", "json") in pairwise(arguments):
        print_json({"exit_code": exit_code, "error": text})


def print_facts(facts: Mapping[str, str]) -> None:
    """Print a label and a value in each line; a long value continues below its beginning."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in facts.items():
        table.add_row(Text(label), Text(value))
    _print(table)


def print_table(labels: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows below a header; a long text continues in the next line of its column."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for label in labels:
        table.add_column(label, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if value is None else str(value)) for value in row))
    _print(table)


def print_problem(text: str) -> None:
    """Print a problem and its remedy on stderr, as one line."""
    click.echo(f"pandev: {text}", err=True)


class CommandError(click.ClickException):
    """A command has no result; it ends with this exit code. Its text may have several lines."""

    def __init__(self, text: str, exit_code: int) -> None:
        super().__init__(text)
        self.exit_code = exit_code  # type: ignore[misc]

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 - click's signature
        """Print it on stderr."""
        for line in self.message.splitlines():
            print_problem(line)


class Progress:
    """Prints on stderr what is done so far, at most every ten seconds."""

    def __init__(self) -> None:
        self._printed_at = time.monotonic()

    def __call__(self, text: str) -> None:
        """Print a text if it is due."""
        now = time.monotonic()
        if now - self._printed_at >= PROGRESS_SECONDS:
            self._printed_at = now
            print_problem(text)


def _print(table: Table) -> None:
    console = Console(file=io.StringIO(), width=output_width(), color_system=None)
    console.print(table)
    assert isinstance(console.file, io.StringIO)  # noqa: S101 - for the type checker
    for line in console.file.getvalue().splitlines():
        click.echo(line.rstrip())

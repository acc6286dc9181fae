"""The options of `pandev worklogs` that are settings too."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

Command = TypeVar("Command", bound="Callable[..., object]")
PREFIX: Final = "PANDEV_WORKLOG_"
READ_ONLY: Final = "read_only"
MODE: Final = "mode"
RULE_OPTIONS: Final[tuple[tuple[str, Any, Any, str], ...]] = (
    ("minimum-minutes", click.IntRange(0), 5, "Time below which nothing is written."),
    (
        "round-minutes",
        click.IntRange(0),
        1,
        "Minutes to whose multiples time is rounded; 0 keeps it as it is.",
    ),
    ("days", click.IntRange(1, 366), 14, "Number of closed days to plan."),
    (
        "grace-hours",
        click.IntRange(0),
        6,
        "Hours after its end until a day is closed, as events may arrive late.",
    ),
    (
        "tracked-time",
        click.Choice(("subtract", "skip", "ignore")),
        "subtract",
        "What a person tracked on the same task and day: subtract it, skip that day, or ignore it.",
    ),
    (
        "organisation",
        str,
        "",
        "Name that distinguishes the entries of organisations with one ClickUp workspace.",
    ),
)

METAVARS: Final = {
    "minimum-minutes": "MINUTES",
    "round-minutes": "MINUTES",
    "days": "DAYS",
    "grace-hours": "HOURS",
    "organisation": "NAME",
}


def variable_name(option: str) -> str:
    """Return the environment variable of an option."""
    return PREFIX + option.replace("-", "_").upper()


mode_option = click.option(
    f"--{MODE}",
    type=click.Choice((READ_ONLY, "automatic")),
    envvar=variable_name(MODE),
    show_envvar=True,
    default=READ_ONLY,
    show_default=True,
    help="Whether push writes without --write, for a schedule.",
)


class Day(click.ParamType):  # type: ignore[type-arg] # not generic before click 8.2
    """A day."""

    name = "day"

    def convert(
        self, value: str | date, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """Return the day of a text such as 2026-03-31."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day; write it as 2026-03-31", param, ctx)


def rule_options(command: Command) -> Command:
    """Add the rules; each is a setting too, such as PANDEV_WORKLOG_DAYS."""
    for name, kind, default, help_text in reversed(RULE_OPTIONS):
        command = click.option(
            f"--{name}",
            type=kind,
            metavar=METAVARS.get(name),
            envvar=variable_name(name),
            show_envvar=True,
            default=default,
            show_default=default != "",
            help=help_text,
        )(command)
    return click.option(
        "--last-day",
        type=Day(),
        metavar="DAY",
        help="Last day to plan, such as 2026-03-31; by default the last closed one.",
    )(command)


def worklog_settings() -> dict[str, Any]:
    """Return the default of each setting, such as `worklog_days`; None for no value."""
    defaults = {MODE: READ_ONLY} | {name: default for name, _, default, _ in RULE_OPTIONS}
    return {
        variable_name(name).removeprefix("PANDEV_").lower(): None if default == "" else default
        for name, default in defaults.items()
    }

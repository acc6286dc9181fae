"""What an address limits the figures to, so that it can be shared: the fields of a GET form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlencode

from pandev.report.selection import FIRST_YEAR, Selection, SelectionError
from target_pandev.sql import read_statement

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pandev.report.selection import Scope
    from pandev.report.source import Source

Field = Literal["workspace", "space", "list", "sprint", "team"]
Limit = Literal[
    Field,
    "days",
    "day",
    "status",
    "repository",
    "branch",
    "author",
    "task",
    "source",
    "kind",
    "match",
    "place",
]
"""Limits of figures: a field with a drop-down list, the days, and those that numbers lead to."""
FIELDS: Final[tuple[Field, ...]] = ("workspace", "space", "list", "sprint", "team")
NAMES: Final[Mapping[Limit, tuple[str, ...]]] = {
    **{field: (field,) for field in FIELDS},
    "days": ("since", "until"),
    "day": ("day",),
    "status": ("group", "status"),
    "repository": ("repository",),
    "branch": ("branch",),
    "author": ("author",),
    "task": ("task",),
    "source": ("source",),
    "kind": ("kind",),
    "match": ("match",),
    "place": ("space_name", "list_name", "task_type"),
}
"""The names that each limit has in an address."""
TEXTS: Final = tuple(
    name
    for limit, names in NAMES.items()
    for name in names
    if limit not in {*FIELDS, "days", "day"} and name != "group"
)
"""Names whose values may be any text: an unknown one has no rows."""
NOTHING: Final = "none"
"""Stands for what has no value, such as the task of work without a task."""
GROUPS: Final = ("OPEN", "IN_PROGRESS", "CLOSED", "UNDEFINED")
MAX_CHOICES: Final = 500
"""Options of a drop-down list; lists of a large workspace show once a space is chosen."""


class FilterError(SelectionError):
    """A field of the address that cannot be understood."""


@dataclass(frozen=True)
class Choice:
    """Something that a field can be limited to."""

    key: str
    name: str
    parent: str | None = None


Choices = dict[Field, list[Choice]]


@dataclass(frozen=True)
class Filters:
    """The fields of an address; None does not limit anything."""

    workspace: str | None = None
    space: str | None = None
    list: str | None = None
    sprint: str | None = None
    team: str | None = None
    since: date | None = None
    until: date | None = None
    day: date | None = None
    group: str | None = None
    status: str | None = None
    repository: str | None = None
    branch: str | None = None
    author: str | None = None
    task: str | None = None
    source: str | None = None
    kind: str | None = None
    match: str | None = None
    space_name: str | None = None
    list_name: str | None = None
    task_type: str | None = None

    def value(self, field: Field) -> str | None:
        """Return the value of a field with a drop-down list."""
        value: str | None = getattr(self, field)
        return value

    @property
    def chosen(self) -> Sequence[Limit]:
        """The limits that are set."""
        values = self.__dict__
        return [limit for limit, names in NAMES.items() if any(values[name] for name in names)]

    def only(self, limits: Collection[Limit]) -> Filters:
        """Return the filters without all other limits."""
        return replace(self, **dict.fromkeys(self.hidden(limits)))

    def hidden(self, limits: Collection[Limit]) -> dict[str, str]:
        """Return the values of all other limits, by their names in the address."""
        names = [name for limit in NAMES if limit not in limits for name in NAMES[limit]]
        values = self.__dict__
        return {name: str(values[name]) for name in names if values[name]}

    @property
    def of_all_tabs(self) -> Filters:
        """The filters without those that a number of one tab leads to."""
        return self.only({*FIELDS, "days"})

    def query(self, **changed: object) -> str:
        """Return the query of an address with these filters, and its question mark."""
        values = {**self.__dict__, **changed}
        query = urlencode({name: str(value) for name, value in values.items() if value})
        return f"?{query}" if query else ""

    def select(self, limit: int) -> Selection:
        """Return what the sections are limited to. A sprint is a list of ClickUp."""
        lists = sorted({value for value in (self.list, self.sprint) if value})
        ids: dict[Scope, list[str] | None] = {
            "workspace": [self.workspace] if self.workspace else None,
            "space": [self.space] if self.space else None,
            "list": (lists if len(lists) == 1 else []) if lists else None,
        }
        return Selection(
            limit,
            self.since,
            ids,
            all_lists=lists if len(lists) > 1 else (),
            until=self.until,
            day=self.day,
            team=self.team,
            others={name: self.__dict__[name] for name in ("group", *TEXTS)},
        )


def read_choices(source: Source) -> Choices:
    """Return what each field offers. Raises `StoreError`."""
    _, rows = source.query(read_statement("page_choices", "pandev.sql"), {})
    choices: Choices = {field: [] for field in FIELDS}
    for kind, key, name, parent in rows:
        choices[kind].append(Choice(key, name or key, parent))
    return choices


def parse_filters(fields: Mapping[str, str], choices: Choices) -> Filters:
    """Return the filters of an address. Raises `FilterError`."""
    values = {field: fields.get(field) or None for field in FIELDS}
    for field, value in values.items():
        if value and value not in {choice.key for choice in choices[field]}:
            raise FilterError(f"{field}: the store has none with the id {value!r}; choose another")
    since, until = _parse_day("since", fields), _parse_day("until", fields)
    if since and until and since > until:
        raise FilterError(f"until: {until} is before {since}; choose a later day")
    group = fields.get("group") or None
    if group and group not in GROUPS:
        raise FilterError(f"group: {group!r} is not one of {', '.join(GROUPS)}")
    others = {name: _parse_text(name, fields) for name in TEXTS}
    day = _parse_day("day", fields)
    return Filters(**values, since=since, until=until, day=day, group=group, **others)


def _parse_text(name: str, fields: Mapping[str, str]) -> str | None:
    text = fields.get(name)
    if text and "\0" in text:  # PostgreSQL's texts have none
        raise FilterError(f"{name}: {text!r} has a null character; remove it")
    return text or None


def _parse_day(name: str, fields: Mapping[str, str]) -> date | None:
    text = fields.get(name)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if day.year < FIRST_YEAR or day == date.max:
        raise FilterError(f"{name}: {text!r} is not a day; write it as 2026-03-01")
    return day


def offer(
    choices: Choices, filters: Filters, limits: Collection[Limit]
) -> dict[Field, Sequence[Choice]]:
    """Return the options of each drop-down list: those in what is chosen above it.

    The choice is always one of them. A list without a choice is left out.
    """
    workspaces = choices["workspace"]
    spaces = [space for space in choices["space"] if filters.workspace in {None, space.parent}]
    keys = {space.key for space in spaces if filters.space in {None, space.key}}
    options: dict[Field, list[Choice]] = {
        "workspace": workspaces if len(workspaces) > 1 else [],
        "space": spaces,
        "list": [item for item in choices["list"] if item.parent in keys][:MAX_CHOICES],
        "sprint": [item for item in choices["sprint"] if item.parent in keys][:MAX_CHOICES],
        "team": choices["team"],
    }
    return {
        field: found
        for field in FIELDS
        if field in limits
        and (found := _with_chosen(options[field], choices[field], filters.value(field)))
    }


def _with_chosen(
    options: Sequence[Choice], choices: Sequence[Choice], chosen: str | None
) -> list[Choice]:
    missing = chosen and chosen not in {option.key for option in options}
    return [*options, *(choice for choice in choices if missing and choice.key == chosen)]


def describe(choices: Choices, filters: Filters, limits: Collection[Limit]) -> list[str]:
    """Return what is chosen in words, such as: space Shop."""
    applied = filters.only(limits)
    words = [
        f"{field} {next(item.name for item in choices[field] if item.key == applied.value(field))}"
        for field in FIELDS
        if applied.value(field)
    ]
    if applied.since:
        words.append(f"from {applied.since}")
    if applied.until:
        words.append(f"to {applied.until}")
    if applied.day:
        words.append(f"on {applied.day}")
    if applied.group:
        words.append(f"group {applied.group.lower().replace('_', ' ')}")
    values = applied.__dict__
    return words + [f"{name.replace('_', ' ')} {values[name]}" for name in TEXTS if values[name]]

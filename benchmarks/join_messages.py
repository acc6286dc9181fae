"""Generate commit messages: 7 in 10 name no task, the others one or two of them in all forms. Pure.

Messages without an id contain what looks like one: versions, numbers of issues, names of branches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random

VERBS = ("Fix", "Add", "Remove", "Rename", "Refactor", "Speed up", "Document", "Test", "Simplify")
OBJECTS = (
    "the parser",
    "rate limits",
    "login with single sign-on",
    "retries after a lost connection",
    "the cache of permissions",
    "export to CSV",
    "handling of time zones",
    "the order of migrations",
    "flaky tests of the scheduler",
)
BODY = (
    "The old code read all rows and filtered them in memory.",
    "Before, a request that timed out was sent twice, and the second answer won.",
    "See the discussion in the channel of the team: the former behaviour was an accident.",
    "Measured on 10,000 rows: 1.8 s before, 0.2 s now.",
    "This also removes an option that was never documented.",
)
BODY_SHARE = 0.3
MOST_LINES = 5
WITHOUT_TASK = (
    (52, "{subject}"),
    (7, "Bump lodash from 4.17.{n} to 4.17.21"),
    (4, "Merge branch 'main' into develop"),
    (4, "{subject} (#{n})"),
    (3, "Merge pull request #{n} from acme/user-settings"),
)
"""Shares in percent, and forms."""
WITH_TASK = (
    (7, "CU-{id}: {subject}"),
    (3, "{subject} (CU-{id})"),
    (4, "{subject} #{id}"),
    (4, "{custom_id} {subject}"),
    (1, "CU-#{id} {subject}"),
    (1, "CU {id} {subject}"),
    (2, "{subject}\n\nhttps://app.clickup.com/t/{id}"),
    (1, "[{id}] {subject}"),
    (3, "Merge pull request #{n} from acme/CU-{id}-fix"),
    (2, "Merge branch 'feature/{id}_fix' into 'main'"),
)
WITH_TWO_TASKS = ((2, "CU-{id} {subject}\n\nAlso CU-{other_id}."),)
FORMS = tuple(
    (weight, form, references)
    for references, forms in enumerate((WITHOUT_TASK, WITH_TASK, WITH_TWO_TASKS))
    for weight, form in forms
)


class TaskNames(NamedTuple):
    """How texts name a task."""

    id: str
    custom_id: str


class CommitMessage(NamedTuple):
    """A message, and how many references to tasks it contains."""

    text: str
    references: int


class MessageGenerator:
    """Generates the messages of commits that name some of the tasks."""

    def __init__(self, source: random.Random, tasks: list[TaskNames]) -> None:
        self._source = source
        self._tasks = tasks
        self._weights = [weight for weight, _, _ in FORMS]

    def generate(self) -> CommitMessage:
        """Return the next message."""
        source = self._source
        ((_, form, references),) = source.choices(FORMS, self._weights)
        task, other = source.sample(self._tasks, 2)
        text = form.format(
            subject=f"{source.choice(VERBS)} {source.choice(OBJECTS)}",
            id=task.id,
            other_id=other.id,
            custom_id=task.custom_id,
            n=source.randrange(1, 10_000),
        )
        if source.random() < BODY_SHARE:
            lines = source.choices(BODY, k=source.randint(1, MOST_LINES))
            text = f"{text}\n\n{chr(10).join(lines)}"
        return CommitMessage(text, references)


def name_task(number: int) -> TaskNames:
    """Return the names of the task of a number: an id of nine characters, and a custom id."""
    team = ("DEV", "OPS")[number % 2]
    return TaskNames(f"86{'abcdefgh'[number % 8]}{number:06x}", f"{team}-{number}")

"""A page is read again without a write once it would show another age or day, and not before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pandev.page.connections import Connections
from pandev.page.content import Address, ContentReader
from pandev.page.figures import view_figure
from pandev.page.filters import Filters
from pandev.page.tabs import BY_KEY
from pandev.report.reading import Result
from pandev.report.values import Kind, format_age, format_value, time_to_next_age
from target_pandev.open_store import StoreSettings
from tests.pandev.page_server import INSTALLATION, serve_database, texts
from tests.pandev.page_store import fill_page
from tests.pandev.report_store import connect
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandev.page.figures import FigureView

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
AGES = st.integers(min_value=0, max_value=400 * DAY)


@pytest.mark.parametrize(
    ("age_ms", "expected", "left_ms"),
    [
        (-1, "0 min", MINUTE),
        (0, "0 min", MINUTE),
        (MINUTE - 1, "0 min", 1),
        (59 * MINUTE + 59_000, "59 min", 1_000),
        (HOUR, "1 h", HOUR),
        (25 * HOUR + 40 * MINUTE, "1 d 1 h", 20 * MINUTE),
        (7 * DAY - 1, "6 d 23 h", 1),
        (7 * DAY + 23 * HOUR, "7 d", HOUR),
        (412 * DAY, "412 d", DAY),
    ],
)
def test_an_age_is_written_in_steps(age_ms: int, expected: str, left_ms: int) -> None:
    assert format_value(age_ms, Kind.AGE, UTC) == expected
    assert time_to_next_age(age_ms) == left_ms


@given(AGES)
def test_an_age_is_the_same_text_until_its_next_step(age_ms: int) -> None:
    left_ms = time_to_next_age(age_ms)
    assert format_age(age_ms + left_ms - 1) == format_age(age_ms)
    assert format_age(age_ms + left_ms) != format_age(age_ms)


def view_ages(ages: Sequence[tuple[int, int]], grown_ms: int = 0) -> FigureView:
    """Return the figure of ages, and times in status, that have grown since they were read."""
    rows: list[dict[str, Any]] = [
        {
            "workspace_id": "9001",
            "task_id": "1",
            "name": "Pay",
            "status": "doing",
            "url": None,
            "p85_elapsed_ms": 3 * DAY + 90_500,
            "age_ms": age_ms + grown_ms,
            "status_age_ms": status_age_ms + grown_ms,
        }
        for age_ms, status_age_ms in ages
    ]
    return view("flow", "ages", rows)


def view_trust(ages: Sequence[int | None], grown_ms: int = 0) -> FigureView:
    """Return the figure of trust for workspaces whose last runs are as old as that."""
    unknown = (
        "workspace_name", "last_complete_sweep_at", "last_run_source", "last_run_started_at",
        "live_tasks", "inferred_share", "users_without_employee",
    )  # fmt: skip
    counts = (
        "stored_tasks", "rejected_records", "rejected_without_workspace", "webhooks",
        "refused_objects", "users", "commits", "commits_without_task",
    )  # fmt: skip
    row = {"workspace_id": "1", **dict.fromkeys(unknown), **dict.fromkeys(counts, 0)}
    ended = datetime(2026, 3, 1, tzinfo=UTC)
    rows = [
        {
            **row,
            "last_complete_run_at": None if age_ms is None else ended,
            "last_complete_run_age_ms": None if age_ms is None else age_ms + grown_ms,
        }
        for age_ms in ages
    ]
    return view("trust", "trust", rows)


def view(tab: str, name: str, rows: list[dict[str, Any]]) -> FigureView:
    figure = BY_KEY[tab].find(name)
    assert figure
    return view_figure(figure, Result(figure.section, [*rows[0]], rows), Filters(), UTC)


def words(figure: FigureView) -> list[str]:
    """Return what a figure shows of ages; lengths of bars have no number."""
    assert figure.drawing
    markup = figure.drawing.markup
    return [
        figure.drawing.alternative,
        *texts(markup, ".bar-value"),
        *texts(markup, "dd"),
        *(
            format_value(row.get(column.name), column.kind, UTC)
            for row in figure.rows
            for column in figure.figure.section.columns
        ),
    ]


@given(st.lists(st.tuples(AGES, AGES), min_size=1, max_size=3))
@example([(3 * DAY, 5 * HOUR)])
def test_ages_are_shown_until_one_of_them_changes(ages: list[tuple[int, int]]) -> None:
    """Also until a task is older than P85 of the closed ones."""
    shown = view_ages(ages)
    lasts_ms = shown.lasts_ms
    assert lasts_ms is not None
    assert words(view_ages(ages, lasts_ms - 1)) == words(shown)
    assert words(view_ages(ages, lasts_ms)) != words(shown)


@pytest.mark.parametrize(
    ("ages", "lasts_ms"),
    [
        ([MINUTE], 29 * MINUTE + 1),
        ([10 * MINUTE, None, 29 * MINUTE, HOUR], MINUTE + 1),
        ([30 * MINUTE + 1, None], None),
    ],
)
def test_trust_is_shown_until_a_run_is_stale(ages: list[int | None], lasts_ms: int | None) -> None:
    shown = view_trust(ages)
    assert shown.lasts_ms == lasts_ms
    if lasts_ms:
        assert words(view_trust(ages, lasts_ms - 1)) == words(shown)
        assert words(view_trust(ages, lasts_ms)) != words(shown)


def test_figures_without_ages_last_for_ever() -> None:
    row = {"week": datetime(2026, 3, 2, tzinfo=UTC).date(), "created": 1, "closed": 2}
    assert view("flow", "flow", [row]).lasts_ms is None


def read_lasting(database: str, tab: str) -> float:
    """Return the seconds that a tab lasts."""
    connections = Connections(StoreSettings(url=database))
    try:
        return ContentReader(connections, INSTALLATION).read_page(Address(tab)).lasts_seconds
    finally:
        connections.close()


def test_a_tab_lasts_as_long_as_its_ages(database: str) -> None:
    """All tasks have been in their statuses for some minutes only."""
    fill_page(database)
    with connect(database) as connection:
        connection.execute(
            "UPDATE task_transitions SET changed_at = now() - INTERVAL '20 minutes' "
            "WHERE next_changed_at IS NULL"
        )
    assert 0 < read_lasting(database, "flow") <= 60


SET_SPRINT = "UPDATE sprints SET start_date = %s, end_date = %s, dates_inferred = false"
"""One of them is enough, and the others have the same times then."""


@pytest.mark.parametrize(
    ("hours", "grace", "lasts_hours"),
    [((1, 90), 4, 1), ((-90, 2), 0, 2), ((-1, 90), 4, 3), ((-90, -80), 4, None)],
)
def test_pages_last_until_a_sprint_or_the_day_changes(
    database: str, hours: tuple[int, int], grace: int, lasts_hours: int | None
) -> None:
    """In a time zone in which the day began less than an hour ago."""
    fill_page(database)
    began = datetime.now(UTC)
    midnight = began.replace(minute=0, second=0, microsecond=0) + timedelta(hours=24)
    changes = began + timedelta(hours=lasts_hours) if lasts_hours else midnight
    zone = f"Etc/GMT{began.hour if began.hour <= 12 else began.hour - 24:+d}"
    with connect(database) as connection:
        connection.execute(SET_SPRINT, [began + timedelta(hours=hour) for hour in hours])
        connection.execute(
            "UPDATE reporting SET time_zone = %s, sprint_grace_hours = %s", [zone, grace]
        )
    lasts_seconds = read_lasting(database, "sprints")
    left = [(changes - time).total_seconds() for time in (datetime.now(UTC), began)]
    assert left[0] <= lasts_seconds <= left[1]


def test_the_end_of_a_sprint_shows_without_a_write(database: str) -> None:
    fill_page(database)
    now = datetime.now(UTC)
    with connect(database) as connection:
        connection.execute(SET_SPRINT, [now - timedelta(days=9), now + timedelta(seconds=4)])
    with serve_database(database) as running:

        def read_label() -> str:
            return texts(running.get("/sprints").text, ".bar-label")[0]

        first = read_label()
        assert wait_until(lambda: read_label().endswith(", ended"))
        assert first.endswith((", running", ", ended"))

"""The marker of written time entries: its form, and that nothing else is taken."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clickup.worklog_marker import MARKER, build_marker, find_marker

NAMES = ("organisation", "9001", "40000002", "86abc1d2e", "2026-03-05")
EXAMPLE = "pandev:c89c5d1bf6313dbad5234b53676a1130"


def test_a_marker_never_changes() -> None:
    """A later release must find the entries that this one has written."""
    assert build_marker(*NAMES) == EXAMPLE


def test_a_marker_depends_on_each_name_and_on_their_order() -> None:
    others = [(*NAMES[:place], "other", *NAMES[place + 1 :]) for place in range(len(NAMES))]
    moved = [NAMES[::-1], ("".join(NAMES[:2]), *NAMES[2:]), ("", "".join(NAMES[:2]), *NAMES[2:])]
    assert len({build_marker(*names) for names in (NAMES, *others, *moved)}) == 9


@given(st.lists(st.text()))
def test_a_marker_shows_nothing_of_the_names(names: list[str]) -> None:
    marker = build_marker(*names)
    assert MARKER.fullmatch(marker)
    assert find_marker(marker) == marker


@pytest.mark.parametrize(
    ("description", "marker"),
    [
        (EXAMPLE, EXAMPLE),
        (f"Refactoring [{EXAMPLE}] and more", EXAMPLE),
        (f"{EXAMPLE}\nsecond line", EXAMPLE),
        (f"{EXAMPLE} pandev:{'0' * 32}", EXAMPLE),
        (EXAMPLE.upper(), None),
        (EXAMPLE[:-1], None),
        (f"{EXAMPLE}0", None),
        (f"x{EXAMPLE}", None),
        (f"pandev:{EXAMPLE}", None),
        ("pandev:" + "g" * 32, None),
        ("fix the pandev: hash", None),
        ("", None),
        (None, None),
        (7, None),
        ([EXAMPLE], None),
    ],
)
def test_only_the_exact_form_is_a_marker(description: Any, marker: str | None) -> None:
    assert find_marker(description) == marker


@given(st.text())
def test_nothing_else_of_a_description_is_returned(description: str) -> None:
    """R54: whatever is found has the form of a marker."""
    for text in (description, f"{description} {EXAMPLE}"):
        assert find_marker(text) in {None, EXAMPLE} or MARKER.fullmatch(find_marker(text) or "")

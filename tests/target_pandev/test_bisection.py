"""A batch is halved until its invalid items are found; all others are processed once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from target_pandev.bisection import bisect


@given(st.integers(1, 40), st.sets(st.integers(0, 39)))
def test_invalid_items_are_found_and_all_others_processed_in_order(
    count: int, chosen: set[int]
) -> None:
    invalid = {index for index in chosen if index < count}
    processed: list[int] = []

    def process(part: range) -> int | None:
        first_invalid = next((index for index in part if index in invalid), None)
        if first_invalid is None:
            processed.extend(part)
        return first_invalid

    assert bisect(range(count), process) == sorted(invalid)
    assert processed == [index for index in range(count) if index not in invalid]

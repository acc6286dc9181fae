"""A batch is loaded while the next one is read; its callback runs in the caller's thread."""

from __future__ import annotations

from threading import Event, current_thread
from typing import Any

import pytest

from target_pandev.database.serial_loader import SerialLoader


def is_finished(loader: SerialLoader) -> bool:
    """Return whether the load that was submitted last is finished."""
    assert loader.latest is not None
    return loader.latest.finished


def test_callbacks_run_in_order_in_the_callers_thread() -> None:
    loader = SerialLoader()
    may_end = Event()
    results: list[Any] = []

    def note(result: object) -> None:
        results.append((result, current_thread()))

    loader.submit(lambda: may_end.wait(60), note)
    assert not loader.wait_for(0)
    may_end.set()
    assert loader.wait_for(60)
    assert results == []
    loader.submit(lambda: "second", note)
    assert results == [(True, current_thread())]
    loader.wait()
    loader.wait()
    assert results == [(True, current_thread()), ("second", current_thread())]
    loader.close()


def test_load_is_finished_after_its_callback() -> None:
    loader = SerialLoader()
    finished: list[bool] = []

    def note(_: object) -> None:
        finished.append(is_finished(loader))

    loader.submit(lambda: None, note)
    assert not is_finished(loader)
    loader.wait()
    assert finished == [False]
    assert is_finished(loader)
    loader.close()


def test_failed_load_is_not_finished_and_raises_once() -> None:
    loader = SerialLoader()
    results: list[Any] = []

    def fail() -> None:
        raise ValueError("raised once")

    loader.submit(fail, results.append)
    with pytest.raises(ValueError, match="raised once"):
        loader.wait()
    loader.wait()
    loader.close()
    assert results == []
    assert not is_finished(loader)


def test_failed_load_prevents_the_next_one() -> None:
    loader = SerialLoader()
    results: list[Any] = []

    def fail() -> None:
        raise ValueError("the first one")

    loader.submit(fail, results.append)
    with pytest.raises(ValueError, match="the first one"):
        loader.submit(lambda: results.append("started"), results.append)
    loader.close()
    assert results == []

"""What the inbox keeps, knows again, and gives back."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.inbox.events import parse_event
from clickup_receiver.inbox.inbox import Delivery, Inbox, InboxError
from tests.clickup_receiver.payloads import WEBHOOK_ID, delivery, history

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "receiver" / "inbox.sqlite"


@pytest.fixture
def inbox(path: Path) -> Iterator[Inbox]:
    opened = Inbox(path)
    yield opened
    opened.close()


def changed(signature: str, *, task_id: str = "86a1") -> Delivery:
    """Return a delivery with history."""
    event = parse_event(delivery("taskUpdated", history("name"), task_id=task_id))
    return Delivery(signature, WEBHOOK_ID, event)


def renamed(signature: str, *, folder_id: str = "12") -> Delivery:
    """Return a delivery without history."""
    return Delivery(
        signature, WEBHOOK_ID, parse_event(delivery("folderUpdated", folder_id=folder_id))
    )


def filled(inbox: Inbox) -> int:
    """Fill an inbox to its limit; return how many events it took."""
    for number in range(10_000):
        try:
            inbox.add([changed(f"{number:064x}", task_id=str(number))])
        except InboxError:
            return number
    raise AssertionError("the inbox has no limit")


def waiting(inbox: Inbox) -> list[str]:
    return [one.event.object_id for one in inbox.pending(limit=100)]


def test_events_wait_in_the_order_of_their_arrival(inbox: Inbox) -> None:
    assert inbox.add([changed("b", task_id="2"), changed("a", task_id="1")]) == [True, True]
    inbox.add([changed("c", task_id="3")])
    assert waiting(inbox) == ["2", "1", "3"]
    assert [one.event.object_id for one in inbox.pending(limit=2)] == ["2", "1"]


def test_a_repetition_is_known_while_it_waits_and_after_it_was_fed(inbox: Inbox) -> None:
    """Of five attempts one counts; twins with the same history id are two."""
    assert inbox.add([changed("a"), changed("a"), changed("twin")]) == [True, False, True]
    inbox.mark_loaded([one.id for one in inbox.pending(limit=100)])
    assert inbox.add([changed("a")]) == [False]
    assert waiting(inbox) == []


def test_events_without_history_are_one_while_they_wait_and_new_afterwards(inbox: Inbox) -> None:
    """A folder that is renamed twice sends two equal bodies."""
    inbox.add([renamed("same"), renamed("same"), renamed("other", folder_id="13")])
    assert waiting(inbox) == ["12", "13"]
    inbox.mark_loaded([one.id for one in inbox.pending(limit=100)])
    assert inbox.add([renamed("same")]) == [True]
    assert waiting(inbox) == ["12"]


def test_what_comes_while_an_event_is_fed_is_not_taken_for_fed(inbox: Inbox) -> None:
    inbox.add([renamed("same")])
    (being_fed,) = inbox.pending(limit=100)
    inbox.add([renamed("same")])
    inbox.mark_loaded([being_fed.id])
    assert waiting(inbox) == ["12"]


def test_a_dead_letter_holds_up_nothing_and_waits_again_when_replayed(inbox: Inbox) -> None:
    inbox.add([changed("a", task_id="1"), changed("b", task_id="2")])
    first, second = inbox.pending(limit=100)
    inbox.dead_letter(first.id, reason="the target refuses it")
    assert waiting(inbox) == ["2"]
    (dead,) = inbox.dead_letters()
    assert (dead.id, dead.reason, dead.event) == (
        first.id,
        "the target refuses it",
        first.event,
    )
    assert inbox.replay() == 1
    assert inbox.pending(limit=100) == [first, second]
    assert inbox.dead_letters() == []


def test_a_body_that_was_no_event_is_listed_and_not_replayed(inbox: Inbox) -> None:
    inbox.add([Delivery("a", WEBHOOK_ID, None, failure_reason="task_id: expected an id")])
    (dead,) = inbox.dead_letters()
    assert (dead.webhook_id, dead.reason, dead.event) == (
        WEBHOOK_ID,
        "task_id: expected an id",
        None,
    )
    assert inbox.replay() == 0
    assert waiting(inbox) == []


def test_keys_of_what_was_fed_are_forgotten_in_time_and_nothing_else(inbox: Inbox) -> None:
    inbox.add([changed("fed"), Delivery("dead", WEBHOOK_ID, None, failure_reason="no event")])
    inbox.mark_loaded([one.id for one in inbox.pending(limit=1)])
    inbox.add([changed("waits", task_id="2")])
    now = datetime.now(UTC)
    assert inbox.purge_keys(now - timedelta(days=1)) == 0
    assert inbox.purge_keys(now + timedelta(days=1)) == 1
    assert waiting(inbox) == ["2"]
    assert len(inbox.dead_letters()) == 1
    assert inbox.add([changed("fed")]) == [True]


def test_the_depth_tells_how_many_wait_and_since_when(inbox: Inbox) -> None:
    assert inbox.depth() == (0, None)
    inbox.add([changed("a"), changed("b")])
    assert inbox.depth() == (2, inbox.pending(limit=1)[0].received_at)


def test_all_is_there_after_a_restart(path: Path) -> None:
    first = Inbox(path)
    first.add([changed("a", task_id="1"), changed("b", task_id="2")])
    before = first.pending(limit=100)
    first.mark_loaded([before[0].id])
    first.close()
    second = Inbox(path)
    assert second.pending(limit=100) == before[1:]
    assert second.add([changed("a", task_id="1")]) == [False]
    second.close()


def test_nobody_else_can_read_the_file(inbox: Inbox, path: Path) -> None:
    inbox.add([changed("a")])
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert {one.name: one.stat().st_mode & 0o777 for one in path.parent.iterdir()} == {
        "inbox.sqlite": 0o600,
        "inbox.sqlite-wal": 0o600,
        "inbox.sqlite-shm": 0o600,
    }


def test_a_commit_waits_for_the_disk(path: Path, inbox: Inbox) -> None:
    """Without it a power cut takes events that ClickUp counts as delivered."""
    connection = inbox._connection  # noqa: SLF001 - synchronous is a property of the connection
    assert connection.execute("PRAGMA synchronous").fetchall() == [(2,)]
    assert connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
    assert path.exists()


def test_a_full_inbox_takes_nothing_and_takes_again_when_it_was_fed(path: Path) -> None:
    inbox = Inbox(path, limit_bytes=200_000)
    taken = filled(inbox)
    with pytest.raises(InboxError, match="contains 200000 bytes, its limit"):
        inbox.add([changed("one too many")])
    assert inbox.depth()[0] == taken
    assert taken > 100
    inbox.mark_loaded([one.id for one in inbox.pending(limit=100_000)])
    inbox.purge_keys(datetime.now(UTC) + timedelta(days=1))
    assert inbox.add([changed("new")]) == [True]
    inbox.close()


def test_a_delivery_that_cannot_be_stored_takes_none_of_its_commit_with_it(inbox: Inbox) -> None:
    wrong = Delivery("b", WEBHOOK_ID, None, failure_reason=b"\xff")  # type: ignore[arg-type]
    with pytest.raises(InboxError):
        inbox.add([changed("a"), wrong])
    assert inbox.depth() == (0, None)
    assert inbox.add([changed("a")]) == [True]


def test_a_file_that_is_no_inbox_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are my notes, and no database at all" * 50)
    before = path.read_bytes()
    with pytest.raises(
        InboxError, match=r"notes\.txt: file is not a database; expected a writable inbox"
    ):
        Inbox(path)
    assert path.read_bytes() == before


def test_threads_and_processes_may_add_at_once(path: Path, inbox: Inbox) -> None:
    other = Inbox(path)

    def add(where: Inbox, name: str) -> None:
        for number in range(50):
            where.add([changed(f"{name}{number}", task_id=f"{name}{number}"), changed(f"{number}")])

    threads = [Thread(target=add, args=(inbox if name in "ab" else other, name)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inbox.depth()[0] == 4 * 50 + 50
    other.close()


WRITER = """
import sys
from pathlib import Path
from clickup_receiver.inbox.inbox import Delivery, Inbox
from clickup_receiver.inbox.events import Event
inbox = Inbox(Path(sys.argv[1]))
for number in range(1_000_000):
    event = Event("taskUpdated", "w", "task", str(number), has_history=True)
    inbox.add([Delivery(str(number), "w", event)])
    print(number, flush=True)
"""


@pytest.mark.parametrize("after", [1, 37, 200])
def test_a_killed_process_has_stored_what_it_answered(path: Path, after: int) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE)
    assert writer.stdout
    answered = [int(writer.stdout.readline()) for _ in range(after)]
    os.kill(writer.pid, signal.SIGKILL)
    answered += [int(line) for line in writer.stdout.read().split()]
    writer.wait()
    writer.stdout.close()
    inbox = Inbox(path)
    stored = [int(one.event.object_id) for one in inbox.pending(limit=1_000_000)]
    inbox.close()
    assert stored[: len(answered)] == answered
    assert len(stored) <= len(answered) + 1


def test_a_locked_file_is_an_error_and_not_a_loss(
    path: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clickup_receiver.inbox.inbox.BUSY_TIMEOUT_SECONDS", 0)
    hasty = Inbox(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(InboxError, match="database is locked"):
        hasty.add([changed("a")])
    holder.execute("ROLLBACK")
    holder.close()
    assert hasty.add([changed("a")]) == [True]
    hasty.close()
    assert waiting(inbox) == ["86a1"]


def test_when_a_webhook_was_heard_outlives_what_it_sent(inbox: Inbox) -> None:
    """Also where a delivery was known already."""
    before = datetime.now(UTC)
    for _ in range(2):
        inbox.add([changed("a signature")])
    inbox.mark_loaded([one.id for one in inbox.pending(limit=9)])
    assert [*inbox.last_delivery_times()] == [WEBHOOK_ID]
    assert before <= inbox.last_delivery_times()[WEBHOOK_ID] <= datetime.now(UTC)


def test_half_of_its_limit_is_a_crowd_until_keys_are_forgotten(path: Path) -> None:
    inbox = Inbox(path, limit_bytes=400_000)
    assert not inbox.is_over_half_full()
    inbox.add([changed(f"signature {n:0100}") for n in range(900)])
    inbox.mark_loaded([one.id for one in inbox.pending(limit=1_000)])
    assert inbox.is_over_half_full()
    assert inbox.purge_keys(datetime.now(UTC)) == 900
    assert not inbox.is_over_half_full()
    inbox.close()

"""Deliveries are stored durably, recognized when repeated, and returned until they are loaded."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.inbox.events import parse_event
from clickup_receiver.inbox.inbox import DEAD_LETTER_BYTES, Delivery, Inbox, InboxError
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


def change(signature: str, *, task_id: str = "86a1") -> Delivery:
    """Return a delivery with history."""
    event = parse_event(delivery("taskUpdated", history("name"), task_id=task_id))
    return Delivery(signature, WEBHOOK_ID, event)


def rename(signature: str, *, folder_id: str = "12") -> Delivery:
    """Return a delivery without history."""
    return Delivery(
        signature, WEBHOOK_ID, parse_event(delivery("folderUpdated", folder_id=folder_id))
    )


def fill(inbox: Inbox) -> int:
    """Fill an inbox to its limit; return how many events it accepted."""
    for number in range(10_000):
        try:
            inbox.add([change(f"{number:064x}", task_id=str(number))])
        except InboxError:
            return number
    raise AssertionError("the inbox has no limit")


def pending(inbox: Inbox) -> list[str]:
    return [pending.event.object_id for pending in inbox.pending(limit=100)]


def test_pending_events_are_in_order_of_arrival(inbox: Inbox) -> None:
    assert inbox.add([change("b", task_id="2"), change("a", task_id="1")]) == [True, True]
    inbox.add([change("c", task_id="3")])
    assert pending(inbox) == ["2", "1", "3"]
    assert [event.event.object_id for event in inbox.pending(limit=2)] == ["2", "1"]


def test_a_repeated_delivery_is_recognized(inbox: Inbox) -> None:
    """While it is pending and after it was loaded. Twins with one history id are two deliveries."""
    assert inbox.add([change("a"), change("a"), change("twin")]) == [True, False, True]
    inbox.mark_loaded([event.id for event in inbox.pending(limit=100)])
    assert inbox.add([change("a")]) == [False]
    assert pending(inbox) == []


def test_pending_events_without_history_are_merged(inbox: Inbox) -> None:
    """After they were loaded, an equal one is new: renaming a folder twice sends equal bodies."""
    inbox.add([rename("same"), rename("same"), rename("other", folder_id="13")])
    assert pending(inbox) == ["12", "13"]
    inbox.mark_loaded([event.id for event in inbox.pending(limit=100)])
    assert inbox.add([rename("same")]) == [True]
    assert pending(inbox) == ["12"]


def test_events_of_two_webhooks_are_not_merged(inbox: Inbox) -> None:
    """One of them may cover spaces that are not selected, so that its events are left out."""
    body = {**delivery("folderUpdated", folder_id="12"), "webhook_id": "other"}
    inbox.add([rename("one"), Delivery("two", "other", parse_event(body))])
    webhook_ids = [pending.event.webhook_id for pending in inbox.pending(limit=9)]
    assert webhook_ids == [WEBHOOK_ID, "other"]


def test_an_event_that_arrives_during_a_load_stays_pending(inbox: Inbox) -> None:
    """The object may have been read before the second change."""
    inbox.add([rename("same")])
    (loading,) = inbox.pending(limit=100)
    inbox.add([rename("same")])
    inbox.mark_loaded([loading.id])
    assert pending(inbox) == ["12"]


def test_a_dead_letter_is_not_pending_until_it_is_replayed(inbox: Inbox) -> None:
    inbox.add([change("a", task_id="1"), change("b", task_id="2")])
    first, second = inbox.pending(limit=100)
    inbox.dead_letter(first.id, reason="the target rejects it")
    assert pending(inbox) == ["2"]
    (dead,) = inbox.dead_letters()
    assert (dead.id, dead.reason, dead.event) == (
        first.id,
        "the target rejects it",
        first.event,
    )
    assert inbox.replay() == 1
    assert inbox.pending(limit=100) == [first, second]
    assert inbox.dead_letters() == []


def test_an_invalid_event_is_listed_and_not_replayed(inbox: Inbox) -> None:
    inbox.add([Delivery("a", WEBHOOK_ID, None, failure_reason="task_id: expected an id")])
    (dead,) = inbox.dead_letters()
    assert (dead.webhook_id, dead.reason, dead.event) == (
        WEBHOOK_ID,
        "task_id: expected an id",
        None,
    )
    assert inbox.replay() == 0
    assert pending(inbox) == []


def test_an_event_of_a_later_release_does_not_block_others(inbox: Inbox, path: Path) -> None:
    """The release was downgraded. The event is loaded by a replay after the next upgrade."""
    inbox.add([change("a", task_id="1"), change("b", task_id="2")])
    first, second = inbox.pending(limit=100)
    event = b'{"name": "goalUpdated", "webhook_id": "7f", "kind": "goal", "object_id": "3"}'
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE deliveries SET event = ? WHERE id = ?", (event, first.id))
    assert inbox.pending(limit=100) == [second]
    assert [(dead.id, dead.event, dead.reason) for dead in inbox.dead_letters()] == [
        (first.id, None, "not an event of this release; replay it after an upgrade")
    ]
    assert inbox.replay() == 1


def test_only_keys_of_loaded_deliveries_are_purged(inbox: Inbox) -> None:
    """Pending events and dead letters stay, whatever their age."""
    inbox.add([change("loaded"), Delivery("dead", WEBHOOK_ID, None, failure_reason="no event")])
    inbox.mark_loaded([event.id for event in inbox.pending(limit=1)])
    inbox.add([change("pending", task_id="2")])
    now = datetime.now(UTC)
    assert inbox.purge_keys(now - timedelta(days=1)) == 0
    assert inbox.purge_keys(now + timedelta(days=1)) == 1
    assert pending(inbox) == ["2"]
    assert len(inbox.dead_letters()) == 1
    assert inbox.add([change("loaded")]) == [True]


def test_depth_is_the_count_and_age_of_pending_events(inbox: Inbox) -> None:
    assert inbox.depth() == (0, None)
    inbox.add([change("a"), change("b")])
    assert inbox.depth() == (2, inbox.pending(limit=1)[0].received_at)


def test_the_content_survives_a_restart(path: Path) -> None:
    first = Inbox(path)
    first.add([change("a", task_id="1"), change("b", task_id="2")])
    before = first.pending(limit=100)
    first.mark_loaded([before[0].id])
    first.close()
    second = Inbox(path)
    assert second.pending(limit=100) == before[1:]
    assert second.add([change("a", task_id="1")]) == [False]
    second.close()


def test_only_the_owner_can_read_the_files(inbox: Inbox, path: Path) -> None:
    inbox.add([change("a")])
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {
        "inbox.sqlite": 0o600,
        "inbox.sqlite-wal": 0o600,
        "inbox.sqlite-shm": 0o600,
    }


def test_a_commit_is_synced_to_disk(path: Path, inbox: Inbox) -> None:
    """Otherwise a power failure would lose events that ClickUp counts as delivered."""
    connection = inbox._connection  # noqa: SLF001 - synchronous is a property of the connection
    assert connection.execute("PRAGMA synchronous").fetchall() == [(2,)]
    assert connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
    assert path.exists()


def test_a_full_inbox_rejects_deliveries_until_it_is_purged(path: Path) -> None:
    inbox = Inbox(path, limit_bytes=200_000)
    accepted = fill(inbox)
    with pytest.raises(InboxError, match="contains 200000 bytes, its limit"):
        inbox.add([change("one too many")])
    assert inbox.depth()[0] == accepted
    with closing(sqlite3.connect(path)) as connection:
        ((pages,),) = connection.execute("PRAGMA page_count")
        ((page_bytes,),) = connection.execute("PRAGMA page_size")
    assert 200_000 <= pages * page_bytes < 300_000
    inbox.mark_loaded([event.id for event in inbox.pending(limit=100_000)])
    inbox.purge_keys(datetime.now(UTC) + timedelta(days=1))
    assert inbox.add([change("new")]) == [True]
    inbox.close()


def assert_lost(inbox: Inbox) -> None:
    for action in (inbox.check_writable, lambda: inbox.add([change("b", task_id="2")])):
        with pytest.raises(InboxError, match="was deleted or replaced while the receiver"):
            action()


def test_a_file_that_is_moved_away_is_noticed(path: Path, inbox: Inbox) -> None:
    """Its deliveries would be gone at the next start; the same file in its place is right again."""
    inbox.add([change("a", task_id="1")])
    kept = path.rename(path.with_name("kept"))
    assert_lost(inbox)
    kept.rename(path)
    inbox.check_writable()
    inbox.add([change("c", task_id="3")])
    assert [pending.event.object_id for pending in inbox.pending(limit=9)] == ["1", "3"]


def test_a_file_that_is_replaced_is_noticed(path: Path, inbox: Inbox) -> None:
    path.unlink()
    Inbox(path).close()
    assert_lost(inbox)


def test_a_full_inbox_is_not_writable(path: Path) -> None:
    inbox = Inbox(path, limit_bytes=200_000)
    inbox.check_writable()
    fill(inbox)
    with pytest.raises(InboxError, match="contains 200000 bytes, its limit"):
        inbox.check_writable()
    inbox.close()


def test_dead_letters_take_a_share_of_the_limit(path: Path) -> None:
    """A change of ClickUp's format must not end in an inbox that rejects everything."""
    inbox = Inbox(path, limit_bytes=2**20)
    for number in range(500):
        inbox.add([Delivery(str(number), WEBHOOK_ID, None, failure_reason="no event")])
    inbox.add([change("good")])
    assert len(inbox.dead_letters()) == 2**20 // DEAD_LETTER_BYTES
    assert [pending.event.object_id for pending in inbox.pending(limit=9)] == ["86a1"]
    newest = [letter.id for letter in inbox.dead_letters()]
    assert newest == list(range(500 - len(newest) + 1, 501))
    inbox.dead_letter(501, reason="the target rejects it")
    assert [letter.id for letter in inbox.dead_letters()] == [*newest[1:], 501]
    assert inbox.count_dead_letters() == len(newest)
    inbox.close()


def test_old_dead_letters_are_dropped(inbox: Inbox) -> None:
    inbox.add([change("1", task_id="1"), change("2", task_id="2")])
    inbox.dead_letter(inbox.pending(limit=1)[0].id, reason="the target rejects it")
    now = datetime.now(UTC)
    assert inbox.drop_dead_letters(now - timedelta(days=1)) == 0
    assert inbox.drop_dead_letters(now + timedelta(days=1)) == 1
    assert inbox.dead_letters() == []
    assert [pending.event.object_id for pending in inbox.pending(limit=9)] == ["2"]


def test_a_failed_commit_stores_nothing(inbox: Inbox) -> None:
    """All deliveries of a call are stored, or none."""
    invalid = Delivery("b", WEBHOOK_ID, None, failure_reason=b"\xff")  # type: ignore[arg-type]
    with pytest.raises(InboxError):
        inbox.add([change("a"), invalid])
    assert inbox.depth() == (0, None)
    assert inbox.add([change("a")]) == [True]


def test_a_file_that_is_not_an_inbox_is_left_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are my notes, not a database" * 50)
    before = path.read_bytes()
    with pytest.raises(
        InboxError, match=r"notes\.txt: file is not a database; expected a writable inbox"
    ):
        Inbox(path)
    assert path.read_bytes() == before


def test_concurrent_threads_and_processes_may_add(path: Path, inbox: Inbox) -> None:
    other = Inbox(path)

    def add(target: Inbox, name: str) -> None:
        for number in range(50):
            target.add([change(f"{name}{number}", task_id=f"{name}{number}"), change(f"{number}")])

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
def test_a_killed_process_has_stored_its_deliveries(path: Path, after: int) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE)
    assert writer.stdout
    acknowledged = [int(writer.stdout.readline()) for _ in range(after)]
    os.kill(writer.pid, signal.SIGKILL)
    acknowledged += [int(line) for line in writer.stdout.read().split()]
    writer.wait()
    writer.stdout.close()
    inbox = Inbox(path)
    stored = [int(event.event.object_id) for event in inbox.pending(limit=1_000_000)]
    inbox.close()
    assert stored[: len(acknowledged)] == acknowledged
    assert len(stored) <= len(acknowledged) + 1


def test_a_locked_file_raises_an_error(
    path: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clickup_receiver.inbox.inbox.BUSY_TIMEOUT_SECONDS", 0)
    impatient = Inbox(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(InboxError, match="database is locked"):
        impatient.add([change("a")])
    holder.execute("ROLLBACK")
    holder.close()
    assert impatient.add([change("a")]) == [True]
    impatient.close()
    assert pending(inbox) == ["86a1"]


def test_last_delivery_times_survive_the_load(inbox: Inbox) -> None:
    """A repeated delivery counts too: it shows that the webhook works."""
    before = datetime.now(UTC)
    for _ in range(2):
        inbox.add([change("a signature")])
    inbox.mark_loaded([event.id for event in inbox.pending(limit=9)])
    assert [*inbox.last_delivery_times()] == [WEBHOOK_ID]
    assert before <= inbox.last_delivery_times()[WEBHOOK_ID] <= datetime.now(UTC)


def test_over_half_full_ends_when_keys_are_purged(path: Path) -> None:
    inbox = Inbox(path, limit_bytes=400_000)
    assert not inbox.is_over_half_full()
    inbox.add([change(f"signature {n:0100}") for n in range(900)])
    inbox.mark_loaded([event.id for event in inbox.pending(limit=1_000)])
    assert inbox.is_over_half_full()
    assert inbox.purge_keys(datetime.now(UTC)) == 900
    assert not inbox.is_over_half_full()
    inbox.close()

"""Secrets are durable, readable only by their owner, and never shown."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime, timedelta
from stat import ST_UID
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.webhooks.secret_store import (
    EnvironmentSecretStore,
    FileSecretStore,
    WebhookSecrets,
)
from tap_clickup.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "receiver" / "secrets.json"


def test_a_stored_secret_is_visible_to_another_process(path: Path) -> None:
    FileSecretStore(path).put("7f", "ONE", workspace_id="9001")
    assert FileSecretStore(path).get_all() == {"7f": WebhookSecrets("9001", ("ONE",))}
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["secrets.json"]


def test_a_running_receiver_sees_changes(path: Path) -> None:
    """`pandev connect` adds and deletes webhooks while the receiver is running."""
    receiver = FileSecretStore(path)
    connect = FileSecretStore(path)
    assert receiver.get("7f") == ()
    connect.put("7f", "ONE", workspace_id="9001")
    connect.put("8a", "TWO", workspace_id="9001")
    assert receiver.get("7f") == ("ONE",)
    assert receiver.get("8a") == ("TWO",)
    connect.delete("7f")
    connect.delete("unknown")
    assert receiver.get("7f") == ()
    assert receiver.get("8a") == ("TWO",)
    path.unlink()
    assert receiver.get("8a") == ()


def test_the_previous_secret_is_kept(path: Path) -> None:
    """Deliveries in transit are still signed with it. Older ones are dropped."""
    store = FileSecretStore(path)
    for secret in ("ONE", "TWO", "TWO"):
        store.put("7f", secret, workspace_id="9001")
    assert store.get("7f") == ("TWO", "ONE")
    store.put("7f", "THREE", workspace_id="9001")
    assert store.get("7f") == ("THREE", "TWO")


def test_the_previous_secret_expires_after_a_day(path: Path) -> None:
    """A secret that was replaced because it leaked is not good for ever.

    Nor if the clock was ahead when it was replaced.
    """
    store = FileSecretStore(path)
    store.put("7f", "ONE", workspace_id="9001")
    before = datetime.now(UTC)
    store.put("7f", "TWO", workspace_id="9001")
    store.put("7f", "TWO", workspace_id="9001", user_id="1")
    webhook = FileSecretStore(path).get_all()["7f"]
    hours = [timedelta(hours=hour) for hour in (0, 23, 25, 24 * 365, -23, -24 * 365)]
    assert [webhook.valid_secrets(before + hour) for hour in hours] == [
        ("TWO", "ONE"),
        ("TWO", "ONE"),
        ("TWO",),
        ("TWO",),
        ("TWO", "ONE"),
        ("TWO",),
    ]


def test_a_secret_replaced_by_an_earlier_version_is_expired(path: Path) -> None:
    """Such a file has no time of the replacement."""
    path.parent.mkdir(mode=0o700)
    path.write_text('{"7f": {"workspace_id": "9001", "secrets": ["TWO", "ONE"]}}')
    path.chmod(0o600)
    assert FileSecretStore(path).get("7f") == ("TWO",)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_file_open_to_others_is_rejected(path: Path, mode: int) -> None:
    FileSecretStore(path).put("7f", "ONE", workspace_id="9001")
    path.chmod(mode)
    with pytest.raises(
        ConfigurationError, match=r"secrets\.json: others can read or write it; run chmod"
    ):
        FileSecretStore(path).get("7f")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"SECRET",
        b'{"7f": "SECRET"}',
        b'{"7f": {"workspace_id": 1, "secrets": ["SECRET"]}}',
        b'{"7f": {"workspace_id": "1", "secrets": ["SECRET"], "replaced_at": "2026-11-29"}}',
        b'{"7f": {"workspace_id": "1", "secrets": [], "replaced_at": "2026-11-29T01:00:00"}}',
        b"\xff",
    ],
)
def test_an_invalid_file_is_reported_and_left_unchanged(path: Path, content: bytes) -> None:
    """The error names the file and quotes nothing of it."""
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(0o600)
    for use in (
        lambda: FileSecretStore(path).get("7f"),
        lambda: FileSecretStore(path).put("7f", "ONE", workspace_id="1"),
    ):
        with pytest.raises(ConfigurationError, match=r"secrets\.json: expected JSON") as raised:
            use()
        assert "SECRET" not in str(raised.value)
        assert raised.value.__suppress_context__
    assert path.read_bytes() == content


def test_an_unwritable_location_is_reported(tmp_path: Path) -> None:
    """No temporary file is left behind."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"file/secrets\.json: "):
        FileSecretStore(tmp_path / "file" / "secrets.json").put("7f", "ONE", workspace_id="1")
    directory = tmp_path / "folder" / "secrets.json"
    directory.mkdir(parents=True, mode=0o700)
    with pytest.raises(ConfigurationError, match=r"folder/secrets\.json: expected a regular file"):
        FileSecretStore(directory).put("7f", "ONE", workspace_id="1")
    assert list((tmp_path / "folder").iterdir()) == [directory]


def test_a_full_disk_leaves_the_file_unchanged(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No temporary file is left behind."""
    store = FileSecretStore(path)
    store.put("7f", "ONE", workspace_id="9001")

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(ConfigurationError, match=r"secrets\.json: No space left on device"):
        store.put("8a", "TWO", workspace_id="9001")
    assert list(path.parent.iterdir()) == [path]
    assert list(FileSecretStore(path).get_all()) == ["7f"]


def test_a_file_edited_in_place_is_read_again(path: Path) -> None:
    store = FileSecretStore(path)
    store.put("7f", "ONE", workspace_id="9001")
    assert store.get("7f") == ("ONE",)
    path.write_text(path.read_text().replace("ONE", "TWO"))
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000))
    assert store.get("7f") == ("TWO",)


def repeat_for_a_clock_tick(path: Path, change: Callable[[], None]) -> None:
    """Change a file until its ctime, which has steps of some milliseconds, is a later one."""
    before = path.stat().st_ctime_ns
    while path.stat().st_ctime_ns == before:
        change()


def test_a_change_that_keeps_the_modification_time_is_noticed(path: Path) -> None:
    """A backup that is restored sets it back, and `chmod` leaves it."""
    store = FileSecretStore(path)
    store.put("7f", "ONE", workspace_id="9001")
    assert store.get("7f") == ("ONE",)
    loaded = path.stat()
    path.write_text(path.read_text().replace("ONE", "TWO"))
    repeat_for_a_clock_tick(
        path, lambda: os.utime(path, ns=(loaded.st_atime_ns, loaded.st_mtime_ns))
    )
    assert store.get("7f") == ("TWO",)
    repeat_for_a_clock_tick(path, lambda: path.chmod(0o644))
    with pytest.raises(ConfigurationError, match="others can read or write it"):
        store.get("7f")


def test_a_fifo_in_place_of_the_file_is_rejected(path: Path) -> None:
    """Reading one would wait for ever, and every delivery with it."""
    path.parent.mkdir(mode=0o700)
    os.mkfifo(path, mode=0o600)
    with pytest.raises(ConfigurationError, match=r"secrets\.json: expected a regular file"):
        FileSecretStore(path).get("7f")


@pytest.mark.parametrize(("owner", "is_accepted"), [(0, True), (65_534, False)])
def test_a_file_of_another_user_is_rejected(
    path: Path, monkeypatch: pytest.MonkeyPatch, owner: int, *, is_accepted: bool
) -> None:
    """Its owner could add a secret; root may anyway."""
    FileSecretStore(path).put("7f", "ONE", workspace_id="9001")
    state = [*path.stat()]
    state[ST_UID] = owner
    monkeypatch.setattr(type(path), "stat", lambda _: os.stat_result(state))
    if is_accepted:
        assert FileSecretStore(path).get("7f") == ("ONE",)
        return
    with pytest.raises(
        ConfigurationError, match=f"belongs to another user \\({owner}\\); run chown"
    ):
        FileSecretStore(path).get("7f")


def test_a_concurrent_reader_sees_complete_files(path: Path) -> None:
    writing_store = FileSecretStore(path)
    reading_store = FileSecretStore(path)
    writing_store.put("7f", "S" * 64, workspace_id="9001")
    counts: set[int] = set()

    def write() -> None:
        for number in range(200):
            writing_store.put(str(number), "S" * 64, workspace_id="9001")

    writer = Thread(target=write)
    writer.start()
    while writer.is_alive():
        counts.add(len(reading_store.get_all()))
    writer.join()
    assert len(reading_store.get_all()) == 201
    assert min(counts) >= 1


def test_printing_shows_no_secret(path: Path) -> None:
    store = FileSecretStore(path)
    store.put("7f", "SECRET", workspace_id="9001")
    assert "SECRET" not in f"{store!r} {store.get_all()!r} {store.get_all()}"


def test_a_setting_with_the_files_content_is_read_only(tmp_path: Path) -> None:
    path = tmp_path / "webhooks.json"
    file_store = FileSecretStore(path)
    file_store.put("w1", "SECRET1", workspace_id="9001", space_id="7")
    store = EnvironmentSecretStore(path.read_text(encoding="utf-8"), setting="HERE")
    assert store.get_all() == file_store.get_all()
    assert store.get("w1") == ("SECRET1",)
    assert store.get("w2") == ()
    store.delete("w1")
    store.put("w1", "SECRET1", workspace_id="9001", user_id="5")
    assert store.get("w1") == ("SECRET1",)
    with pytest.raises(
        ConfigurationError, match="HERE: lacks webhook w3 of workspace 9001"
    ) as raised:
        store.put("w3", "SECRET3", workspace_id="9001")
    assert "SECRET3" not in str(raised.value)


STORED = """{
  "w1": {"workspace_id": "9001", "secrets": ["NEW", "OLD"], "space_id": "7",
    "replaced_at": "2026-11-29T01:00:00.25+00:00"},
  "w2": {"workspace_id": "9002", "secrets": ["OTHER"], "space_id": null},
  "w3": {"workspace_id": "9002", "secrets": ["THIRD"], "space_id": null, "user_id": "5"}
}
"""


def test_the_stored_format_of_secrets_is_stable() -> None:
    """A file, or a setting, may have been written by an earlier version."""
    assert EnvironmentSecretStore(STORED, setting="HERE").get_all() == {
        "w1": WebhookSecrets(
            "9001",
            ("NEW", "OLD"),
            "7",
            replaced_at=datetime(2026, 11, 29, 1, microsecond=250_000, tzinfo=UTC),
        ),
        "w2": WebhookSecrets("9002", ("OTHER",)),
        "w3": WebhookSecrets("9002", ("THIRD",), user_id="5"),
    }


@pytest.mark.parametrize("text", ["SECRET", '{"w1": "SECRET"}', "[]"])
def test_an_invalid_setting_is_rejected_without_its_content(text: str) -> None:
    with pytest.raises(ConfigurationError, match="HERE: expected JSON as pandev connect") as raised:
        EnvironmentSecretStore(text, setting="HERE")
    assert "SECRET" not in str(raised.value)
    assert raised.value.__cause__ is None

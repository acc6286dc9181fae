"""Who keeps secrets, and who sees them."""

from __future__ import annotations

import errno
import os
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from clickup_receiver.webhooks.secret_store import GivenSecrets, SecretsFile, WebhookSecrets
from tap_clickup.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "receiver" / "secrets.json"


def test_a_secret_that_is_kept_is_there_for_another_process(path: Path) -> None:
    SecretsFile(path).keep("7f", "ONE", workspace_id="9001")
    assert SecretsFile(path).webhooks() == {"7f": WebhookSecrets("9001", ("ONE",))}
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["secrets.json"]


def test_a_running_receiver_sees_what_is_added_and_dropped(path: Path) -> None:
    running, command = SecretsFile(path), SecretsFile(path)
    assert running.of("7f") == ()
    command.keep("7f", "ONE", workspace_id="9001")
    command.keep("8a", "TWO", workspace_id="9001")
    assert (running.of("7f"), running.of("8a")) == (("ONE",), ("TWO",))
    command.drop("7f")
    command.drop("unknown")
    assert (running.of("7f"), running.of("8a")) == ((), ("TWO",))
    path.unlink()
    assert running.of("8a") == ()


def test_the_secret_before_is_accepted_beside_the_present_one(path: Path) -> None:
    secrets = SecretsFile(path)
    for secret in ("ONE", "TWO", "TWO"):
        secrets.keep("7f", secret, workspace_id="9001")
    assert secrets.of("7f") == ("TWO", "ONE")
    secrets.keep("7f", "THREE", workspace_id="9001")
    assert secrets.of("7f") == ("THREE", "TWO")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_file_that_others_can_read_or_write_is_refused(path: Path, mode: int) -> None:
    SecretsFile(path).keep("7f", "ONE", workspace_id="9001")
    path.chmod(mode)
    with pytest.raises(
        ConfigurationError, match=r"secrets\.json: others can read or write it; run chmod"
    ):
        SecretsFile(path).of("7f")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"SECRET",
        b'{"7f": "SECRET"}',
        b'{"7f": {"workspace_id": 1, "secrets": ["SECRET"]}}',
        b"\xff",
    ],
)
def test_a_broken_file_is_named_without_its_content_and_left_as_it_is(
    path: Path, content: bytes
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(0o600)
    for use in (
        lambda: SecretsFile(path).of("7f"),
        lambda: SecretsFile(path).keep("7f", "ONE", workspace_id="1"),
    ):
        with pytest.raises(ConfigurationError, match=r"secrets\.json: expected JSON") as raised:
            use()
        assert "SECRET" not in str(raised.value)
        assert raised.value.__suppress_context__
    assert path.read_bytes() == content


def test_a_place_that_cannot_be_written_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"file/secrets\.json: "):
        SecretsFile(tmp_path / "file" / "secrets.json").keep("7f", "ONE", workspace_id="1")
    taken = tmp_path / "folder" / "secrets.json"
    taken.mkdir(parents=True, mode=0o700)
    with pytest.raises(ConfigurationError, match=r"folder/secrets\.json: Is a directory"):
        SecretsFile(taken).keep("7f", "ONE", workspace_id="1")
    assert [*(tmp_path / "folder").iterdir()] == [taken]


def test_a_full_disk_leaves_the_file_as_it_was_and_nothing_beside_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = SecretsFile(path)
    secrets.keep("7f", "ONE", workspace_id="9001")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ConfigurationError, match=r"secrets\.json: No space left on device"):
        secrets.keep("8a", "TWO", workspace_id="9001")
    assert [*path.parent.iterdir()] == [path]
    assert [*SecretsFile(path).webhooks()] == ["7f"]


def test_a_file_that_is_edited_in_place_is_read_again(path: Path) -> None:
    secrets = SecretsFile(path)
    secrets.keep("7f", "ONE", workspace_id="9001")
    assert secrets.of("7f") == ("ONE",)
    path.write_text(path.read_text().replace("ONE", "TWO"))
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000))
    assert secrets.of("7f") == ("TWO",)


def test_a_reader_never_sees_half_a_file(path: Path) -> None:
    secrets, reader = SecretsFile(path), SecretsFile(path)
    secrets.keep("7f", "S" * 64, workspace_id="9001")
    seen: set[int] = set()

    def write() -> None:
        for number in range(200):
            secrets.keep(str(number), "S" * 64, workspace_id="9001")

    writer = Thread(target=write)
    writer.start()
    while writer.is_alive():
        seen.add(len(reader.webhooks()))
    writer.join()
    assert len(reader.webhooks()) == 201
    assert min(seen) >= 1


def test_no_secret_is_shown_when_printed(path: Path) -> None:
    secrets = SecretsFile(path)
    secrets.keep("7f", "SECRET", workspace_id="9001")
    assert "SECRET" not in f"{secrets!r} {secrets.webhooks()!r} {secrets.webhooks()}"


def test_secrets_from_the_environment_are_those_of_the_file(tmp_path: Path) -> None:
    file = SecretsFile(tmp_path / "webhooks.json")
    file.keep("w1", "SECRET1", workspace_id="9001", space_id="7")
    given = GivenSecrets((tmp_path / "webhooks.json").read_text(encoding="utf-8"), setting="HERE")
    assert given.webhooks() == file.webhooks()
    assert (given.of("w1"), given.of("w2")) == (("SECRET1",), ())
    given.drop("w1")
    assert given.of("w1") == ("SECRET1",)
    with pytest.raises(
        ConfigurationError, match="HERE: lacks webhook w3 of workspace 9001"
    ) as told:
        given.keep("w3", "SECRET3", workspace_id="9001")
    assert "SECRET3" not in str(told.value)


@pytest.mark.parametrize("text", ["SECRET", '{"w1": "SECRET"}', "[]"])
def test_what_is_no_secrets_is_refused_without_a_word_of_it(text: str) -> None:
    with pytest.raises(ConfigurationError, match="HERE: expected JSON, as pandev connect") as told:
        GivenSecrets(text, setting="HERE")
    assert "SECRET" not in str(told.value)
    assert told.value.__cause__ is None

"""The secrets of our webhooks, in a file that nobody else can read, or from the environment.

`pandev connect` writes them, a running receiver sees the change. Each webhook has one or several: a
new one is accepted beside the old one, since deliveries under way are still signed with that.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from threading import Lock
from typing import Protocol, TypeAlias

import msgspec

from tap_clickup.errors import ConfigurationError

FILE = "webhooks.json"
"""Its name, in the receiver's folder."""
OPEN_TO_OTHERS = 0o077
KEPT = 2
"""Secrets of one webhook: the present one, and the one before."""


class WebhookSecrets(msgspec.Struct, frozen=True):
    """The secrets of one webhook, the newest first, and what it tells of: a space, or all."""

    workspace_id: str
    secrets: tuple[str, ...]
    space_id: str | None = None

    def __repr__(self) -> str:
        """Show no secret."""
        return f"WebhookSecrets(workspace_id={self.workspace_id!r}, space_id={self.space_id!r})"


Known: TypeAlias = dict[str, WebhookSecrets]
"""By webhook id."""


class Secrets(Protocol):
    """Where the secrets of webhooks are kept; several threads may use it."""

    def of(self, webhook_id: str) -> tuple[str, ...]:
        """Return the secrets of a webhook, none if it is not ours. Raises `ConfigurationError`."""

    def webhooks(self) -> Known:
        """Return all webhooks that are ours. Raises `ConfigurationError`."""

    def keep(
        self, webhook_id: str, secret: str, *, workspace_id: str, space_id: str | None = None
    ) -> None:
        """Add a webhook, or another secret of one; durable on return.

        Raises `ConfigurationError`.
        """

    def drop(self, webhook_id: str) -> None:
        """Forget a webhook, if it is known. Raises `ConfigurationError`."""


class GivenSecrets(Secrets):
    """Secrets that a setting gives, in the form of the file. Nothing can be added."""

    def __init__(self, text: str, *, setting: str) -> None:
        self._setting = setting
        try:
            self._known = msgspec.json.decode(text.encode(), type=Known)
        except msgspec.DecodeError:  # its text may quote a secret
            raise ConfigurationError(
                f"{setting}: expected JSON, as pandev connect writes it into webhooks.json"
            ) from None

    def of(self, webhook_id: str) -> tuple[str, ...]:
        """Return the secrets of a webhook, none if it is not ours."""
        found = self._known.get(webhook_id)
        return found.secrets if found else ()

    def webhooks(self) -> Known:
        """Return all webhooks that are ours."""
        return dict(self._known)

    def keep(
        self,
        webhook_id: str,
        secret: str,  # noqa: ARG002 - the setting cannot be changed
        *,
        workspace_id: str,
        space_id: str | None = None,  # noqa: ARG002 - as above
    ) -> None:
        """Raise `ConfigurationError`: who gives the setting has to add it."""
        raise ConfigurationError(
            f"{self._setting}: lacks webhook {webhook_id} of workspace {workspace_id}; run pandev "
            "connect and set this to what its webhooks.json holds"
        )

    def drop(self, webhook_id: str) -> None:
        """Leave the setting as it is."""


class SecretsFile(Secrets):
    """The secrets by webhook id. Several threads may use it; it is read again when it changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._read_at: tuple[int, int] | None = None
        self._known: Known = {}

    def of(self, webhook_id: str) -> tuple[str, ...]:
        """Return the secrets of a webhook, none if it is not ours. Raises `ConfigurationError`."""
        found = self.webhooks().get(webhook_id)
        return found.secrets if found else ()

    def webhooks(self) -> Known:
        """Return all webhooks that are ours. Raises `ConfigurationError`."""
        with self._lock:
            return dict(self._current())

    def keep(
        self, webhook_id: str, secret: str, *, workspace_id: str, space_id: str | None = None
    ) -> None:
        """Add a webhook, or another secret of one; durable on return.

        Raises `ConfigurationError`.
        """
        with self._lock:
            known = self._current()
            before = known[webhook_id].secrets if webhook_id in known else ()
            secrets = (secret, *(one for one in before if one != secret))[:KEPT]
            self._write({**known, webhook_id: WebhookSecrets(workspace_id, secrets, space_id)})

    def drop(self, webhook_id: str) -> None:
        """Forget a webhook, if it is known. Raises `ConfigurationError`."""
        with self._lock:
            known = self._current()
            if webhook_id in known:
                self._write({key: one for key, one in known.items() if key != webhook_id})

    def _current(self) -> Known:
        try:
            state = self._path.stat()
        except FileNotFoundError:
            self._read_at, self._known = None, {}
            return self._known
        except OSError as error:
            raise self._unusable(error.strerror or "cannot be read") from error
        if self._read_at != (state.st_ino, state.st_mtime_ns):
            if state.st_mode & OPEN_TO_OTHERS:
                raise self._unusable("others can read or write it; run chmod 600 on it")
            self._known = self._read()
            self._read_at = (state.st_ino, state.st_mtime_ns)
        return self._known

    def _read(self) -> Known:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Known)
        except OSError as error:
            raise self._unusable(error.strerror or "cannot be read") from error
        except (msgspec.DecodeError, UnicodeDecodeError):  # its text may quote a secret
            raise self._unusable(
                "expected JSON as pandev connect writes it; run that again after moving it away"
            ) from None

    def _write(self, known: Known) -> None:
        """Replace the file as a whole: whoever reads it meanwhile sees the old or the new one."""
        folder = self._path.parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder, prefix=f".{self._path.name}.")  # 0600
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(msgspec.json.format(msgspec.json.encode(known)))
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise self._unusable(error.strerror or "cannot be written") from error

    def _unusable(self, reason: str) -> ConfigurationError:
        return ConfigurationError(f"webhook secrets {self._path}: {reason}")

"""The secrets of our webhooks, in a file that only the owner can read, or from the environment.

`pandev connect` writes them, and a running receiver sees the change. A webhook has one or two:
after its secret was replaced, deliveries in transit are still signed with the previous one.

They are not in the inbox, so that it may be copied and deleted, its writers never delay the check
of a signature, and a secret that was deleted is not kept in the free pages of an SQLite file.
"""

from __future__ import annotations

import os
import stat
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Annotated, Protocol, TypeAlias

import msgspec

from tap_clickup.errors import ConfigurationError

SECRETS_FILE_NAME = "webhooks.json"
"""The name of the file in the receiver's directory."""
GROUP_AND_OTHER_BITS = 0o077
ROOT = 0
OLD_SECRET_LIFETIME = timedelta(days=1)
MAX_SECRETS = 2
"""Secrets per webhook: the current and the previous one."""


class WebhookSecrets(msgspec.Struct, frozen=True):
    """The secrets of one webhook, the newest first, and its scope: a space, or the workspace.

    `user_id` is the ClickUp user who created it; None if an earlier version stored it.
    `replaced_at` is when the newest secret replaced the one before; None if there is none, or if an
    earlier version replaced it.
    """

    workspace_id: str
    secrets: tuple[str, ...]
    space_id: str | None = None
    user_id: str | None = None
    replaced_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None

    def valid_secrets(self, now: datetime) -> tuple[str, ...]:
        """Return the newest secret, and for a day the one before.

        ClickUp repeats a delivery for less than an hour. Without an end, a secret that has leaked
        would be good for ever.
        """
        is_recent = self.replaced_at is not None and (
            abs(now - self.replaced_at) < OLD_SECRET_LIFETIME  # the clock may have been ahead
        )
        return self.secrets if is_recent else self.secrets[:1]

    def __repr__(self) -> str:
        """Return a text without the secrets."""
        return f"WebhookSecrets(workspace_id={self.workspace_id!r}, space_id={self.space_id!r})"


SecretsByWebhook: TypeAlias = dict[str, WebhookSecrets]
"""By webhook id."""


class SecretStore(Protocol):
    """Stores the secrets of webhooks; several threads may use it."""

    def get(self, webhook_id: str) -> tuple[str, ...]:
        """Return the secrets of a webhook, none if it is not ours. Raises `ConfigurationError`."""

    def get_all(self) -> SecretsByWebhook:
        """Return all webhooks that are ours. Raises `ConfigurationError`."""

    def put(
        self,
        webhook_id: str,
        secret: str,
        *,
        workspace_id: str,
        space_id: str | None = None,
        user_id: str | None = None,
    ) -> None:
        """Add a webhook, or a new secret of a known one; durable on return.

        Raises `ConfigurationError`.
        """

    def delete(self, webhook_id: str) -> bool:
        """Delete a webhook, if it is known; return whether it was. Raises `ConfigurationError`."""


class EnvironmentSecretStore(SecretStore):
    """Secrets from a setting, in the format of the file. It is read-only."""

    def __init__(self, text: str, *, setting: str) -> None:
        self._setting = setting
        try:
            self._webhooks = msgspec.json.decode(text.encode(), type=SecretsByWebhook)
        except msgspec.DecodeError:  # its text may quote a secret
            raise ConfigurationError(
                f"{setting}: expected JSON as pandev connect writes it to {SECRETS_FILE_NAME}"
            ) from None

    def get(self, webhook_id: str) -> tuple[str, ...]:
        """Return the secrets of a webhook, none if it is not ours."""
        webhook = self._webhooks.get(webhook_id)
        return webhook.valid_secrets(datetime.now(UTC)) if webhook else ()

    def get_all(self) -> SecretsByWebhook:
        """Return all webhooks that are ours."""
        return dict(self._webhooks)

    def put(
        self,
        webhook_id: str,
        secret: str,
        *,
        workspace_id: str,
        space_id: str | None = None,  # noqa: ARG002 - the setting is read-only
        user_id: str | None = None,  # noqa: ARG002 - as above
    ) -> None:
        """Raise `ConfigurationError` unless the setting has the secret."""
        if secret in self.get(webhook_id):
            return
        raise ConfigurationError(
            f"{self._setting}: lacks webhook {webhook_id} of workspace {workspace_id}; run pandev "
            f"connect and set this to the content of its {SECRETS_FILE_NAME}"
        )

    def delete(self, webhook_id: str) -> bool:  # noqa: ARG002 - the setting is read-only
        """Delete nothing."""
        return False


class FileSecretStore(SecretStore):
    """Secrets in a JSON file, which is read again whenever it changes.

    Its ctime shows that, since mtime can be set back and `chmod` leaves it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._loaded_version: tuple[int, ...] | None = None
        self._webhooks: SecretsByWebhook = {}

    def get(self, webhook_id: str) -> tuple[str, ...]:
        """Return the secrets of a webhook, none if it is not ours. Raises `ConfigurationError`."""
        webhook = self.get_all().get(webhook_id)
        return webhook.valid_secrets(datetime.now(UTC)) if webhook else ()

    def get_all(self) -> SecretsByWebhook:
        """Return all webhooks that are ours. Raises `ConfigurationError`."""
        with self._lock:
            return dict(self._load_if_changed())

    def put(
        self,
        webhook_id: str,
        secret: str,
        *,
        workspace_id: str,
        space_id: str | None = None,
        user_id: str | None = None,
    ) -> None:
        """Add a webhook, or a new secret of a known one; durable on return.

        Raises `ConfigurationError`.
        """
        with self._lock:
            webhooks = self._load_if_changed()
            known = webhooks.get(webhook_id)
            previous = known.secrets if known else ()
            secrets = (secret, *(other for other in previous if other != secret))
            is_replacement = bool(previous) and previous[0] != secret
            replaced_at = known.replaced_at if known else None
            webhook = WebhookSecrets(
                workspace_id,
                secrets[:MAX_SECRETS],
                space_id,
                user_id,
                datetime.now(UTC) if is_replacement else replaced_at,
            )
            self._write({**webhooks, webhook_id: webhook})

    def delete(self, webhook_id: str) -> bool:
        """Delete a webhook, if it is known; return whether it was. Raises `ConfigurationError`."""
        with self._lock:
            webhooks = dict(self._load_if_changed())
            if webhooks.pop(webhook_id, None) is None:
                return False
            self._write(webhooks)
            return True

    def _load_if_changed(self) -> SecretsByWebhook:
        try:
            state = self._path.stat()
        except FileNotFoundError:
            self._loaded_version = None
            self._webhooks = {}
            return self._webhooks
        except OSError as error:
            raise self._error(error.strerror or "cannot be read") from error
        version = (state.st_dev, state.st_ino, state.st_mtime_ns, state.st_ctime_ns)
        if self._loaded_version != version:
            self._check_is_private(state)
            self._webhooks = self._read()
            self._loaded_version = version
        return self._webhooks

    def _check_is_private(self, state: os.stat_result) -> None:
        """Raise `ConfigurationError` if another user could have written or can read the file."""
        if not stat.S_ISREG(state.st_mode):  # reading a FIFO would wait for ever
            raise self._error("expected a regular file")
        if state.st_uid not in {os.geteuid(), ROOT}:
            raise self._error(f"belongs to another user ({state.st_uid}); run chown on it")
        if state.st_mode & GROUP_AND_OTHER_BITS:
            raise self._error("others can read or write it; run chmod 600 on it")

    def _read(self) -> SecretsByWebhook:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=SecretsByWebhook)
        except OSError as error:
            raise self._error(error.strerror or "cannot be read") from error
        except (msgspec.DecodeError, UnicodeDecodeError):  # its text may quote a secret
            raise self._error(
                "expected JSON as pandev connect writes it; move the file away and run that again"
            ) from None

    def _write(self, webhooks: SecretsByWebhook) -> None:
        """Replace the file atomically: a concurrent reader sees the old or the new content."""
        folder = self._path.parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder, prefix=f".{self._path.name}.")  # 0600
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(msgspec.json.format(msgspec.json.encode(webhooks)))
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise self._error(error.strerror or "cannot be written") from error

    def _error(self, reason: str) -> ConfigurationError:
        return ConfigurationError(f"webhook secrets {self._path}: {reason}")

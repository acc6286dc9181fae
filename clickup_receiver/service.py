"""The running receiver: HTTP in front, and behind it three threads on one inbox.

The feeder empties the inbox into the target, the watch looks after the webhooks, the jobs run the
poll and the sweep. One receiver a folder.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from dotenv import find_dotenv, load_dotenv

from clickup_receiver.feed.feeder import Feeder
from clickup_receiver.feed.message_builder import PushTap
from clickup_receiver.feed.message_source import Source
from clickup_receiver.feed.target_process import TargetProcess
from clickup_receiver.http.app import WEBHOOK_PATH, Receiver
from clickup_receiver.http.metrics import Metrics
from clickup_receiver.http.server import bind_socket, build_server, serve_metrics
from clickup_receiver.inbox.inbox import Inbox
from clickup_receiver.schedule.scheduler import POLL, SWEEP, Jobs
from clickup_receiver.webhooks.monitor import WebhookMonitor, has_changed_tasks
from clickup_receiver.webhooks.registrar import WebhookRegistrar, validate_endpoint
from clickup_receiver.webhooks.secret_store import (
    SECRETS_FILE_NAME,
    EnvironmentSecretStore,
    FileSecretStore,
    SecretStore,
)
from tap_clickup.errors import ClickUpError, ConfigurationError
from tap_clickup.validation import validate_config

if TYPE_CHECKING:
    from collections.abc import Callable

IDLE_SECONDS = 0.5
"""How often the feeder looks whether something waits."""
TROUBLE_SECONDS = 15.0
STOP_SECONDS = 10.0
"""How long a stop waits for the burst under way; one that is cut is sent again."""
KEPT = tuple(timedelta(days=days) for days in (30, 7, 1))
"""How long a delivery is known again after it was fed; less long where the inbox is crowded."""

logger = logging.getLogger("clickup-receiver")


@dataclass(frozen=True)
class Settings:
    """The settings of the receiver; those of the tap are read anew whenever they are needed."""

    data_dir: Path
    host: str
    port: int
    metrics_port: int
    webhook_url: str | None
    target_command: str
    poll_command: str | None
    sweep_command: str | None
    poll_minutes: int
    watch_minutes: int
    inbox_limit_mib: int
    config: tuple[str, ...]
    webhooks: str | None = field(default=None, repr=False)

    def make_tap(self) -> PushTap:
        """Return a tap with the settings that its files and its environment hold now.

        What stands in `.env` goes before what this process was started with: so a token that is
        replaced there takes effect.
        """
        if "ENV" in self.config:
            load_dotenv(find_dotenv(usecwd=True), override=True)
        files: Any = [Path(one) for one in self.config if one != "ENV"]
        return PushTap(config=files, parse_env_config="ENV" in self.config)

    def open_inbox(self) -> Inbox:
        """Return the inbox. Raises `InboxError`."""
        limit = self.inbox_limit_mib * 2**20
        return Inbox(self.data_dir / "inbox.sqlite", limit_bytes=limit)

    def secrets(self) -> SecretStore:
        """Return the secrets of our webhooks. Raises `ConfigurationError`."""
        if self.webhooks:
            return EnvironmentSecretStore(self.webhooks, setting="CLICKUP_RECEIVER_WEBHOOKS")
        return FileSecretStore(self.data_dir / SECRETS_FILE_NAME)


class Service:
    """A receiver that runs until it is told to stop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._secrets = settings.secrets()
        self._source = Source(settings.make_tap, self._secrets.get_all)
        self._target = TargetProcess(settings.target_command)
        commands = {POLL: settings.poll_command, SWEEP: settings.sweep_command}
        self._jobs = Jobs(commands, poll_every=timedelta(minutes=settings.poll_minutes))
        self._metrics = Metrics()
        self._stopped = Event()

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; then answer what has come, and end. Raises `ClickUpError`.

        A stop in the middle of a burst waits for it; if that takes long, the burst is cut.
        """
        settings = self._settings
        if settings.webhook_url:
            validate_endpoint(settings.webhook_url)
        tap = settings.make_tap()
        validate_config(tap.config)
        tap.sync_context.client.close()  # it was made, so the token can be one
        with ExitStack() as running:
            running.callback(os.close, _locked(settings.data_dir))
            inbox = settings.open_inbox()
            running.callback(inbox.close)
            self._metrics.track_inbox(inbox)
            socket = running.enter_context(bind_socket(settings.host, settings.port))
            running.callback(serve_metrics(self._metrics, port=settings.metrics_port))
            app = Receiver(inbox, self._secrets.get, self._metrics).build_app()
            serving = build_server(app)

            def stop(*_: object) -> None:
                serving.should_exit = True
                self._stopped.set()

            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, stop)
            with self._threads(inbox):
                host, port = socket.getsockname()[:2]
                logger.info("listening on http://%s:%d%s", host, port, WEBHOOK_PATH)
                serving.run([socket])
            logger.info("stopped; %d events wait", inbox.depth()[0])

    def _threads(self, inbox: Inbox) -> ExitStack:
        """Start the threads; they end with the block, or with the process if ClickUp is slow."""
        feeding = Thread(target=self._feed, args=(inbox,), daemon=True)
        watching = Thread(target=self._watch, args=(inbox,), daemon=True)
        working = Thread(target=self._jobs.run, daemon=True)
        for thread in (feeding, watching, working):
            thread.start()

        def stop() -> None:
            self._stopped.set()
            self._jobs.stop()
            feeding.join(STOP_SECONDS)
            self._target.stop()
            for thread in (feeding, watching, working):
                thread.join(1.0)

        stack = ExitStack()
        stack.callback(stop)
        return stack

    def _feed(self, inbox: Inbox) -> None:
        feeder = Feeder(inbox, build_messages=self._source.tell, load=self._target.load)
        forgotten = datetime.now(UTC)

        def turn() -> float:
            nonlocal forgotten
            if datetime.now(UTC) - forgotten > timedelta(hours=1):
                forgotten = datetime.now(UTC)
                _forget(inbox, forgotten)
            return feeder.pause_seconds if feeder.feed() else IDLE_SECONDS

        self._repeat(turn, what="events are not fed")

    def _watch(self, inbox: Inbox) -> None:
        if not (endpoint := self._settings.webhook_url):
            logger.warning("webhook_url is not set: webhooks are not looked after")
            return
        health = WebhookMonitor(
            endpoint=endpoint,
            last_delivery_times=inbox.last_delivery_times,
            has_changed_tasks=lambda one, *span: has_changed_tasks(
                self._source.tap().sync_context.client, one, *span
            ),
            catch_up=self._jobs.catch_up,
        )

        def turn() -> float:
            webhooks = WebhookRegistrar(
                self._source.tap().sync_context, self._secrets, endpoint=endpoint
            ).reconcile()
            health.log_failures(webhooks)
            health.check(webhooks)
            self._metrics.update_webhook_health(webhooks, inbox.last_delivery_times())
            return self._settings.watch_minutes * 60.0

        self._repeat(turn, what="webhooks are not looked after")

    def _repeat(self, turn: Callable[[], float], *, what: str) -> None:
        """Take turns until stopped; each returns the seconds to the next. No failure ends this."""
        while not self._stopped.is_set():
            try:
                pause = turn()
            except Exception as error:  # noqa: BLE001 - another turn may go well
                known = isinstance(error, ClickUpError)
                why = error if known else f"unexpected {type(error).__name__}"
                logger.error("%s: %s", what, why)  # noqa: TRY400 - one line, without anybody's text
                pause = TROUBLE_SECONDS
            self._stopped.wait(pause)


def _forget(inbox: Inbox, now: datetime) -> None:
    """Make room in an inbox, at the cost of knowing old deliveries again only if it has to be."""
    for kept in KEPT:
        inbox.purge_keys(now - kept)
        if not inbox.is_over_half_full():
            return


def _locked(folder: Path) -> int:
    """Return a handle that keeps other receivers from the folder while it is open."""
    path = folder / "receiver.lock"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(f"data_dir {folder}: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise ConfigurationError(
            f"data_dir {folder}: another clickup-receiver is running on it; stop that one, or "
            "choose another folder"
        ) from error
    return handle

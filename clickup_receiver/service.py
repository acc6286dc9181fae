"""Run the receiver: an HTTP server, and three threads that share one inbox.

`FeedLoop` loads the inbox into the target, `WatchLoop` checks the webhooks, and the scheduler runs
the poll and the sweep. Only one receiver may run per data directory.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING, Protocol

from clickup_receiver.audit_log import AuditLog
from clickup_receiver.feed.feeder import Feeder
from clickup_receiver.feed.message_source import EventMessageSource
from clickup_receiver.feed.target_process import TargetProcess
from clickup_receiver.http.app import WEBHOOK_PATH, Receiver
from clickup_receiver.http.metrics import Metrics
from clickup_receiver.http.server import bind_socket, build_server, raise_file_limit, serve_metrics
from clickup_receiver.receiver_context import receiver_context
from clickup_receiver.schedule.scheduler import Scheduler
from clickup_receiver.webhooks.monitor import WebhookMonitor, has_changed_tasks
from clickup_receiver.webhooks.registrar import WebhookRegistrar, validate_endpoint
from tap_clickup.errors import ClickUpError, ConfigurationError
from tap_clickup.validation import validate_config
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clickup_receiver.inbox.inbox import Inbox
    from clickup_receiver.settings import Settings
    from clickup_receiver.webhooks.webhook_status import WebhookStatus

POLL_INTERVAL_SECONDS = 0.5
"""How often an empty inbox is checked for events that another process has made pending."""
GATHER_SECONDS = 0.1
"""How long events that follow the first one are waited for: ClickUp reports most changes twice."""
ERROR_BACKOFF_SECONDS = 15.0
BATCH_STOP_SECONDS = 10.0
"""How long a stop waits for the current batch. If it is killed then, it is loaded again later."""
THREAD_STOP_SECONDS = 1.0
DEAD_LETTER_RETENTION = timedelta(days=90)
KEY_RETENTION = tuple(timedelta(days=days) for days in (30, 7, 1))
"""How long the keys of loaded deliveries are kept; a shorter one if the inbox is half full."""
PURGE_INTERVAL = timedelta(hours=1)

logger = logging.getLogger("clickup-receiver")


class Loop(Protocol):
    """A repeated task of the receiver."""

    problem: str
    """The consequence of an error, for the log."""

    def run_once(self) -> float:
        """Run the task; return the seconds to wait until the next time. May raise anything."""


class FeedLoop(Loop):
    """Loads pending events into the target, and purges the inbox once an hour."""

    problem = "events are not loaded"

    def __init__(self, inbox: Inbox, feeder: Feeder) -> None:
        self._inbox = inbox
        self._feeder = feeder
        self._purged_at = datetime.now(UTC)

    def run_once(self) -> float:
        """Load one batch; return the seconds to wait until the next.

        If nothing is pending, wait for an event to be added.
        """
        now = datetime.now(UTC)
        if now - self._purged_at > PURGE_INTERVAL:
            self._purged_at = now
            purge(self._inbox, now)
        self._inbox.added.clear()  # before the inbox is read, so that no event is overlooked
        if self._feeder.feed():
            return self._feeder.pause_seconds
        return GATHER_SECONDS if self._inbox.added.wait(POLL_INTERVAL_SECONDS) else 0.0


class WatchLoop(Loop):
    """Reconciles the webhooks at ClickUp, and polls for what they may have missed."""

    problem = "webhooks are not checked"

    def __init__(
        self,
        make_registrar: Callable[[], WebhookRegistrar],
        monitor: WebhookMonitor,
        inbox: Inbox,
        metrics: Metrics,
        *,
        interval: timedelta,
    ) -> None:
        self._make_registrar = make_registrar
        self._monitor = monitor
        self._inbox = inbox
        self._metrics = metrics
        self._interval = interval

    def run_once(self) -> float:
        """Check all webhooks; return the seconds to wait until the next check."""
        webhooks = self._make_registrar().reconcile()
        self._monitor.log_failures(webhooks)
        self._monitor.check(webhooks)
        self._metrics.update_webhook_health(webhooks, self._inbox.last_delivery_times())
        return self._interval.total_seconds()


class Service:
    """A receiver that runs until it receives a signal."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._secret_store = settings.open_secret_store()
        self._audit_log = AuditLog(settings.data_dir)
        self._source = EventMessageSource(
            settings.make_tap,
            self._secret_store.get_all,
            partial(self._audit_log.write, "use settings", "token replaced"),
        )
        self._target = TargetProcess(
            settings.target_command,
            read_settings=settings.read_target_settings,
            starts_ahead=True,
        )
        self._scheduler = Scheduler(
            settings.read_commands(),
            poll_interval=timedelta(minutes=settings.poll_minutes),
            sweep_time=settings.sweep_time,
            read_environment=settings.read_environment,
        )
        self._metrics = Metrics()
        self._stopped = Event()

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then respond to the open requests and return.

        A stop waits for the current batch, and kills it if that takes too long.
        Raises `ClickUpError`.
        """
        settings = self._settings
        self._validate_settings()
        raise_file_limit()
        with ExitStack() as stack:
            stack.callback(os.close, _acquire_lock(settings.data_dir))
            self._audit_log.prepare()
            inbox = settings.open_inbox()
            stack.callback(inbox.close)
            self._metrics.track_inbox(inbox)
            socket = stack.enter_context(bind_socket(settings.host, settings.port))
            stack.callback(serve_metrics(self._metrics, port=settings.metrics_port))
            receiver = Receiver(inbox, self._secret_store.get, self._metrics)
            server = build_server(receiver.build_app())

            def stop(*_: object) -> None:
                server.should_exit = True
                self._stopped.set()

            for signal_number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(signal_number, stop)
            with self._start_threads(inbox):
                host, port = socket.getsockname()[:2]
                logger.info("listening on http://%s:%d%s", host, port, WEBHOOK_PATH)
                server.run([socket])
            pending_count, _ = inbox.depth()
            logger.info("stopped; %s pending", format_count(pending_count, "event"))

    def _validate_settings(self) -> None:
        """Raise `ConfigurationError` for a setting, also of the tap, that cannot work."""
        if self._settings.webhook_url:
            validate_endpoint(self._settings.webhook_url)
        self._settings.read_project()
        tap = self._settings.make_tap()
        validate_config(tap.config)
        client = receiver_context(tap.config).client  # raises if the token has a wrong form
        client.close()

    def _start_threads(self, inbox: Inbox) -> ExitStack:
        """Start the threads. They stop with the block, or with the process if ClickUp is slow."""
        feeding = Thread(target=self._run_loop, args=(self._feed_loop(inbox),), daemon=True)
        threads = [feeding, Thread(target=self._scheduler.run, daemon=True)]
        watch_loop = self._watch_loop(inbox)
        if watch_loop:
            threads.append(Thread(target=self._run_loop, args=(watch_loop,), daemon=True))
        for thread in threads:
            thread.start()

        def stop() -> None:
            self._stopped.set()
            inbox.added.set()
            self._scheduler.stop()
            feeding.join(BATCH_STOP_SECONDS)
            self._target.stop()
            for thread in threads:
                thread.join(THREAD_STOP_SECONDS)

        stack = ExitStack()
        stack.callback(stop)
        return stack

    def _feed_loop(self, inbox: Inbox) -> FeedLoop:
        feeder = Feeder(inbox, build_messages=self._source.build_messages, load=self._target.load)
        return FeedLoop(inbox, feeder)

    def _watch_loop(self, inbox: Inbox) -> WatchLoop | None:
        """Return the loop that checks webhooks; None without a public address."""
        endpoint = self._settings.webhook_url
        if not endpoint:
            logger.warning(
                "webhook_url is not set: changes come by polling only"
                if self._scheduler.is_polling
                else "webhook_url and poll_command are not set: no changes are loaded"
            )
            return None

        def make_registrar() -> WebhookRegistrar:
            sync_context = self._source.sync_context()
            record = partial(self._audit_log.write, "check webhooks")
            return WebhookRegistrar(sync_context, self._secret_store, record, endpoint=endpoint)

        monitor = WebhookMonitor(
            endpoint=endpoint,
            last_delivery_times=inbox.last_delivery_times,
            has_changed_tasks=self._has_changed_tasks,
            catch_up=self._scheduler.catch_up,
        )
        interval = timedelta(minutes=self._settings.watch_minutes)
        return WatchLoop(make_registrar, monitor, inbox, self._metrics, interval=interval)

    def _has_changed_tasks(self, webhook: WebhookStatus, start: datetime, end: datetime) -> bool:
        return has_changed_tasks(self._source.sync_context().client, webhook, start, end)

    def _run_loop(self, loop: Loop) -> None:
        """Run a task repeatedly until the service is stopped; an error only delays it."""
        while not self._stopped.is_set():
            try:
                pause_seconds = loop.run_once()
            except Exception as error:  # noqa: BLE001 - the next time may succeed
                # The text of an unexpected error may quote private data.
                is_ours = isinstance(error, ClickUpError)
                reason = error if is_ours else f"unexpected {type(error).__name__}"
                logger.error("%s: %s", loop.problem, reason)  # noqa: TRY400 - one line
                pause_seconds = ERROR_BACKOFF_SECONDS
            self._stopped.wait(pause_seconds)


def purge(inbox: Inbox, now: datetime) -> None:
    """Delete old dead letters and keys of loaded deliveries, younger ones if it is half full.

    A repeated delivery whose key was purged is loaded again, which changes nothing.
    """
    inbox.drop_dead_letters(now - DEAD_LETTER_RETENTION)
    for retention in KEY_RETENTION:
        inbox.purge_keys(now - retention)
        if not inbox.is_over_half_full():
            return


def _acquire_lock(folder: Path) -> int:
    """Return a file handle that keeps other receivers out of a directory while it is open.

    The directory itself is locked: a file in it may be deleted, and the next one is not locked.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigurationError(f"data_dir {folder}: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise ConfigurationError(
            f"data_dir {folder}: another clickup-receiver is using it; stop that one, or choose "
            "another directory"
        ) from error
    except OSError as error:
        os.close(handle)
        raise ConfigurationError(
            f"data_dir {folder}: cannot be locked: {error.strerror}"
        ) from error
    return handle

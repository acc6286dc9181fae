"""A tap that never pauses, or stops in the middle, does not keep rows and states from the store."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from target_pandev import target as target_module
from target_pandev.database import Store
from tests.end_to_end.pipeline import COMMANDS
from tests.support.waiting import wait_until
from tests.target_pandev.loading import record, schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pytest

    from tests.target_pandev.loading import Loader

THINGS = schema("things", {"id": "integer"}, ["id"])
ROWS_OF_A_BATCH = 10_000
SIGNALS = {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}


def lines(*messages: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def thing(number: int) -> dict[str, Any]:
    return record("things", {"id": number})


def state(number: int) -> dict[str, Any]:
    return {"type": "STATE", "value": {"n": number}}


@contextmanager
def fed_target(tmp_path: Path, config: dict[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a target that gets a record and a state every 10 ms until it ends."""
    path = tmp_path / f"{config['store_schema']}.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    with subprocess.Popen(
        [COMMANDS / "target-pandev", "--config", path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
    ) as process:
        feeder = threading.Thread(target=feed, args=(process.stdin,), daemon=True)
        feeder.start()
        try:
            yield process
        finally:
            process.kill()
            feeder.join()


def feed(pipe: IO[bytes]) -> None:
    try:
        pipe.write(lines(THINGS, thing(0)))
        for number in range(1, 100_000):
            pipe.write(lines(state(number - 1), thing(number)))  # a state is never the last
            time.sleep(0.01)
    except BrokenPipeError:
        pass


def test_a_killed_target_has_emitted_states_though_input_never_paused(
    store: Loader, tmp_path: Path
) -> None:
    """R32, R135: far below a batch, at most ten seconds of work are read again."""
    with ExitStack() as running:
        targets = {}
        for signum in SIGNALS:
            config = {"store_url": store.database, "store_schema": signum.name.lower()}
            targets[signum] = running.enter_context(fed_target(tmp_path, config))
        for signum, process in targets.items():
            assert process.stdout is not None
            states = [process.stdout.readline()]
            process.send_signal(signum)
            states += process.stdout.readlines()
            assert process.wait() == SIGNALS[signum]
            last = json.loads(states[-1])["n"]
            things = store.rows(f"SELECT id::int FROM {signum.name.lower()}.things")  # noqa: S608 - a name of this test
            assert last < ROWS_OF_A_BATCH / 2
            assert {(number,) for number in range(last + 1)} <= set(things)


@contextmanager
def listening_target(**config: Any) -> Iterator[Callable[[bytes], int]]:
    """Yield a function that writes to the input of a target, which is open until the end."""
    out, into = os.pipe()
    target = target_module.TargetPandev(config=config)
    with os.fdopen(out, "rb") as pipe:
        thread = threading.Thread(target=target.listen, args=(pipe,))
        thread.start()
        try:
            yield partial(os.write, into)
        finally:
            os.close(into)
            thread.join()


def test_a_state_is_emitted_once_stored_though_no_input_follows(
    store: Loader, capsys: pytest.CaptureFixture[str]
) -> None:
    with listening_target(store_url=store.database, batch_size_rows=2) as write:
        write(lines(THINGS, thing(1), state(1), thing(2)))
        wait_until(lambda: capsys.readouterr().out == '{"n": 1}\n')
        assert store.rows("SELECT id FROM things ORDER BY id") == [(1,), (2,)]


def test_pending_rows_are_stored_though_no_input_follows(
    store: Loader, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target_module, "MAX_PENDING_SECONDS", 0.05)
    with listening_target(store_url=store.database) as write:
        write(lines(THINGS, thing(1), state(1), thing(2)))
        wait_until(lambda: capsys.readouterr().out == '{"n": 1}\n')
        assert store.rows("SELECT id FROM things ORDER BY id") == [(1,), (2,)]


def test_a_state_is_a_reason_to_load_only_after_an_interval(
    store: Loader, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a tap that writes many states would make many small batches."""
    loads: list[int] = []
    load = Store.load

    def counted(*arguments: Any, **options: Any) -> None:
        loads.append(1)
        load(*arguments, **options)

    monkeypatch.setattr(Store, "load", counted)
    messages = [part for number in range(5) for part in (thing(number), state(number))]
    for interval, batches in ((60, 1), (0, 5)):
        monkeypatch.setattr(target_module, "STATE_INTERVAL_SECONDS", interval)
        store.load(THINGS, *messages)
        assert (len(loads), capsys.readouterr().out.splitlines()[-1]) == (batches, '{"n": 4}')
        loads.clear()

"""A fixture that runs tap-ide in this process, and a server with heartbeats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_ide import TapIde
from tests.support.signals import signal_handlers
from tests.tap_ide.heartbeat_server import TOKEN, HeartbeatServer
from tests.tap_ide.runner import USER1, IdeRun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.tap_ide.runner import Message, Read

__all__ = ["signal_handlers"]


@pytest.fixture
def read(capsys: pytest.CaptureFixture[str]) -> Read:
    """Return a function that runs the tap in this process: over files of USER1, or by settings."""

    def run(*paths: Path, state: Message | None = None, **config: Any) -> IdeRun:
        catalog = config.pop("catalog", None)
        if paths:
            config["event_files"] = [{"path": str(path), "email": USER1} for path in paths]
        capsys.readouterr()
        tap = TapIde(config=config, state=state, catalog=catalog)
        tap.sync_all()
        return IdeRun(capsys.readouterr().out)

    return run


@pytest.fixture
def wakatime() -> Iterator[HeartbeatServer]:
    with HeartbeatServer() as running:
        yield running


@pytest.fixture
def account(wakatime: HeartbeatServer) -> dict[str, Any]:
    """Return settings that read the account of USER1."""
    accounts = [{"email": USER1, "token": TOKEN}]
    return {"wakatime_accounts": accounts, "wakatime_url": wakatime.url}

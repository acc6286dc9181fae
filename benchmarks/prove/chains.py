"""The two chains that go through the story, with the settings that their READMEs recommend."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.extract import PEER as PEER_TAP
from benchmarks.extract import PEER_STARTER
from benchmarks.loaders import MELTANOLABS
from benchmarks.prove.chain import Chain, Commands
from tap_clickup.date_slices import SLICE_LENGTH

if TYPE_CHECKING:
    from benchmarks.load_store import Address
    from benchmarks.prove.world import World

OURS = "ours"
PEER = "peer"
NAMES = {
    OURS: ("tap-clickup", "target-pandev"),
    PEER: (str(PEER_TAP), str(MELTANOLABS.package)),
}
"""The tap and the target of each chain, as tables show them."""
COMMANDS = Path(sys.executable).parent
SLICES = 13
"""So many slices of 30 days before the present one begin before the oldest task's last edit."""


def start_date(now: datetime) -> str:
    """Return a date before every edit, from which the number of slices is the same every day."""
    epoch = datetime.fromtimestamp(0, UTC)
    return (epoch + ((now - epoch) // SLICE_LENGTH - SLICES) * SLICE_LENGTH).isoformat()


def our_chain(world: World, address: Address, folder: Path) -> Chain:
    """Return tap-clickup into target-pandev; a start date, as the peer reads tasks of any age."""
    return Chain(
        OURS,
        Commands(tap=[COMMANDS / "tap-clickup"], target=[COMMANDS / "target-pandev"]),
        {
            "api_token": world.token,
            "api_url": world.api_url,
            "start_date": start_date(datetime.now(UTC)),
        },
        {"store_url": address.url},
        folder,
    )


def install_peer() -> str | None:
    """Install the peer's packages; return why that is not possible."""
    package = MELTANOLABS.package
    assert package  # noqa: S101 - a peer is a package
    return PEER_TAP.install() or package.install()


def peer_chain(world: World, address: Address, folder: Path) -> Chain:
    """Return the peer's tap into its target.

    The token is all that the tap's README asks for. That of the target recommends its driver and
    says that COPY is usually faster.
    """
    return Chain(
        PEER,
        Commands(tap=[PEER_TAP.python, PEER_STARTER, world.api_url], target=[*MELTANOLABS.command]),
        {"api_token": world.token},
        {**MELTANOLABS.settings(address), "use_copy": True},
        folder,
    )

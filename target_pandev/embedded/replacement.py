"""Put the data directory of an upgrade in place of the store's; one of both is always usable.

Two renames are needed, and a kill or a power cut may come between them. So a note is written before
the first: then the next process that opens the store does the second. Without a note, the store's
data directory has not been touched. `start.lock` is held around every change.
"""

import shutil
from pathlib import Path

from target_pandev.embedded import locks
from target_pandev.embedded.folder import StoreFolder, sync_folder, write_private
from target_pandev.embedded.log import PatientWait

REAPER_TIMEOUT_SECONDS = 60.0
"""It looks once per second."""


def replace(folder: StoreFolder, *, kept: Path) -> None:
    """Replace the data, which gets the name `kept`, by that of the upgrade; no server may run."""
    write_private(_note(folder), f"{kept.name}\n")
    sync_folder(folder.upgrade.path)
    folder.data.rename(kept)
    complete(folder)


def complete(folder: StoreFolder) -> None:
    """Do what a replacement that was interrupted has left to do."""
    if is_pending(folder):
        folder.upgrade.data.rename(folder.data)
        sync_folder(folder.path)
        # the server's account may be another now
        shutil.rmtree(folder.socket_dir, ignore_errors=True)
    if _note(folder).exists() and not folder.upgrade.data.exists():
        remove(folder.upgrade)


def remove(unfinished: StoreFolder) -> None:
    """Remove the folder of an upgrade, whose server has ended, once its reaper has noticed."""
    unfinished.retire()
    wait = PatientWait(
        "waiting for the reaper", folder=unfinished, limit_seconds=REAPER_TIMEOUT_SECONDS
    )
    while not locks.is_free(unfinished.reaper_lock) and wait.tick():
        pass  # it would create its lock in the folder again
    shutil.rmtree(unfinished.socket_dir, ignore_errors=True)
    shutil.rmtree(unfinished.path)


def is_pending(folder: StoreFolder) -> bool:
    """Return whether the store's data is still in the folder of the upgrade."""
    return _note(folder).exists() and folder.upgrade.data.exists() and not folder.data.exists()


def _note(folder: StoreFolder) -> Path:
    return folder.upgrade.path / "complete"

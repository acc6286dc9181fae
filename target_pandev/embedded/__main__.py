"""Runs the keeper of a store: `python -m target_pandev.embedded keep STORE_DIR LOCK`."""

import sys
from pathlib import Path

from target_pandev.embedded.folder import StoreFolder
from target_pandev.embedded.reaper import keep


def main(arguments: list[str]) -> None:
    """Keep the store named by the arguments; only `keeper.ensure()` calls this."""
    _, store_dir, lock = arguments
    keep(StoreFolder(Path(store_dir)), lock=int(lock))


if __name__ == "__main__":
    main(sys.argv[1:])

"""Run the reaper of a store: `python -m target_pandev.embedded reap STORE_DIR LOCK`."""

import sys
from pathlib import Path

from target_pandev.embedded.folder import StoreFolder
from target_pandev.embedded.reaper import reap


def main(arguments: list[str]) -> None:
    """Run the reaper of the store in the arguments; only `reaper.ensure_running()` calls this."""
    _, store_dir, lock = arguments
    reap(StoreFolder(Path(store_dir)), lock=int(lock))


if __name__ == "__main__":
    main(sys.argv[1:])

"""Start the peer's tap with another API address. The peer's Python runs this file.

`peer_tap.py ADDRESS ARGUMENT...`: the arguments are the peer's.
"""

from __future__ import annotations

import sys
from importlib import import_module


def main() -> None:
    """Set the address in the base class of the peer's streams, then run its command line."""
    address = sys.argv.pop(1)
    import_module("tap_clickup.client").ClickUpStream.url_base = address
    import_module("tap_clickup.tap").TapClickUp.cli()


if __name__ == "__main__":
    main()

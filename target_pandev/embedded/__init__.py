"""A real PostgreSQL of our own, for when no `store_url` is given.

It knows nothing of what is stored. `folder` says what lies where, `locks` who lives, `binaries`
which PostgreSQL, `postmaster` how to run it, `keeper` when it ends, and `server` is for the users.
"""

from target_pandev.embedded.errors import EmbeddedError
from target_pandev.embedded.folder import default_store_dir
from target_pandev.embedded.server import EmbeddedServer

__all__ = ["EmbeddedError", "EmbeddedServer", "default_store_dir"]

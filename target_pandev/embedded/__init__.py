"""An embedded PostgreSQL server, used without `store_url`. It does not know what is stored.

`folder` defines the paths of a store, `accounts` the users that own them, `locks` show which
processes use it, `binaries` finds PostgreSQL's programs, `postmaster` starts and stops the server,
`reaper` stops it once it is idle, `log` reads the server's log, `server` is the interface for users
of the store, `errors` are its errors.
"""

from target_pandev.embedded.binaries import wheel_folders
from target_pandev.embedded.errors import EmbeddedError
from target_pandev.embedded.folder import NAME, default_data_dir
from target_pandev.embedded.server import EmbeddedServer

__all__ = ["NAME", "EmbeddedError", "EmbeddedServer", "default_data_dir", "wheel_folders"]

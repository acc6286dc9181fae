"""An embedded PostgreSQL server, used without `store_url`. It does not know what is stored.

`folder` defines the paths of a store, `accounts` the users that own them, `locks` show which
processes use it, `binaries` finds PostgreSQL's programs, `postmaster` starts and stops the server,
`reaper` stops it once it is idle, `log` reads the server's log, `server` is the interface for users
of the store, `errors` are its errors.

`stay` keeps the server running, and `loopback` gives it a TCP port meanwhile. `upgrade` moves a
store to another major version by a `cluster_copy`, which a `replacement` puts in place.
"""

from target_pandev.embedded.binaries import PACKAGE_FOLDERS, wheel_folders
from target_pandev.embedded.errors import EmbeddedError
from target_pandev.embedded.folder import NAME, default_data_dir
from target_pandev.embedded.server import EmbeddedServer

__all__ = [
    "NAME",
    "PACKAGE_FOLDERS",
    "EmbeddedError",
    "EmbeddedServer",
    "default_data_dir",
    "wheel_folders",
]

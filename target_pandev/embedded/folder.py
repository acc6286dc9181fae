"""The folder of a store: its files, their owners and permissions.

It knows nothing of the server. For root the server runs as another user, which owns only `data` and
the socket's folder; password, locks and log belong to root. Parent folders are never changed.
"""

import hashlib
import os
import secrets
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from target_pandev.embedded.accounts import Account, give, server_account
from target_pandev.embedded.errors import EmbeddedError

if sys.platform != "win32":
    import pwd

NAME = "pandev-clickup"
SOCKET = ".s.PGSQL.5432"
DEFAULT_IDLE_TIMEOUT_SECONDS = 60.0
MAX_SOCKET_PATH_BYTES = 100
"""macOS allows 103, Linux 107."""

MARKER_TEXT = """\
This folder is a PostgreSQL store of pandev-clickup. Its server runs only while it is used.
`pandev store stop` stops it; copy or move the folder only after that.
"""


def default_data_dir(name: str, environ: Mapping[str, str]) -> Path:
    """Return the default folder for a program's data, in this user's data directory.

    It is /var/lib for root, otherwise $XDG_DATA_HOME or ~/.local/share, on macOS ~/Library.
    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    if sys.platform == "win32":
        raise EmbeddedError("the embedded store needs Linux or macOS: set store_url")
    if os.geteuid() == 0:
        return Path("/var/lib", name)
    if not (home := environ.get("HOME", "")):
        try:
            home = pwd.getpwuid(os.geteuid()).pw_dir
        except KeyError as error:
            raise EmbeddedError(f"user {os.geteuid()} has no home: set HOME") from error
    if sys.platform == "darwin":
        return Path(home, "Library", "Application Support", name)
    data = Path(environ.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else Path(home, ".local", "share")) / name


@dataclass(frozen=True)
class StoreFolder:
    """One store on disk; `path` is absolute and free of symbolic links."""

    path: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory; it exists only once it is complete."""
        return self.path / "data"

    @property
    def log(self) -> Path:
        """Output of the server and the reaper; it never contains values from the store."""
        return self.path / "server.log"

    @property
    def start_lock(self) -> Path:
        """Held while a process starts or stops the server."""
        return self.path / "start.lock"

    @property
    def users_lock(self) -> Path:
        """Shared by all processes that use the store."""
        return self.path / "users.lock"

    @property
    def server_lock(self) -> Path:
        """Held as long as a process is alive that may write into `data`."""
        return self.path / "server.lock"

    @property
    def reaper_lock(self) -> Path:
        """Held by the reaper of the store, of which there is one."""
        return self.path / "keeper.lock"

    @property
    def stay_lock(self) -> Path:
        """Held by the process that keeps the server running, whose pid it contains."""
        return self.path / "stay.lock"

    @property
    def upgrade(self) -> "StoreFolder":
        """The folder in which an upgrade makes the next data directory."""
        return StoreFolder(self.path / "upgrade")

    @property
    def socket_dir(self) -> Path:
        """The folder of the server's socket; in /tmp if libpq or the kernel rejects its path."""
        inside = self.path / "run"
        listed = "," in str(inside)  # libpq would read it as several hosts
        if not listed and len(os.fsencode(inside / SOCKET)) <= MAX_SOCKET_PATH_BYTES:
            return inside
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        # not tempfile's choice: it follows TMPDIR, which need not be the same for all users' jobs
        return Path("/tmp", f"pandev-{digest}")  # noqa: S108 -- make_private() checks who owns it

    def is_store(self) -> bool:
        """Return whether a store has been begun here."""
        return self._marker.exists()

    def retire(self) -> None:
        """Make this no longer a store, so that its reaper ends; the folder is removed next."""
        self._marker.unlink(missing_ok=True)

    @property
    def _marker(self) -> Path:
        return self.path / "pandev-store.txt"

    def prepare(self) -> None:
        """Create the folder. Raises, and changes nothing, if something else is in its place."""
        if self.path.exists() and not self.path.is_dir():
            raise EmbeddedError(f"store_dir {self.path} is not a folder: choose another store_dir")
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = self.path.stat().st_uid
        if owner != os.geteuid():
            raise EmbeddedError(
                f"store_dir {self.path} belongs to user {owner}, this is user {os.geteuid()}: "
                "run as its owner, or choose another store_dir"
            )
        if any(self.path.iterdir()) and not self.is_store():
            raise EmbeddedError(
                f"store_dir {self.path} is neither empty nor a store: choose a new folder"
            )
        self.path.chmod(0o700 if owner else 0o711)
        if not self.is_store():
            self._marker.write_text(MARKER_TEXT)

    @property
    def account(self) -> Account | None:
        """The account that the server runs as; None if it is this user."""
        return server_account(self.data)

    def give_to_account(self) -> None:
        """Make the server's account the owner of its files, which may have another owner.

        Earlier versions ran the server for root as the user of `initdb`. It must not be running.
        """
        account = self.account
        if account and self.data.exists() and self.data.stat().st_uid != account.uid:
            give(self.data, account)
            shutil.rmtree(self.socket_dir, ignore_errors=True)

    def require_reachable(self) -> None:
        """Raise, naming the first closed folder, if the server's account cannot reach this one."""
        account = self.account
        if account is None:
            return
        folders = [folder for folder in (self.path, *self.path.parents) if folder.exists()]
        script = 'for folder; do [ -x "$folder" ] || { printf %s "$folder"; exit; }; done'
        process = subprocess.run(  # noqa: S603 -- a fixed script, and folders as its arguments
            ["/bin/sh", "-c", script, "sh", *map(str, reversed(folders))],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            stdout=subprocess.PIPE,
            check=True,
        )
        if barrier := os.fsdecode(process.stdout):
            raise EmbeddedError(
                f"store_dir {self.path} cannot be reached by the user that runs PostgreSQL for "
                f"root: {barrier} is closed to others; choose another store_dir, "
                f"for example {default_data_dir(NAME, {})}"
            )

    @property
    def password(self) -> str:
        """The password of the role `pandev`."""
        try:
            return (self.path / "password").read_text(encoding="ascii")
        except FileNotFoundError as error:
            raise EmbeddedError(
                f"store_dir {self.path} has no file 'password': put it back, or start the store "
                "once if it is new"
            ) from error
        except PermissionError as error:
            raise EmbeddedError(
                f"store_dir {self.path} belongs to another user: run as its owner"
            ) from error

    def make_password(self) -> None:
        """Write a random password atomically, unless there is one."""
        path = self.path / "password"
        if path.exists():
            return
        if self.data.exists():
            raise EmbeddedError(f"store_dir {self.path} has lost its file 'password': put it back")
        unfinished = self.path / "password.unfinished"
        unfinished.unlink(missing_ok=True)
        write_private(unfinished, secrets.token_urlsafe(24))
        unfinished.rename(path)
        sync_folder(self.path)

    @property
    def idle_timeout_seconds(self) -> float:
        """Seconds that the server keeps running without users, as the last user has set it."""
        try:
            return float(self.users_lock.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return DEFAULT_IDLE_TIMEOUT_SECONDS


def touch_users_lock(users: int, *, idle_timeout_seconds: float) -> None:
    """Record in the users' lock that a user came or left; its modification time counts too."""
    os.pwrite(users, b"%020.3f\n" % idle_timeout_seconds, 0)


def make_private(path: Path, *, account: Account | None) -> None:
    """Create a folder that only the server's account may enter; raise if another user owns it."""
    path.mkdir(mode=0o700, exist_ok=True)
    status = path.lstat()
    owner = account.uid if account else os.geteuid()
    if status.st_uid not in {owner, os.geteuid()} or status.st_mode != stat.S_IFDIR | 0o700:
        raise EmbeddedError(
            f"{path} should be a folder of user {owner} with mode 0700, and belongs to user "
            f"{status.st_uid} with mode {status.st_mode & 0o7777:04o}: remove it, "
            "or choose another store_dir"
        )
    if account:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def write_private(path: Path, text: str, *, account: Account | None = None) -> None:
    """Write a new file that only its owner can read, and wait until it is on disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, text.encode("ascii"))
        if account:
            os.fchown(descriptor, account.uid, account.gid)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

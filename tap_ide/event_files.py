"""Read PanDev's event files: JSON arrays of events, one event after another.

It does not know Singer and keeps no state. A file of any size takes little more memory than one
event: json.loads takes 1.1 GB for an array of a million events.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from glob import glob, has_magic
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tap_ide.errors import SourceError
from tap_ide.settings import is_email, normalise_email

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_ide.settings import EventFiles

CHUNK_CHARACTERS = 1 << 18
MAX_EVENT_CHARACTERS = 1 << 20
SUFFIX = ".json"
DECODER = json.JSONDecoder()
NOT_SPACE = re.compile(r"[^ \t\r\n]")


@dataclass(frozen=True)
class EventFile:
    """A file with the events of an employee."""

    path: Path
    email: str

    @property
    def key(self) -> str:
        """What the file is known by in the state, which contains no paths."""
        return sha256(f"{self.email}\0{self.path.absolute()}".encode()).hexdigest()[:16]

    def fingerprint(self) -> str:
        """Return what changes with the file. Raises `SourceError`."""
        try:
            status = self.path.stat()
        except OSError as error:
            raise SourceError(f"event_files: '{self.path}': {error.strerror}") from error
        return f"{status.st_size}-{status.st_mtime_ns}"


def find_paths(entry: EventFiles) -> list[Path]:
    """Return the event files at a path, sorted by name. Raises `SourceError`."""
    root = Path(entry.path).expanduser()
    if root.exists():
        matches = [root]
    elif has_magic(str(root)):
        names = glob(str(root), recursive=True)  # noqa: PTH207 - of pathlib it is relative
        matches = sorted(Path(name) for name in names)
    else:
        raise SourceError(f"event_files: '{entry.path}' does not exist")
    return [*dict.fromkeys(path for match in matches for path in _json_files(match))]


def find_owner(path: Path) -> str | None:
    """Return the e-mail address that names the innermost such folder in which a file is."""
    folders = (folder.name for folder in path.absolute().parents)
    return next((normalise_email(name) for name in folders if is_email(name)), None)


def _json_files(path: Path) -> list[Path]:
    """Return the file itself, or the event files in a folder and the folders below it."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob(f"*{SUFFIX}") if file.is_file())


def read_events(file: EventFile) -> Iterator[Any]:
    """Yield the elements of the file's array. Raises `SourceError`."""
    try:
        # file names are not kept, so an undecodable byte in one does not matter
        with file.path.open(encoding="utf-8-sig", errors="replace") as text:
            yield from decode_array(text)
    except OSError as error:
        raise SourceError(f"event_files: '{file.path}': {error.strerror}") from error
    except (ValueError, RecursionError):  # its text may quote an event
        raise SourceError(
            f"event_files: '{file.path}': expected a JSON array of events; if it is still being "
            "written, the next run reads it"
        ) from None


def decode_array(file: IO[str]) -> Iterator[Any]:
    """Yield the elements of a JSON array while it is read. Raises `ValueError`."""
    window = _Window(file)
    if window.take() != "[":
        raise ValueError("not an array")
    character = window.take()
    while character != "]":
        window.step_back(character)
        yield window.decode()
        character = window.take()
        if character == ",":
            character = window.take()
        elif character != "]":
            raise ValueError("not an array")
    if window.take():
        raise ValueError("not one array")


class _Window:
    """The part of a file that is being decoded."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._text = ""
        self._position = 0

    def take(self) -> str:
        """Return the next character that is not white space; empty at the end of the file."""
        while True:
            match = NOT_SPACE.search(self._text, self._position)
            if match:
                self._position = match.end()
                return match[0]
            self._position = len(self._text)
            if not self._read():
                return ""

    def step_back(self, character: str) -> None:
        """Return a character that was taken."""
        self._position -= len(character)

    def decode(self) -> Any:
        """Return the next value, reading on until it is complete. Raises `ValueError`."""
        while True:
            try:
                value, self._position = DECODER.raw_decode(self._text, self._position)
            except ValueError:
                size = len(self._text) - self._position
                if size > MAX_EVENT_CHARACTERS or not self._read():
                    raise
            else:
                return value

    def _read(self) -> bool:
        """Read on, and forget what is decoded."""
        chunk = self._file.read(CHUNK_CHARACTERS)
        self._text = self._text[self._position :] + chunk
        self._position = 0
        return bool(chunk)

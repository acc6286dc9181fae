"""Keys and records of many rows as JSON, which takes a fifth of their memory or less. Pure."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FASTEST = 1
"""The level of compression that costs 0.2 µs per key."""


class PackedKeys:
    """The keys of rows. A first load has those of all time entries at its end."""

    def __init__(self, keys: Iterable[Sequence[str]] = ()) -> None:
        self._parts: list[bytes] = []
        self.add(keys)

    def __iter__(self) -> Iterator[list[str]]:
        for part in self._parts:
            yield from msgspec.json.decode(zlib.decompress(part), type=list[list[str]])

    def add(self, keys: Iterable[Sequence[str]]) -> None:
        """Add keys, which have not been added before."""
        content = msgspec.json.encode(sorted({tuple(key) for key in keys}))
        self._parts.append(zlib.compress(content, FASTEST))


class PackedRecords:
    """Records that wait to be written, with the same `properties`; `texts` are their values."""

    def __init__(self, properties: Sequence[str], texts: Iterable[bytes]) -> None:
        self.properties = tuple(properties)
        self.texts = list(texts)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for text in self.texts:
            yield dict(zip(self.properties, msgspec.json.decode(text), strict=True))

    def column(self, name: str) -> Iterator[Any]:
        """Yield the value that each record has of a property."""
        position = self.properties.index(name)
        for text in self.texts:
            yield msgspec.json.decode(text)[position]

    def select(self, texts: Iterable[bytes]) -> PackedRecords:
        """Return some of the records."""
        return PackedRecords(self.properties, texts)


def pack(record: dict[str, Any]) -> bytes:
    """Return the JSON of a record's values, half as long as with its properties."""
    return msgspec.json.encode([*record.values()])

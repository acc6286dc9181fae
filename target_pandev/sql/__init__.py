"""Statements too long to stand in code: migrations by number, and what a load derives."""

from __future__ import annotations

from importlib.resources import files


def statement(name: str, package: str = __name__) -> str:
    """Return the text of `<name>.sql` in a package; in this one if none is named."""
    return files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def migrations() -> list[tuple[int, str, str]]:
    """Return (number, name, text) of every migration, in order."""
    found = sorted(
        (one for one in files(__name__).joinpath("migrations").iterdir() if one.name[:1].isdigit()),
        key=lambda one: one.name,
    )
    return [(int(one.name[:4]), one.name, one.read_text(encoding="utf-8")) for one in found]

"""SQL statements too long to be written in code.

`migrations` are the store's tables by number, `views` the views in the order of their dependencies;
the other files are what a load derives from rows.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def read_statement(name: str, package: str = __name__) -> str:
    """Return the statement in `<name>.sql` of a package, by default of this one.

    Lines of comments are left out: pg_stat_activity shows the first 1,024 bytes of a statement.
    """
    text = files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("--"))


def read_migrations() -> list[tuple[int, str, str]]:
    """Return (number, file name, text) of every migration, in order."""
    return [(int(name[:4]), name, text) for name, text in _read_numbered("migrations")]


def read_views() -> dict[str, str]:
    """Return the statements that create each view, by its name, in order of dependency."""
    return {
        name.split("_", 1)[1].removesuffix(".sql"): text for name, text in _read_numbered("views")
    }


def split_statements(text: str) -> list[str]:
    """Return the statements of a migration or view: a semicolon at the end of a line ends each."""
    statements = [""]
    for line in text.splitlines(keepends=True):
        if line.startswith("--"):
            continue
        statements[-1] += line
        if line.endswith(";\n"):
            statements.append("")
    return [statement for statement in statements if statement.strip()]


def _read_numbered(folder: str) -> list[tuple[str, str]]:
    """Return (file name, text) of the files whose names begin with a number, in order."""
    numbered = [
        file for file in files(__name__).joinpath(folder).iterdir() if file.name[0].isdigit()
    ]
    return [
        (file.name, file.read_text(encoding="utf-8"))
        for file in sorted(numbered, key=lambda file: file.name)
    ]

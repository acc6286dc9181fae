"""Words that the house style bans stay out of code, SQL, schemas, settings, docs and help texts."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).parents[1]
NAMES = {"Containerfile", "Makefile", "postgresql", "run"}
SUFFIXES = {".json", ".md", ".py", ".service", ".sql", ".toml", ".yaml", ".yml"}
JOINTS = re.compile(r"_|(?<=[a-z0-9])(?=[A-Z])")
"""Between the words of an identifier."""
BANNED = re.compile(
    r"""\b(?:
        t[e]ll(?:s|ing)? | t[o]ld | m[o]ments? | b[e]sides? | an[e]w | wh[o]ever | wh[o]m
        | r[e]ckon(?:s|ed|ing)? | m[e]nd(?:s|ed|ing)? | that\ is\ n[o]ne
        | (?:any|some)b[o]dy | (?<![`"'])nob[o]dy
        | (?<!there\ )is\ n[o](?!\ longer\b|\ \w+er\b)
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
"""The brackets keep the words out of this file.

"There is no list" and "is no later" are good English. `nob[o]dy` in quotes is the Unix account.
"""


def text_files() -> list[Path]:
    """Return the text files of the project; fixtures are recorded or released elsewhere."""
    top = [path for path in PROJECT.iterdir() if not path.name.startswith(".")]
    folders = [PROJECT / ".ci", *(path for path in top if path.is_dir())]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    files += [path for path in top if path.is_file()]
    written = [path for path in sorted(files) if "fixtures" not in path.parts]
    return [path for path in written if path.suffix in SUFFIXES or path.name in NAMES]


def test_banned_words_are_not_used() -> None:
    files = text_files()
    assert len(files) > 100
    violations = [
        f"{path.relative_to(PROJECT)}:{number}: {match[0].strip()}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for match in BANNED.finditer(JOINTS.sub(" ", line))
    ]
    assert violations == []

"""Words that the house style bans stay out of code, SQL, schemas, settings, docs and help texts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
NAMES = {"Caddyfile", "Containerfile", "Makefile", "debian", "postgresql", "run"}
SUFFIXES = {".conf", ".json", ".md", ".py", ".service", ".sql", ".toml", ".yaml", ".yml"}
JOINTS = re.compile(r"_|(?<=[a-z0-9])(?=[A-Z])")
"""Between the words of an identifier."""
BANNED = re.compile(
    r"""\b(?:
        t[e]ll(?:s|ing)? | t[o]ld | m[o]ments? | b[e]sides? | an[e]w | wh[o]ever | wh[o]m
        | r[e]ckon(?:s|ed|ing)? | m[e]nd(?:s|ed|ing)? | that\ is\ n[o]ne
        | (?:any|some)b[o]dy | (?<![`"'])nob[o]dy
        | (?<!there\ )is\ n[o](?!\ longer\b|\ \w+er\b)
        | (?:\d[\d,.]* | twice | (?:\d[\d,.]*|one|two|five|ten)(?:\ (?!of\b)[\w-]+){1,2})
          \ a\ (?:s[e]cond | m[i]nute | h[o]ur | d[a]y | w[e]ek | m[o]nth | l[i]ne)
          (?!\ (?:ago|later|after|before|pass)\b)
        | an?(?:\ (?!(?:with|of|or|and|in|on|for)\b)[\w-]+){1,2}\ a\ (?:m[i]nute|l[i]ne)(?!\ ago)
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
"""The brackets keep the words out of this file.

"There is no list" and "is no later" are good English. `nob[o]dy` in quotes is the Unix account.
"""
VERB = r"(?:is|are|was|were|has|does|do|can|cannot|could|\w{3,}(?:es|s|ed))"
MAIN_VERB = (
    r"(?<!that)(?<!which)(?<!who)(?<!what)(?<!it)(?<!if)(?<!and)(?<!or)(?<!where)(?<!to)"
    r"\ (?:is|are|was|were|has\ to|does|stays?|remains?|counts?|follows?|restricts?)\b"
)
CLAUSE_AS_SUBJECT = re.compile(
    rf"""(?:^|[.:;!?"'#>*|-]\ *)(?:What|Who)\b(?:\ [^\s.:;,?|]+){{0,6}}?\ {VERB}\b
    (?:\ [^\s.:;,?|]+)*?{MAIN_VERB}""",
    re.VERBOSE,
)
"""A sentence whose subject is a clause, such as "W[h]at arrives late is left out"."""
MARKER = re.compile(r"^\s*(?:#|--|>)?\s*")
"""Stands before the text of a comment's line."""


def text_files() -> list[Path]:
    """Return the text files of the project; fixtures are recorded or released elsewhere."""
    top = [path for path in PROJECT.iterdir() if not path.name.startswith(".")]
    folders = [PROJECT / ".ci", *(path for path in top if path.is_dir())]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    files += [path for path in top if path.is_file()]
    written = [path for path in sorted(files) if "fixtures" not in path.parts]
    return [path for path in written if path.suffix in SUFFIXES or path.name in NAMES]


def find_violations(text: str) -> list[tuple[int, str]]:
    """Return what the style bans in a text, with the number of the line in which it begins."""
    lines = text.splitlines()
    violations = []
    for number, line in enumerate(lines, start=1):
        violations += [(number, match[0]) for match in BANNED.finditer(JOINTS.sub(" ", line))]
        if "What " in line or "Who " in line:
            joined = " ".join(MARKER.sub("", part) for part in lines[number - 1 : number + 1])
            match = CLAUSE_AS_SUBJECT.search(joined)
            if match and match.start() < len(line):
                violations.append((number, match[0]))
    return violations


def test_banned_words_are_not_used() -> None:
    files = text_files()
    assert len(files) > 100
    assert {"Caddyfile", "debian", "nginx.conf"} <= {path.name for path in files}
    violations = [
        f"{path.relative_to(PROJECT)}:{number}: {words.strip()}"
        for path in files
        for number, words in find_violations(path.read_text(encoding="utf-8"))
    ]
    assert violations == []


@pytest.mark.parametrize(
    "text",
    [
        "requests: 100 a m[i]nute",
        "100 requests a m[i]nute",
        "one JSON object a l[i]ne",
        "twice a s[e]cond",
        "up to 10 a d[a]y are allowed",
        "W[h]at arrives late is left out",
        "It ends. W[h]at belongs to root and is read by a group has to be open",
        "-- a comment. W[h]at comes back with a branch\n-- is sent as a record",
        "W[h]o was invited is asked",
        "a list that is n[o] selection",
        "a server that sends a byte a m[i]nute",
        "isNob[o]dy",
    ],
)
def test_words_of_the_style_are_found(text: str) -> None:
    assert find_violations(text.replace("[", "").replace("]", "")) != []


@pytest.mark.parametrize(
    "text",
    [
        "it takes a m[i]nute, half an hour or a d[a]y",
        "a token that was regenerated a m[i]nute ago",
        "an edit came a d[a]y later",
        '"""W[h]at is sent; with `cut` the connection ends."""',
        "W[h]at a check found: a text, and what to do about it",
        "W[h]at is left out?",
        "There is n[o] list, and it is n[o] longer read",
    ],
)
def test_good_english_is_not_banned(text: str) -> None:
    assert find_violations(text.replace("[", "").replace("]", "")) == []

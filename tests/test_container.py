"""An image contains the packages and nothing private, whatever is in the clone it is built from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

PROJECT = Path(__file__).parents[1]
PYPROJECT: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
BUILD_FILES = ["LICENSE", "README.md", "pyproject.toml", "requirements.lock"]
PROJECT_FILES = ["meltano.yml", "logging.yaml"]
CONTAINER_FILE = (PROJECT / "deploy" / "Containerfile").read_text(encoding="utf-8")
SOURCE_SUFFIXES = {".css", ".html", ".json", ".py", ".sql"}
IGNORE_FILES = [".containerignore", ".dockerignore"]

PRIVATE_NAMES = [
    ".env",
    ".env.local",
    ".edited.py",
    ".git/config",
    ".meltano/meltano.db",
    ".netrc",
    ".venv/bin/activate",
    "__pycache__/x.cpython-311.pyc",
    "catalog.json",
    "data/webhooks.json",
    "id_rsa",
    "inbox.sqlite",
    "meltano.db",
    "pandev.dump",
    "state.json",
    "states.jsonl",
    "store/password",
    "token.txt",
    "webhooks.json",
    "webhooks.py.json",
]
"""What runs, tools and people leave in a clone."""


def parse_rules(text: str) -> list[tuple[bool, re.Pattern[str]]]:
    """Return for each rule whether it excludes, and what it matches.

    https://docs.docker.com/build/concepts/context/#dockerignore-files
    """
    lines = [line.strip() for line in text.splitlines()]
    patterns = [line for line in lines if line and not line.startswith("#")]
    return [
        (not pattern.startswith("!"), translate_pattern(pattern.removeprefix("!").strip("/")))
        for pattern in patterns
    ]


def translate_pattern(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern; only `**` matches across `/`."""
    expressions = {"**/": r"(?:.*/)?", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}
    tokens = re.findall(r"\*\*/|\*\*|\*|\?|[^*?]+", pattern)
    return re.compile("".join(expressions.get(token) or re.escape(token) for token in tokens))


def is_excluded(path: str, rules: list[tuple[bool, re.Pattern[str]]]) -> bool:
    """Return whether the last rule that matches a file or one of its folders excludes it."""
    parents = [str(parent) for parent in PurePosixPath(path).parents][:-1]
    excluded = False
    for excludes, pattern in rules:
        if any(pattern.fullmatch(name) for name in [path, *parents]):
            excluded = excludes
    return excluded


def context_of(paths: list[str], ignore_file: str) -> list[str]:
    """Return the files that a build gets of a clone with these paths."""
    rules = parse_rules((PROJECT / ignore_file).read_text(encoding="utf-8"))
    return [path for path in paths if not is_excluded(path, rules)]


def source_files() -> list[str]:
    """Return the files that the packages need when they run."""
    return [
        path.relative_to(PROJECT).as_posix()
        for package in PACKAGES
        for path in sorted((PROJECT / package).rglob("*"))
        if path.suffix in SOURCE_SUFFIXES and "__pycache__" not in path.parts
    ]


def private_files() -> list[str]:
    """Return private files at the root, in every package and in every other folder."""
    others = ["states", "secrets", "tests", "docs", "deploy", "examples", "tap_clickup/streams"]
    folders = ["", *(f"{folder}/" for folder in [*PACKAGES, *others])]
    return [f"{folder}{name}" for folder in folders for name in PRIVATE_NAMES]


def test_rules_are_evaluated_as_documented() -> None:
    rules = parse_rules("# comment\n*\n!docs\n!src/*.py\n!src/a/**/b?.py\n**/.*\n")
    included = ["docs/a/b.txt", "src/x.py", "src/a/b1.py", "src/a/c/d/b2.py"]
    excluded = ["x.py", "src/x.txt", "src/c/x.py", "src/a/c/b.py", "docs/.env", "docs/.git/config"]
    assert [path for path in [*included, *excluded] if not is_excluded(path, rules)] == included


@pytest.mark.parametrize("ignore_file", IGNORE_FILES)
def test_a_build_gets_the_packages_and_nothing_private(ignore_file: str) -> None:
    wanted = [*BUILD_FILES, *PROJECT_FILES, *source_files()]
    assert "target_pandev/sql/views/01_task_overview.sql" in wanted
    unwanted = [*private_files(), "constraints.txt", "tests/conftest.py", "deploy/Containerfile"]
    assert context_of([*unwanted, *wanted], ignore_file) == wanted


def test_docker_and_podman_get_the_same_files() -> None:
    """Podman prefers .containerignore, Docker reads .dockerignore.

    An ignore file next to the container file would replace them.
    """
    texts = {(PROJECT / name).read_text(encoding="utf-8") for name in IGNORE_FILES}
    assert len(texts) == 1
    assert list((PROJECT / "deploy").glob("*ignore")) == []


def test_the_container_file_copies_only_what_it_names() -> None:
    instructions = re.findall(r"^(?:COPY|ADD)\s+(.*)$", CONTAINER_FILE, re.MULTILINE)
    copied = [line for line in instructions if not line.startswith("--from=")]
    assert copied == [
        f"{' '.join(BUILD_FILES)} /src/",
        *(f"{package} /src/{package}" for package in sorted(PACKAGES)),
        f"{' '.join(PROJECT_FILES)} /opt/project/",
    ]


def test_both_images_get_packages_by_hash_and_no_rights() -> None:
    """All packages come from the lock file, and no stage that runs ends as root."""
    stages = re.split(r"^FROM ", CONTAINER_FILE, flags=re.MULTILINE)[1:]
    names = [stage.split("\n", 1)[0].split(" AS ")[1] for stage in stages]
    wheels = ["wheels", "receiver-packages", "all-packages"]
    assert names == [*wheels, "runtime", "receiver", "all"]
    installs = [line for line in CONTAINER_FILE.splitlines() if "pip install" in line]
    assert len(installs) == 2
    assert all("--no-index --find-links /wheels" in line for line in installs)
    assert "--require-hashes" in stages[0]
    for stage in stages[3:]:
        users = re.findall(r"^USER (.*)$", stage, re.MULTILINE)
        assert users[-1:] in ([], ["10001:10001"])
    assert "USER 10001:10001" in stages[3]


def test_meltano_finds_the_project_from_the_data_directory() -> None:
    """Its logging.yaml too, which Meltano looks for in the working directory only."""
    (line,) = re.findall(r"^ENV MELTANO.*$", CONTAINER_FILE, re.MULTILINE)
    variables = dict(word.split("=") for word in line.split()[1:])
    assert variables["MELTANO_PROJECT_ROOT"] == "/opt/project"
    assert variables["MELTANO_CLI_LOG_CONFIG"] == "/opt/project/logging.yaml"


def test_all_commands_of_a_service_share_its_data_directory() -> None:
    """An option of the service alone would send pandev connect and dead-letters elsewhere."""
    for name in ("Containerfile", "clickup-receiver.service"):
        text = (PROJECT / "deploy" / name).read_text(encoding="utf-8")
        assert "CLICKUP_RECEIVER_DATA_DIR=/" in text
        assert "--data-dir" not in text

"""The reference lists the commands, exit codes, metrics and endpoints that the code has."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
import yaml

from clickup_receiver.http import app
from clickup_receiver.http.metrics import Metrics
from clickup_receiver.inbox.inbox import Inbox
from pandev.cli import pandev
from tap_clickup.tap import TapClickUp
from tests.support.documents import blocks, headings, read_page, rows, section

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[1]
OPENAPI = PROJECT / "docs" / "receiver.openapi.yaml"
OF_THE_TAP = {"completed_reads", "sync_runs"}
WRONG_OPTION = "2"
"""Exit code of all commands, which the page names once."""


def find_commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Yield the commands of a group and of its groups, each with its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from find_commands(command, f"{path} {name}")


COMMANDS = dict(find_commands(pandev, "pandev"))


def test_the_page_of_commands_has_each_with_its_help_text() -> None:
    page = read_page("reference/commands")
    listed = rows(page)
    assert sorted(listed) == sorted(COMMANDS)
    texts = section(page, "Help texts")
    assert [title for _, level, title in headings(texts) if level > 2] == list(listed)
    assert blocks(texts, "text") == [
        f'--8<-- "tests/pandev/golden/help_{name.replace(" ", "_")}.txt"\n' for name in listed
    ]


def exit_codes_in(help_text: str) -> set[str]:
    """Return the exit codes that a help text names, if it names any."""
    match = re.search(r"[Ee]xit codes?:? .*?(?:\n\n|\Z)", help_text, re.DOTALL)
    return set(re.findall(r"\b\d\b", match[0])) - {WRONG_OPTION} if match else set()


def test_exit_codes_are_those_of_the_help_texts() -> None:
    listed = {
        name: {"0", *re.findall(r"\b(\d) ", cells[1])}
        for name, cells in rows(section(read_page("reference/exit-codes"), "pandev")).items()
    }
    named = {name: exit_codes_in(command.help or "") for name, command in COMMANDS.items()}
    assert len(listed) > 5
    assert {name: named[name] for name in listed} == listed
    others = {name: codes for name, codes in named.items() if name not in listed}
    assert {name: codes for name, codes in others.items() if codes - {"0", "1"}} == {}


def test_the_page_has_the_metrics_of_the_receiver(tmp_path: Path) -> None:
    metrics = Metrics()
    with closing(Inbox(tmp_path / "inbox.sqlite")) as inbox:
        metrics.track_inbox(inbox)
        exported = {
            f"{family.name}_total" if family.type == "counter" else family.name: family.type
            for family in metrics.registry.collect()
        }
    listed = rows(read_page("reference/metrics").split("\n## ", 1)[0])
    assert {name: cells[0] for name, cells in listed.items() if name in exported} == exported
    source = Path(app.__file__).read_text(encoding="utf-8")
    reasons = re.findall(r'_RequestRejectedError\(\s*HTTPStatus\.\w+, "([^"]+)"', source)
    assert len(reasons) > 5
    assert listed.keys() - exported.keys() == set(reasons)


def test_alerts_use_metrics_that_exist() -> None:
    page = read_page("reference/metrics")
    listed = {f"{name}{end}" for name in rows(page) for end in ("", "_bucket")}
    used = set(re.findall(r"\bwebhook_\w+", section(page, "What to alert on")))
    assert len(used) > 4
    assert used <= listed


def test_privacy_lists_the_properties_that_leave_clickup() -> None:
    tap = TapClickUp(config={"api_token": "pk_1_AAAAAAAA"})
    listed = rows(section(read_page("explained/privacy"), "What leaves ClickUp"))
    assert listed == {
        name: [", ".join(name for name in stream.schema["properties"] if name != "workspace_id")]
        for name, stream in tap.streams.items()
        if name not in OF_THE_TAP
    }


def test_the_page_has_the_endpoints_of_the_receiver() -> None:
    paths = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))["paths"]
    described = {
        f"{method.upper()} {path}": ", ".join(operation["responses"])
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    listed = {name: cells[1] for name, cells in rows(read_page("reference/receiver-api")).items()}
    assert listed == described


@pytest.mark.parametrize("name", ["explained", "guides", "reference"])
def test_paths_in_the_docs_exist(name: str) -> None:
    """Of files in the repository, which the site does not have."""
    pages = "\n".join(
        page.read_text(encoding="utf-8") for page in (PROJECT / "docs" / name).glob("*.md")
    )
    paths = set(
        re.findall(r"`((?:deploy|examples|tests|benchmarks|target_pandev)/[\w./-]+)`", pages)
    )
    assert {path for path in paths if not (PROJECT / path).exists()} == set()

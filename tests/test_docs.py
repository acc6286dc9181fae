"""README, the pages of docs/ and meltano.yml match the code."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import jsonschema
import psycopg
import pytest
import yaml

from clickup_receiver.cli import receiver
from clickup_receiver.data_dir import NAME as RECEIVER
from mapper_completed_reads.mapper import MapperCompletedReads
from pandev.report.sections import BY_NAME, SECTIONS
from plugin_settings.guides import GUIDES
from tap_clickup.tap import STREAMS, TapClickUp
from tap_git.tap import TapGit
from tap_ide import TapIde
from target_pandev.sql import read_statement
from target_pandev.target import TargetPandev
from tests.support.documents import FENCE, blocks, headings, read_page, rows, section
from tests.target_pandev.loading import Loader
from tests.test_repository import PACKAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.plugin_base import PluginBase

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
MELTANO: dict[str, Any] = yaml.safe_load((PROJECT / "meltano.yml").read_text(encoding="utf-8"))
PLUGINS: dict[str, type[PluginBase]] = {
    plugin.name: plugin for plugin in (TapClickUp, TapGit, TapIde, TargetPandev)
}
MAX_README_LINES = 150
MAX_LINE_LENGTH = 120
NOT_STORED = {"completed_reads": {"keys"}}
"""Properties that the target uses and does not store."""
SDK_SETTINGS = {"stream_maps", "stream_map_config", "faker_config"}


def settings_of(plugin: type[PluginBase]) -> dict[str, dict[str, Any]]:
    """Return the settings of a plugin, without those that the SDK adds to every plugin."""
    return {
        name: setting
        for name, setting in plugin.config_jsonschema["properties"].items()
        if name not in SDK_SETTINGS and not name.startswith("flattening_")
    }


def settings_on_the_page(name: str) -> dict[str, list[str]]:
    """Return the rows of a command's settings on the page of settings."""
    return rows(section(read_page("reference/settings"), name))


def declared_plugins() -> list[dict[str, Any]]:
    """Return the declarations of all plugins in meltano.yml."""
    return [plugin for plugins in MELTANO["plugins"].values() for plugin in plugins]


def declared_in_meltano(name: str) -> dict[str, Any]:
    """Return the declaration of a plugin in meltano.yml."""
    return next(plugin for plugin in declared_plugins() if plugin["name"] == name)


@pytest.mark.parametrize("plugin", [*PLUGINS.values(), MapperCompletedReads])
def test_the_page_of_settings_has_those_of_a_plugin(plugin: type[PluginBase]) -> None:
    settings = settings_of(plugin)
    listed = settings_on_the_page(plugin.name)
    assert list(listed) == list(settings)
    for setting, schema in settings.items():
        if "default" in schema:
            default = schema["default"]
            text = str(default).lower() if isinstance(default, bool) else str(default)
            assert listed[setting][0] == f"`{text}`"


@pytest.mark.parametrize("name", PLUGINS)
def test_meltano_yml_declares_the_settings_of_a_plugin(name: str) -> None:
    settings = settings_of(PLUGINS[name])
    declared = {setting["name"]: setting for setting in declared_in_meltano(name)["settings"]}
    assert list(declared) == list(settings)
    for setting, schema in settings.items():
        assert declared[setting].get("value") == schema.get("default")
        assert declared[setting].get("sensitive", False) == schema.get("secret", False)
        assert declared[setting]["label"] == schema["title"]
        assert declared[setting]["description"] == schema["description"]


@pytest.mark.parametrize("name", PLUGINS)
def test_meltano_yml_declares_the_capabilities_of_a_plugin(name: str) -> None:
    unknown_to_meltano = {"validate-records"}
    capabilities = {item.value for item in PLUGINS[name].capabilities} - unknown_to_meltano
    assert set(declared_in_meltano(name)["capabilities"]) == capabilities


def options_of_the_receiver() -> dict[str, Any]:
    """Return the defaults of the receiver's settings; None for those that depend on the machine."""
    options = [option for option in receiver.params if isinstance(option, click.Option)]
    return {
        str(option.name): option.default if isinstance(option.default, str | int) else None
        for option in options
        if option.name not in {"version", "help"}
    }


def test_the_page_and_meltano_yml_list_the_settings_of_the_receiver() -> None:
    """R9: the public address and the one to listen at are two settings."""
    options = options_of_the_receiver()
    listed = settings_on_the_page(RECEIVER)
    assert list(listed) == list(options)
    settings = declared_in_meltano(RECEIVER)["settings"]
    declared = {setting["name"]: setting.get("value") for setting in settings}
    assert declared == {**options, "config": "ENV"}
    for name, default in declared.items():
        if default is not None:
            assert listed[name][0] == f"`{default}`"


def test_meltano_yml_is_valid_by_meltanos_own_schema() -> None:
    text = files("meltano").joinpath("schemas/meltano.schema.json").read_text(encoding="utf-8")
    jsonschema.validate(MELTANO, yaml.safe_load(text))


def test_meltano_uses_no_hub_and_polls_every_15_minutes() -> None:
    """R37: the schedule of the poll is declared; no plugin needs a lookup on a hub."""
    plugins = declared_plugins()
    assert MELTANO["send_anonymous_usage_stats"] is False
    assert MELTANO["cli"] == {"disable_version_check": True}
    custom = {plugin["name"] for plugin in plugins if "namespace" in plugin}
    assert {plugin.get("inherit_from", plugin["name"]) for plugin in plugins} == custom
    schedules = MELTANO["schedules"]
    assert [(schedule["interval"], schedule["job"]) for schedule in schedules] == [
        ("*/15 * * * *", "sync"),
        ("17 2 * * *", "sweep"),
    ]


@pytest.fixture
def store(database: str) -> str:
    """Return the address of a store that was given the schema of every stream."""
    plugins = (
        TapClickUp(config={"api_token": "pk_1_AAAAAAAA"}),
        TapGit(config={"repositories": []}, validate_config=False),
        TapIde(config={}),
    )
    schemas = [
        {"type": "SCHEMA", "stream": name, "schema": stream.schema}
        | {"key_properties": list(stream.primary_keys)}
        for plugin in plugins
        for name, stream in plugin.streams.items()
    ]
    loader = Loader(database)
    with loader.connection:
        loader.load(*schemas)
    return database


def catalog(database: str, kind: str) -> set[str]:
    """Return the names of the store's tables (r) or views (v)."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'pandev'::regnamespace "
            "AND relkind = %s",
            (kind,),
        ).fetchall()
    return {str(name) for (name,) in rows}


def test_the_page_of_views_lists_them_all(store: str) -> None:
    page = section(read_page("reference/views"), "Views")
    assert set(rows(page.split("## Functions")[0])) == catalog(store, "v")


def test_every_stream_has_its_columns_and_key_in_the_store(store: str) -> None:
    taps = (
        TapClickUp(config={"api_token": "pk_1_AAAAAAAA"}),
        TapGit(config={"repositories": []}, validate_config=False),
        TapIde(config={}),
    )
    with psycopg.connect(store) as connection:
        for tap in taps:
            listed = rows(section(read_page("reference/streams"), tap.name))
            assert set(listed) == set(tap.streams)
            for name, stream in tap.streams.items():
                found = connection.execute(
                    "SELECT attname FROM pg_attribute "
                    "WHERE attrelid = to_regclass(%s) AND attnum > 0 AND attgenerated = ''",
                    (f"pandev.{name}",),
                ).fetchall()
                columns = {str(column) for (column,) in found}
                promised = set(stream.schema["properties"]) - NOT_STORED.get(name, set())
                assert {name for name in columns if not name.startswith("_sdc_")} == promised
                assert listed[name][0] == ", ".join(stream.primary_keys or ())
    assert {type(stream) for stream in taps[0].streams.values()} == {*STREAMS}


def test_the_sections_of_the_report_are_listed_with_their_views() -> None:
    listed = rows(section(read_page("guides/reporting"), "The report"))
    assert {name: cells[1] for name, cells in listed.items()} == {
        section.name: section.summary for section in SECTIONS
    }
    for name, (view, _) in listed.items():
        if view:
            statement = read_statement(f"report_{name}", "pandev.sql")
            if BY_NAME[name].reads_closed_tasks:
                statement += read_statement("report_closed_tasks", "pandev.sql")
            assert view.strip("`") in statement.split()


def printed_lines() -> set[str]:
    """Return the lines that commands print in tests, at 80 columns, with 0 for any number."""
    files = (PROJECT / "tests" / "pandev" / "golden").glob("*.txt")
    return {
        without_numbers(line) for file in files for line in file.read_text("utf-8").splitlines()
    }


def without_numbers(line: str) -> str:
    """Return a line with 0 for any number, and for the times that tests replace."""
    return re.sub(r"\d+", "0", line.replace("HH:MM", "0:0"))


@pytest.mark.parametrize("page", ["checking", "reporting", "service-user", "worklogs"])
def test_samples_are_what_commands_print_in_tests(page: str) -> None:
    samples = blocks(read_page(f"guides/{page}"), "text")
    lines = [line for sample in samples for line in sample.splitlines()]
    assert len(lines) > 5
    known = printed_lines()
    assert [
        line for line in lines if not line.startswith("$ ") and without_numbers(line) not in known
    ] == []


def test_the_sample_in_readme_is_of_the_report() -> None:
    """Each part of it is a section, or the beginning of one."""
    (sample,) = blocks(README, "text")
    output = (PROJECT / "tests/pandev/golden/report.txt").read_text(encoding="utf-8")
    parts = sample.strip().split("\n\n")
    assert all(f"\n\n{part}\n" in output for part in parts), parts


def test_the_address_of_the_repository_is_the_same_everywhere() -> None:
    """pyproject.toml has it: the definitions of plugins are made from there."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pages = [PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")]
    cloned = {
        path.name: address
        for path in pages
        for address in re.findall(r"git clone (?!--)(\S+)", path.read_text(encoding="utf-8"))
    }
    assert cloned == dict.fromkeys(
        ("README.md", "quickstart.md", "setup.md"), project["urls"]["Repository"]
    )


def test_messages_name_guides_of_the_repository_that_exist() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"{project['urls']['Repository']}/blob/main/docs/guides" == GUIDES
    code = "\n".join(messages_in_code())
    assert "docs/guides/" not in code
    named = set(re.findall(rf"{PLACEHOLDER}/([\w-]+)\.md", code))
    assert named == {"database-roles", "webhooks", "without-meltano"}
    assert [name for name in named if not (PROJECT / f"docs/guides/{name}.md").is_file()] == []


PLACEHOLDER = "…"
STATUS_LINE = re.compile(r"\d{3} \w+")


def messages_in_code() -> Iterator[str]:
    """Yield the strings of the packages, with `…` for each formatted value."""
    for path in (file for package in PACKAGES for file in (PROJECT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [part.value for part in node.values if isinstance(part, ast.Constant)]
                yield PLACEHOLDER.join(str(part) for part in parts)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield re.sub(r"%[drs]", PLACEHOLDER, node.value)


def test_troubleshooting_explains_messages_that_exist() -> None:
    """Each part between `…` and colons is in the code; HTTP status lines come from ClickUp."""
    text = read_page("guides/troubleshooting")
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
    quoted = [message for cell in cells for message in re.findall(r"`([^`]+)`", cell)]
    parts = {
        part.strip() for message in quoted for part in re.split(f"{PLACEHOLDER}|: |; ", message)
    }
    expected = {part for part in parts if " " in part and not STATUS_LINE.fullmatch(part)}
    code = "\n".join(messages_in_code())
    assert len(expected) > 10
    assert {part for part in expected if part not in code} == set()


def documents() -> list[Path]:
    """Return the documents at the root and in docs/."""
    return sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])


@pytest.mark.parametrize(
    "text",
    [
        "Use a dedicated ClickUp user, for instance",
        "its activity stays separate from people's, and it survives staff changes",
        "It needs the role Admin or Owner in each tracked workspace, because `pandev connect`",
        "**Settings** > **My Settings** > **Apps** (in some workspaces **API**) > **API Token**",
        "ClickUp shows the token, which begins with `pk_`, *once*: copy it immediately",
        "keep it in a secrets manager",
        "Every plan of ClickUp is sufficient; webhooks are part of the free one too",
    ],
)
def test_the_quickstart_says_what_to_prepare_in_clickup(text: str) -> None:
    """R3, R10, R13, R15, R17, R112, R115: for an administrator, from the user to the plan."""
    chapter = section(read_page("quickstart"), "Run it with your ClickUp")
    assert text in " ".join(chapter.split())


def anchors_of(document: Path) -> set[str]:
    """Return the anchors of a document's headings."""
    titles = [title for _, _, title in headings(document.read_text(encoding="utf-8"))]
    return {re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    """Also on GitHub, and from the documents that the site does not have."""
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    links = re.findall(r"\]\(([^)#\s]*)(?:#([^)]*))?\)", text)
    for link, anchor in links:
        if "://" not in link:
            target = document.parent / link if link else document
            assert target.exists(), link
            assert not anchor or anchor in anchors_of(target), f"{link}#{anchor}"


def test_prose_has_short_lines() -> None:
    generated = PROJECT / "docs" / "reference" / "store.md"
    long = [
        f"{document.name}:{number}"
        for document in [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
        for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > MAX_LINE_LENGTH and document != generated
        if not line.startswith(("| ", "!["))
    ]
    assert long == []


def test_readme_is_short_and_its_commands_are_those_of_the_pages() -> None:
    assert len(README.splitlines()) <= MAX_README_LINES
    lines = [line for block in blocks(README, "sh") for line in block.splitlines()]
    pages = read_page("quickstart") + read_page("guides/installation")
    assert len(lines) > 8
    assert [line for line in lines if f"\n{line}\n" not in pages] == []


def test_every_promise_of_security_is_tested() -> None:
    text = section((PROJECT / "SECURITY.md").read_text(encoding="utf-8"), "Promises")
    promises = re.findall(r"^\| (?!promise|---)(.+?) \| (.+) \|$", text, re.MULTILINE)
    assert len(promises) > 10
    for promise, tests in promises:
        paths = re.findall(r"`(tests/[\w/]+\.py)`", tests)
        assert paths, promise
        assert [path for path in paths if not (PROJECT / path).is_file()] == []

"""Tap into target by `meltano run`: twice, cut in the middle, secrets planted, bad input."""

from __future__ import annotations

import json
import textwrap
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias, cast

import psutil
import psycopg
import pytest
import requests
from psycopg import sql

from examples.demo import make_repository
from fake_clickup import Behaviour, FakeClickUp, generate
from target_pandev.embedded import EmbeddedServer
from tests.end_to_end.pipeline import WRITES, Pipeline

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fake_clickup import Account, Request

Hook: TypeAlias = "Callable[[Request, Account], None]"

NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)
SYNC = ("meltano", "run", "tap-clickup", "target-pandev")
GIT = ("meltano", "run", "tap-git", "target-pandev")


@pytest.fixture
def account() -> Account:
    return generate(seed=7, tasks=400, spaces=2, now=NOW)


@pytest.fixture
def clickup(account: Account) -> Iterator[FakeClickUp]:
    with FakeClickUp(account, behaviour=Behaviour(limit_per_minute=10_000)) as server:
        yield server


@pytest.fixture
def pipeline(tmp_path: Path, clickup: FakeClickUp, account: Account, database: str) -> Pipeline:
    """Return a project that reads the local ClickUp and one git repository."""
    make_repository(tmp_path / "shop", account, now=NOW)
    settings = {
        "TAP_CLICKUP_API_TOKEN": clickup.token,
        "TAP_CLICKUP_API_URL": clickup.api_url,
        "TAP_CLICKUP_START_DATE": "2025-09-01",
        "TAP_GIT_REPOSITORIES": json.dumps([str(tmp_path / "shop")]),
        "TARGET_PANDEV_STORE_URL": database,
    }
    return Pipeline(tmp_path, settings)


def checksums(database: str) -> dict[str, str]:
    """Return a checksum of the rows of each table but those about the runs themselves."""
    with psycopg.connect(database, autocommit=True) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'pandev' "
            "AND tablename NOT IN ('sync_runs', 'completed_reads', 'schema_versions')"
        ).fetchall()
        statement = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM pandev.{} AS t"
        return {
            name: connection.execute(sql.SQL(statement).format(sql.Identifier(name))).fetchall()[0][
                0
            ]
            for (name,) in tables
        }


def rows(database: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database, options="-c search_path=pandev") as connection:
        return connection.execute(statement.encode()).fetchall()


def tasks_of(account: Account) -> set[tuple[str, str, str]]:
    """Return (id, name, status) of all tasks."""
    workspace = account.workspaces[0]
    return {
        (task.id, task.name.replace("\0", "\ufffd"), workspace.status_of(task).name)
        for task in workspace.tasks.values()
    }


def test_a_workspace_arrives_in_postgresql_joined_with_git(
    pipeline: Pipeline, account: Account, database: str
) -> None:
    """R45, R55, R57-R59, R117, R119, R120, D5."""
    for command in (SYNC, GIT):
        ended = pipeline.run(*command)
        assert ended.returncode == 0, ended.stderr
    assert set(rows(database, "SELECT id, name, status FROM tasks")) == tasks_of(account)
    named = {key for _, key in rows(database, "SELECT DISTINCT source, task_id FROM task_activity")}
    known = {task_id for task_id, _, _ in tasks_of(account)}
    mentioned = {key for (key,) in rows(database, "SELECT reference FROM task_references")}
    assert named == mentioned & known
    assert named


def test_a_second_run_writes_no_row_but_what_the_run_tells_of_itself(
    pipeline: Pipeline, database: str
) -> None:
    """R32: what is loaded is not loaded again; each completed read takes the place of the last."""
    seen = []
    for _ in range(2):
        for command in (SYNC, GIT):
            assert pipeline.run(*command).returncode == 0
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("SELECT pg_stat_force_next_flush()")
            writes = {name: counts for name, *counts in connection.execute(WRITES)}
        runs, reads = writes.pop("sync_runs"), writes.pop("completed_reads")
        seen.append((writes, checksums(database)))
    assert seen[0] == seen[1]
    assert (runs, reads[0], reads[2]) == ([2, 0, 0], 15 + 8, 0)


PLANTED = {
    "description": "planted-description",
    "custom_field_value": "planted-custom-field-value",
    "attachment_name": "planted-attachment-name",
    "comment": "planted-comment",
}


def raw_answers(pipeline: Pipeline, account: Account) -> str:
    """Return what ClickUp answers to who asks for tasks and for a comment."""
    base, workspace = pipeline.settings["TAP_CLICKUP_API_URL"], account.workspaces[0]
    paths = [f"/team/{workspace.id}/task?include_closed=true&subtasks=true"]
    paths += [f"/task/{task}/comment" for task in list(workspace.tasks)[::10]]
    header = {"Authorization": account.token}
    with requests.Session() as session:
        return "".join(session.get(base + path, headers=header).text for path in paths)


def test_nothing_but_the_promised_fields_leaves_clickup(
    pipeline: Pipeline, account: Account, database: str
) -> None:
    """R16, R53, R54, R89-R91: neither in output, log, state, Meltano's files nor any table."""
    for task in list(account.workspaces[0].tasks)[::10]:
        account.plant(task, **PLANTED)
    pipeline.settings["MELTANO_CLI_LOG_LEVEL"] = "debug"
    pipeline.settings["TAP_CLICKUP_LOGLEVEL"] = "DEBUG"
    ended = pipeline.run(*SYNC)
    assert ended.returncode == 0, ended.stderr
    state = pipeline.run("meltano", "state", "get", "prod:tap-clickup-to-target-pandev")
    kept = b"".join(
        path.read_bytes()
        for path in (pipeline.folder / ".meltano").rglob("*")
        if path.is_file() and not path.is_symlink()
    )
    tables = rows(
        database,
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v') "
        "AND relnamespace = 'pandev'::regnamespace",
    )
    stored = json.dumps([rows(database, f'TABLE "{name}"') for (name,) in tables], default=str)
    assert "replication_key_value" in state.stdout
    answers = raw_answers(pipeline, account)
    assert [secret for secret in PLANTED.values() if secret not in answers] == []
    everything = ended.stdout + ended.stderr + state.stdout + kept.decode(errors="replace") + stored
    secrets = [*PLANTED.values(), account.token]
    assert [secret for secret in secrets if secret in everything] == []


WATCH = """
import os, sys

def watch(event, arguments):
    if event == "socket.connect":
        with open(os.environ["WATCHED"], "a") as watched:
            print(arguments[1][:2] if isinstance(arguments[1], tuple) else "local", file=watched)

sys.addaudithook(watch)
"""


def test_no_other_host_and_nothing_outside_the_api_is_asked(
    pipeline: Pipeline, clickup: FakeClickUp
) -> None:
    """R8, R114, R125: seen by an audit hook in every Python process of the run."""
    hook, watched = pipeline.folder / "hook", pipeline.folder / "watched"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(textwrap.dedent(WATCH), encoding="utf-8")
    pipeline.settings |= {"PYTHONPATH": str(hook), "WATCHED": str(watched)}
    tap = pipeline.run("tap-clickup", "--config=ENV")
    meltano = pipeline.run(*SYNC)
    assert (tap.returncode, meltano.returncode) == (0, 0), meltano.stderr
    port = int(clickup.api_url.split(":")[2].split("/")[0])
    asked = set(watched.read_text(encoding="utf-8").splitlines())
    assert asked - {"local"} == {str(("127.0.0.1", port))}
    assert {request.method for request in clickup.requests} == {"GET"}
    assert [r.path for r in clickup.requests if not r.path.startswith("/api/v2/")] == []


def kill_at_page(number: int, process: subprocess.Popen[str], victim: str) -> Hook:
    """Return a hook that kills a process of the run when ClickUp is asked for its n-th page."""
    pages = 0

    def hook(request: Request, _: Account) -> None:
        nonlocal pages
        if not request.path.endswith("/task"):
            return
        pages += 1
        if pages == number:
            family = [psutil.Process(process.pid)]
            family += family[0].children(recursive=True)
            for one in family:
                if victim in " ".join(one.cmdline()):
                    one.kill()

    return hook


def content(database: str) -> dict[str, object]:
    """Return what was loaded, without the moments of loading."""
    moments = "{_sdc_extracted_at,observed_at}"
    tables = ("spaces", "folders", "lists", "statuses", "sprints", "tasks", "time_entries", "users")
    return {
        name: rows(
            database, f"SELECT (to_jsonb(t) - '{moments}'::text[])::text AS row FROM {name} AS t ORDER BY 1"  # noqa: E501, S608 - our own names
        )
        for name in (*tables, "status_observations")
    }  # fmt: skip


@pytest.mark.parametrize("victim", ["tap-clickup", "target-pandev", "meltano"])
def test_a_run_killed_in_the_middle_and_started_again_ends_in_the_same_rows(
    pipeline: Pipeline, clickup: FakeClickUp, database: str, empty_database: str, victim: str
) -> None:
    """R32, R135: `kill -9` of one process of the run, at the third page of tasks."""
    with pipeline.start(*SYNC) as process:
        clickup.behaviour.on_request = kill_at_page(3, process, victim)
        process.communicate()
    clickup.behaviour.on_request = None
    assert process.returncode != 0
    again = pipeline.run(*SYNC, "--force")  # a killed Meltano leaves its run marked as running
    assert again.returncode == 0, again.stderr
    pipeline.settings["TARGET_PANDEV_STORE_URL"] = empty_database
    assert pipeline.run(*SYNC, "--state-id-suffix=whole").returncode == 0
    assert content(database) == content(empty_database)
    assert len(cast("list[object]", content(database)["tasks"])) > 200


@pytest.fixture
def embedded(pipeline: Pipeline, store_dir: Path) -> Iterator[Pipeline]:
    """Yield a project whose store is the embedded one, and stop that in the end."""
    del pipeline.settings["TARGET_PANDEV_STORE_URL"]
    pipeline.settings["TARGET_PANDEV_STORE_DIR"] = str(store_dir)
    yield pipeline
    pipeline.run("pandev", "store", "stop")
    assert not EmbeddedServer(store_dir).running()


def test_without_an_address_the_store_is_an_embedded_postgresql(
    embedded: Pipeline, account: Account, store_dir: Path
) -> None:
    """A SQL session, the report and the address work as README says."""
    ended = embedded.run(*SYNC)
    assert ended.returncode == 0, ended.stderr
    assert f"embedded PostgreSQL in {store_dir}" in ended.stderr
    count = str(len(tasks_of(account)))
    session = embedded.run("pandev", "store", "psql", "-At", "-c", "SELECT count(*) FROM tasks")
    assert session.stdout == f"{count}\n", session.stderr
    url = embedded.run("pandev", "store", "url").stdout.strip()
    assert rows(url, "SELECT count(*)::text FROM task_overview") == [(count,)]
    report = embedded.run("pandev", "report", "--most", "3")
    assert report.returncode == 0, report.stderr
    assert "Tasks by status group" in report.stdout
    assert embedded.run("pandev", "store", "stop").stdout == "stopped\n"


def test_a_wrong_token_ends_the_run_and_says_what_to_do(pipeline: Pipeline, database: str) -> None:
    """R92, R93, and nothing that was loaded is lost."""
    assert pipeline.run(*SYNC).returncode == 0
    before = checksums(database)
    pipeline.settings["TAP_CLICKUP_API_TOKEN"] = "pk_1_WRONGWRONGWRONG"  # noqa: S105 - of nobody
    ended = pipeline.run(*SYNC)
    assert ended.returncode == 1
    assert "401 Unauthorized: the token is wrong, expired or was regenerated" in ended.stderr
    assert "My Settings > Apps" in ended.stderr
    assert checksums(database) == before


SCHEMA = {"properties": {"id": {"type": "integer"}}}
THING = {"type": "SCHEMA", "stream": "s", "key_properties": ["id"], "schema": SCHEMA}
REMOTE = {**THING, "schema": {"properties": {"id": {"$ref": "http://127.0.0.1:1/elsewhere"}}}}
BAD = {"type": "RECORD", "stream": "s", "record": {"id": "one"}}


@pytest.mark.parametrize(
    ("lines", "settings", "complaint"),
    [
        ([THING, BAD], {}, "1 records were rejected, all others are loaded"),
        ([THING], {"STORE_URL": "postgresql://127.0.0.1:1/x"}, "no connection to the store at"),
        ([THING], {"STORE_URL": "nonsense"}, "store_url: not a PostgreSQL address"),
        ([THING], {"BATCH_SIZE_ROWS": "0"}, "0 is less than the minimum of 1"),
        (["not JSON"], {}, "line 1: not JSON"),
        ([BAD], {}, "A record for stream 's' was encountered before a corresponding schema"),
        ([{**THING, "schema": {**SCHEMA, "type": "strange"}}], {}, "not a JSON Schema"),
        ([{**THING, "schema": None}], {}, "line 1: SCHEMA without a proper 'schema'"),
        ([{**THING, "schema": {}}], {}, "line 1: the schema of s has no properties"),
        ([{**THING, "key_properties": "id"}], {}, "line 1: the key_properties of s are no list"),
        ([{"type": "RECORD", "record": {"a": "secret"}}], {}, "line 1: RECORD without a proper"),
        ([THING, {**BAD, "record": None}], {}, "line 2: RECORD without a proper 'record'"),
        ([{"type": ["RECORD"]}], {}, "line 1: no Singer message of known type"),
        (["[" * 3000 + "]" * 3000], {}, "line 1: nested too deeply"),
        ([REMOTE], {}, "not a JSON Schema"),
        ([THING], {"TASK_ID_PREFIX": ""}, "should be non-empty"),
        ([THING], {"STORE_URL": "postgresql://u:sec@ret@127.0.0.1:1/x"}, "write @ : / in user"),
        ([THING], {"STORE_URL": "postgresql://u:secr/et@127.0.0.1:1/x"}, "store_url: "),
    ],
)
def test_bad_input_to_the_target_is_one_clear_line(
    pipeline: Pipeline, lines: list[object], settings: dict[str, str], complaint: str
) -> None:
    pipeline.settings |= {f"TARGET_PANDEV_{name}": value for name, value in settings.items()}
    messages = pipeline.folder / "messages"
    messages.write_text(
        "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines),
        encoding="utf-8",
    )
    ended = pipeline.run("target-pandev", "--config=ENV", "--input", str(messages))
    assert ended.returncode == 1
    told = [line for line in ended.stderr.splitlines() if "CRITICAL" in line]
    assert len(told) == 1
    assert complaint in told[0]
    assert "Traceback" not in ended.stderr
    assert "sec" not in told[0].replace("seconds", "")


def test_a_full_schema_of_settings_is_offered_by_every_plugin(pipeline: Pipeline) -> None:
    for command in ("tap-clickup", "tap-git", "target-pandev"):
        about = json.loads(pipeline.run(command, "--about", "--format=json").stdout)
        lacking = [
            name
            for name, setting in about["settings"]["properties"].items()
            if not setting.get("description")
        ]
        assert lacking == []

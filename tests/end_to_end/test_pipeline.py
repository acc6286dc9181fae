"""Tap into target by `meltano run`: repeated, interrupted, with planted secrets, with bad input."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias, cast

import psycopg
import pytest
import requests
from psycopg import sql

from fake_clickup import Behaviour, FakeClickUp, generate
from target_pandev.embedded import EmbeddedServer
from tests.end_to_end.pipeline import WRITES, Pipeline
from tests.support.commands import forked_commands
from tests.support.connections import WatchedConnections, address_of
from tests.support.processes import signal_processes
from tests.support.task_repository import make_repository

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fake_clickup import Account, Request
    from tests.conftest import Clone

Hook: TypeAlias = "Callable[[Request, Account], None]"

NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)
SYNC = ("meltano", "run", "tap-clickup", "target-pandev")
GIT = ("meltano", "run", "tap-git", "target-pandev")


@pytest.fixture
def account() -> Account:
    return new_account()


def new_account() -> Account:
    return generate(seed=7, tasks=400, spaces=2, now=NOW)


@pytest.fixture
def clickup(account: Account) -> Iterator[FakeClickUp]:
    with serve(account) as server:
        yield server


def serve(account: Account) -> FakeClickUp:
    return FakeClickUp(account, behaviour=Behaviour(limit_per_minute=10_000))


@pytest.fixture
def pipeline(tmp_path: Path, clickup: FakeClickUp, account: Account, database: str) -> Pipeline:
    """Return a project that reads the fake ClickUp and one git repository."""
    make_repository(tmp_path / "shop", account, now=NOW)
    repositories = {"TAP_GIT_REPOSITORIES": json.dumps([str(tmp_path / "shop")])}
    return Pipeline(tmp_path, clickup_settings(clickup, database) | repositories)


def clickup_settings(clickup: FakeClickUp, database: str) -> dict[str, str]:
    return {
        "TAP_CLICKUP_API_TOKEN": clickup.token,
        "TAP_CLICKUP_API_URL": clickup.api_url,
        "TAP_CLICKUP_START_DATE": "2025-09-01",
        "TARGET_PANDEV_STORE_URL": database,
    }


def checksums(database: str) -> dict[str, str]:
    """Return a checksum of the rows of each table, except for tables about runs."""
    with psycopg.connect(database, autocommit=True) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'pandev' "
            "AND tablename NOT IN "
            "('sync_runs', 'completed_reads', 'emitted_states', 'schema_versions')"
        ).fetchall()
        statement = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM pandev.{} AS t"
        checksums = {}
        for (name,) in tables:
            query = sql.SQL(statement).format(sql.Identifier(name))
            checksums[name] = connection.execute(query).fetchall()[0][0]
        return checksums


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
    """R45, R55, R57, R58, R59, R117, R119, R120, D5: every task is loaded, next to its commits."""
    for command in (SYNC, GIT):
        run = pipeline.run(*command)
        assert run.returncode == 0, run.stderr
    assert set(rows(database, "SELECT id, name, status FROM tasks")) == tasks_of(account)
    active = {task_id for (task_id,) in rows(database, "SELECT task_id FROM task_activity")}
    known = {task_id for task_id, _, _ in tasks_of(account)}
    referenced = {task_id for (task_id,) in rows(database, "SELECT reference FROM task_references")}
    assert active == referenced & known
    assert active


READS_OF_SLICES = """
SELECT stream, count(*) > 1 FROM completed_reads
WHERE stream IN ('users', 'time_entries') GROUP BY stream ORDER BY stream
"""


def test_a_second_run_writes_only_rows_about_itself(pipeline: Pipeline, database: str) -> None:
    """R32: loaded rows are not loaded again; each completed read replaces the last."""
    results = []
    for _ in range(2):
        for command in (SYNC, GIT):
            assert pipeline.run(*command).returncode == 0
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("SELECT pg_stat_force_next_flush()")
            writes = {name: counts for name, *counts in connection.execute(WRITES)}
        sync_runs, _, deleted_runs = writes.pop("sync_runs")  # a slow run updates its row
        emitted_states, _, _ = writes.pop("emitted_states")
        inserted_reads, _, deleted_reads = writes.pop("completed_reads")
        results.append((writes, checksums(database)))
    assert results[0] == results[1]
    assert (sync_runs, deleted_runs) == (2, 0)
    assert emitted_states == 2 * len((SYNC, GIT))
    assert inserted_reads == len(rows(database, "SELECT FROM completed_reads"))
    assert deleted_reads == 0
    assert rows(database, READS_OF_SLICES) == [("time_entries", True), ("users", False)]


PLANTED = {
    "description": "planted-description",
    "custom_field_value": "planted-custom-field-value",
    "attachment_name": "planted-attachment-name",
    "comment": "planted-comment",
}


def raw_responses(pipeline: Pipeline, account: Account) -> str:
    """Return ClickUp's responses to requests for tasks and comments."""
    base = pipeline.settings["TAP_CLICKUP_API_URL"]
    workspace = account.workspaces[0]
    paths = [f"/team/{workspace.id}/task?include_closed=true&subtasks=true"]
    paths += [f"/task/{task}/comment" for task in list(workspace.tasks)[::10]]
    header = {"Authorization": account.token}
    with requests.Session() as session:
        return "".join(session.get(base + path, headers=header).text for path in paths)


def test_only_the_promised_fields_leave_clickup(
    pipeline: Pipeline, account: Account, database: str
) -> None:
    """R16, R53, R54, R89, R90, R91: in output, log, state, Meltano's files and tables."""
    for task in list(account.workspaces[0].tasks)[::10]:
        account.add_texts(task, **PLANTED)
    pipeline.settings["MELTANO_CLI_LOG_LEVEL"] = "debug"
    pipeline.settings["TAP_CLICKUP_LOGLEVEL"] = "DEBUG"
    run = pipeline.run(*SYNC)
    assert run.returncode == 0, run.stderr
    state = pipeline.run("meltano", "state", "get", "prod:tap-clickup-to-target-pandev")
    meltano_files = b"".join(
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
    responses = raw_responses(pipeline, account)
    assert [secret for secret in PLANTED.values() if secret not in responses] == []
    kept = state.stdout + meltano_files.decode(errors="replace")
    everything = run.stdout + run.stderr + kept + stored
    secrets = [*PLANTED.values(), account.token]
    assert [secret for secret in secrets if secret in everything] == []


def test_only_the_api_is_requested_and_only_by_get(
    pipeline: Pipeline, clickup: FakeClickUp
) -> None:
    """R8, R114, R125: Meltano asks PyPI for its latest version once a day by default."""
    watched = WatchedConnections(pipeline.folder, forked_commands())
    pipeline.settings |= watched.settings
    run = pipeline.run(*SYNC)
    assert run.returncode == 0, run.stderr
    assert watched.commands == {"meltano run", "tap-clickup", "target-pandev"}
    assert watched.connections == {("tap-clickup", address_of(clickup.api_url))}
    assert {request.method for request in clickup.requests} == {"GET"}
    paths = [request.path for request in clickup.requests]
    assert [path for path in paths if not path.startswith("/api/v2/")] == []


def kill_at_page(number: int, process: subprocess.Popen[str], victim: str) -> Hook:
    """Return a hook that kills a process of the run at the n-th request for a page of tasks."""
    pages = 0

    def hook(request: Request, _: Account) -> None:
        nonlocal pages
        if not request.path.endswith("/task"):
            return
        pages += 1
        if pages == number:
            signal_processes(process.pid, signal.SIGKILL, command=victim)

    return hook


def content(database: str) -> dict[str, object]:
    """Return the loaded rows, without the times of loading."""
    load_times = "{_sdc_extracted_at,observed_at}"
    tables = [
        *("spaces", "folders", "lists", "statuses", "sprints", "tasks", "task_types"),
        *("time_entries", "users", "groups"),
    ]
    return {
        name: rows(
            database, f"SELECT (to_jsonb(t) - '{load_times}'::text[])::text AS row FROM {name} AS t ORDER BY 1"  # noqa: E501, S608 - our own names
        )
        for name in (*tables, "task_versions")
    }  # fmt: skip


@pytest.fixture(scope="module")
def whole_content(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Return the rows that a run of its own loads which nothing interrupts."""
    folder = tmp_path_factory.mktemp("whole")
    with serve(new_account()) as clickup, clone() as database:
        run = Pipeline(folder, clickup_settings(clickup, database)).run(*SYNC)
        assert run.returncode == 0, run.stderr
        return content(database)


@pytest.mark.parametrize("victim", ["tap-clickup", "target-pandev", "meltano"])
def test_a_killed_run_resumes_and_ends_in_the_same_rows(
    pipeline: Pipeline,
    clickup: FakeClickUp,
    database: str,
    whole_content: dict[str, object],
    victim: str,
) -> None:
    """R32, R135: `kill -9` of one process of the run at the third page of tasks."""
    with pipeline.start(*SYNC) as process:
        clickup.behaviour.on_request = kill_at_page(3, process, victim)
        process.communicate()
    clickup.behaviour.on_request = None
    assert process.returncode != 0
    resumed = pipeline.run(*SYNC, "--force")  # a killed Meltano leaves its run marked as running
    assert resumed.returncode == 0, resumed.stderr
    assert content(database) == whole_content
    assert len(cast("list[object]", whole_content["tasks"])) > 200


def test_a_lost_store_is_reported_and_loaded_again(
    pipeline: Pipeline, account: Account, database: str, empty_database: str
) -> None:
    """The state is of a store that is gone: an incremental run would load changes only."""
    assert pipeline.run(*SYNC).returncode == 0
    before = content(database)
    pipeline.settings["TARGET_PANDEV_STORE_URL"] = empty_database
    refused = pipeline.run(*SYNC)
    assert refused.returncode == 1
    assert "the state of the tap is not from this store" in refused.stderr
    assert "--full-refresh" in refused.stderr
    assert rows(empty_database, "SELECT FROM tasks") == []
    meltano, run, *plugins = SYNC
    again = pipeline.run(meltano, run, "--full-refresh", *plugins)
    assert again.returncode == 0, again.stderr
    assert pipeline.run(*SYNC).returncode == 0
    assert content(empty_database) == before
    assert len(rows(empty_database, "SELECT FROM tasks")) == len(tasks_of(account))


@pytest.fixture
def embedded(pipeline: Pipeline, store_dir: Path) -> Iterator[Pipeline]:
    """Yield a project with an embedded store, and stop the store at the end."""
    del pipeline.settings["TARGET_PANDEV_STORE_URL"]
    pipeline.settings["TARGET_PANDEV_STORE_DIR"] = str(store_dir)
    yield pipeline
    assert EmbeddedServer(store_dir).stop()


def test_the_store_is_embedded_without_an_address(
    embedded: Pipeline, account: Account, store_dir: Path
) -> None:
    """A SQL session, the report and the address work as the page of the store describes."""
    run = embedded.run(*SYNC)
    assert run.returncode == 0, run.stderr
    assert f"embedded PostgreSQL in {store_dir}" in run.stderr
    count = str(len(tasks_of(account)))
    session = embedded.run("pandev", "store", "psql", "-At", "-c", "SELECT count(*) FROM tasks")
    assert session.stdout == f"{count}\n", session.stderr
    url = embedded.run("pandev", "store", "url").stdout.strip()
    assert rows(url, "SELECT count(*)::text FROM task_overview") == [(count,)]
    report = embedded.run("pandev", "report", "--limit", "3")
    assert report.returncode == 0, report.stderr
    assert "Tasks by status group" in report.stdout
    assert embedded.run("pandev", "store", "stop").stdout == "stopped\n"


def test_a_wrong_token_ends_the_run_with_advice(pipeline: Pipeline, database: str) -> None:
    """R92, R93: the error says where to generate a token; loaded rows stay."""
    assert pipeline.run(*SYNC).returncode == 0
    before = checksums(database)
    pipeline.settings["TAP_CLICKUP_API_TOKEN"] = "pk_1_WRONGWRONGWRONG"  # noqa: S105 - not a real token
    run = pipeline.run(*SYNC)
    assert run.returncode == 1
    assert "401 Unauthorized: the token is wrong, expired or was regenerated" in run.stderr
    assert "My Settings > Apps" in run.stderr
    assert checksums(database) == before


SCHEMA = {"properties": {"id": {"type": "integer"}}}
THING = {"type": "SCHEMA", "stream": "s", "key_properties": ["id"], "schema": SCHEMA}
REMOTE = {**THING, "schema": {"properties": {"id": {"$ref": "http://127.0.0.1:1/elsewhere"}}}}
BAD = {"type": "RECORD", "stream": "s", "record": {"id": "one"}}


@pytest.mark.parametrize(
    ("lines", "settings", "message"),
    [
        ([THING, BAD], {}, "1 record was rejected, all others were loaded"),
        ([THING], {"STORE_URL": "postgresql://127.0.0.1:1/x"}, "cannot connect to the store at"),
        ([THING], {"STORE_URL": "nonsense"}, "store_url: not a PostgreSQL address"),
        ([THING], {"BATCH_SIZE_ROWS": "0"}, "batch_size_rows: expected at least 1"),
        (["not JSON"], {}, "line 1: not JSON"),
        ([BAD], {}, "A record for stream 's' was encountered before a corresponding schema"),
        ([{**THING, "schema": {**SCHEMA, "type": "strange"}}], {}, "not a JSON Schema"),
        ([{**THING, "schema": None}], {}, "line 1: SCHEMA without a valid 'schema'"),
        ([{**THING, "schema": {}}], {}, "line 1: the schema of s has no properties"),
        ([{**THING, "key_properties": "id"}], {}, "line 1: the key_properties of s are not a"),
        ([{"type": "RECORD", "record": {"a": "secret"}}], {}, "line 1: RECORD without a valid"),
        ([THING, {**BAD, "record": None}], {}, "line 2: RECORD without a valid 'record'"),
        ([{"type": ["RECORD"]}], {}, "line 1: not a Singer message of a known type"),
        (["[" * 3000 + "]" * 3000], {}, "line 1: nested too deeply"),
        ([REMOTE], {}, "not a JSON Schema"),
        ([THING], {"TASK_ID_PREFIX": ""}, "task_id_prefix: expected text that is not empty"),
        ([THING], {"STORE_URL": "postgresql://u:sec@ret@127.0.0.1:1/x"}, "write @ : / in user"),
        ([THING], {"STORE_URL": "postgresql://u:secr/et@127.0.0.1:1/x"}, "store_url: "),
    ],
)
def test_bad_input_to_the_target_is_one_clear_line(
    pipeline: Pipeline, lines: list[object], settings: dict[str, str], message: str
) -> None:
    pipeline.settings |= {f"TARGET_PANDEV_{name}": value for name, value in settings.items()}
    messages = pipeline.folder / "messages"
    messages.write_text(
        "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines),
        encoding="utf-8",
    )
    run = pipeline.run("target-pandev", "--config=ENV", "--input", str(messages))
    assert run.returncode == 1
    (error,) = [line for line in run.stderr.splitlines() if "CRITICAL" in line]
    assert message in error
    assert "Traceback" not in run.stderr
    assert "sec" not in error.replace("seconds", "")


def test_every_plugin_describes_all_of_its_settings(pipeline: Pipeline) -> None:
    for command in ("tap-clickup", "tap-git", "tap-ide", "target-pandev"):
        about = json.loads(pipeline.run(command, "--about", "--format=json").stdout)
        settings = about["settings"]["properties"]
        assert settings
        assert [name for name in settings if not settings[name].get("description")] == []

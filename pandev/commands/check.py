"""The command `pandev check`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import click

from clickup_receiver.project_options import find_project
from pandev.connection import Problem, check_connection
from pandev.console import format_option, print_facts, print_json, print_problem, print_table
from pandev.effective_settings import find_unknown_variables
from pandev.project_settings import ClickUpCommand
from pandev.report.values import printable
from pandev.store_options import store_options, store_settings
from pandev.tap_config import quiet_context, read_tap_config
from tap_clickup.access import ROLE_LIMITS, SEE_UNSHARED
from tap_clickup.errors import ClickUpError
from target_pandev.errors import StoreError
from target_pandev.open_store import check_store

if TYPE_CHECKING:
    from clickup_receiver.meltano_project import MeltanoProject
    from pandev.connection import ConnectionCheck, WorkspaceAccess
    from target_pandev.database import WriteCheck
    from target_pandev.open_store import StoreSettings

BROKEN: Final = 1
POLLING_ONLY: Final = 3
PLANS: Final = {
    100: "Free, Unlimited or Business plan",
    1_000: "Business Plus plan",
    10_000: "Enterprise plan",
}
"""The plans by their limit of requests per minute.

https://developer.clickup.com/docs/rate-limits
"""
RESULTS: Final = {
    0: "all is well",
    BROKEN: "something is broken, see below",
    POLLING_ONLY: "works by polling only, see below",
}


@click.command("check", cls=ClickUpCommand)
@store_options
@format_option
@click.pass_context
def check(context: click.Context, /, output_format: str, **store: str | None) -> None:
    """Check the connection to ClickUp, the token's rights and the store.

    Shows whose token it is, each workspace with the role of that user and what that role may not
    do, the rate limit of the plan, and whether a load could write to the store. Nothing is changed,
    and the token is never shown. Problems are on stderr, with a remedy in each line.

    Exit codes: 0 all is well, 1 something is broken, 3 changes come by polling only, because the
    token's user may not create webhooks.
    """
    problems: list[Problem] = []
    connection = _check_clickup(find_project(context), problems)
    settings = store_settings(store)
    write_check = None
    try:
        write_check = check_store(settings)
        store_text = _describe_store(settings, write_check)
    except StoreError as error:
        store_text = "not usable"
        problems.append(Problem("error", "store", str(error), ""))
    exit_code = _exit_code(problems)
    if output_format == "json":
        print_json(_as_json(exit_code, connection, problems, write_check))
    else:
        _print(RESULTS[exit_code], connection, store_text)
        for problem in problems:
            note = "note: " if problem.severity == "note" else ""
            print_problem(note + printable(str(problem)))
    sys.exit(exit_code)


def _check_clickup(
    project: MeltanoProject | None, problems: list[Problem]
) -> ConnectionCheck | None:
    """Return the result, and add the problems; None if there is none but a problem."""
    try:
        config = read_tap_config(project)
        problems += [
            Problem("note", variable, "there is no setting of this name", "see pandev settings")
            for variable in find_unknown_variables(project)
        ]
        if not config["enabled"]:
            problems.append(
                Problem("note", "enabled", "is false, so runs read nothing", "run pandev enable")
            )
        connection = check_connection(quiet_context(config))
    except ClickUpError as error:
        problems.append(Problem("error", "ClickUp", str(error), ""))
        return None
    problems += connection.problems
    return connection


def _exit_code(problems: list[Problem]) -> int:
    severities = {problem.severity for problem in problems}
    if "error" in severities:
        return BROKEN
    return POLLING_ONLY if "polling only" in severities else 0


def _describe_store(settings: StoreSettings, write_check: WriteCheck | None) -> str:
    place = "at store_url" if settings.url else f"in {settings.path}"
    if write_check is None:
        return f"the first load will create it {place}"
    state = ""
    if write_check.schema_version is None:
        state = "; the first load will create the tables"
    elif write_check.schema_version < write_check.newest_version:
        state = "; the next load will update the tables"
    version = write_check.server_version
    return f"PostgreSQL {version} {place}, schema {settings.schema}: writable{state}"


def _print(result: str, connection: ConnectionCheck | None, store_text: str) -> None:
    facts = {"result": result}
    if connection:
        facts["user"] = printable(str(connection.user))
        facts["rate limit"] = _describe_limit(connection.requests_per_minute)
    print_facts({**facts, "store": store_text})
    if connection and connection.workspaces:
        click.echo()
        labels = ("workspace", "name", "role", "webhooks", "time of others", "spaces")
        print_table(labels, [_row(workspace) for workspace in connection.workspaces])


def _describe_limit(requests_per_minute: int | None) -> str:
    if requests_per_minute is None:
        return "not reported by ClickUp"
    plan = PLANS.get(requests_per_minute)
    return f"{requests_per_minute:,} requests per minute" + (f" ({plan})" if plan else "")


def _row(workspace: WorkspaceAccess) -> tuple[str, ...]:
    rights = ["not allowed" if limit in workspace.cannot else "allowed" for limit in ROLE_LIMITS]
    if workspace.role is None:
        rights = ["not known" for _ in ROLE_LIMITS]
    name = printable(workspace.name or "")
    role = workspace.role or "not reported"
    return workspace.id, name, role, *rights, _describe_spaces(workspace)


def _describe_spaces(workspace: WorkspaceAccess) -> str:
    """Return how many spaces are selected; a guest sees only those that are shared."""
    if not workspace.is_selected:
        return "not selected"
    if workspace.space_count is None:
        return "not known"
    is_guest = SEE_UNSHARED in workspace.cannot
    return f"{workspace.space_count:,} {'shared' if is_guest else 'selected'}"


def _as_json(
    exit_code: int,
    connection: ConnectionCheck | None,
    problems: list[Problem],
    write_check: WriteCheck | None,
) -> dict[str, Any]:
    clickup = None
    if connection:
        clickup = asdict(connection)
        del clickup["problems"]
    return {
        "exit_code": exit_code,
        "clickup": clickup,
        "store": None if write_check is None else asdict(write_check),
        "problems": [asdict(problem) for problem in problems],
    }

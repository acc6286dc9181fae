"""The commands `pandev scopes`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from clickup_receiver.meltano_project import settings_folder
from clickup_receiver.project_options import ProjectGroup, find_project
from pandev.connection import check_connection, require_access
from pandev.console import (
    format_option,
    print_facts,
    print_json,
    print_problem,
    print_result,
    print_table,
)
from pandev.env_settings import describe_env_file, save_settings
from pandev.report.values import printable
from pandev.scope_selection import (
    describe_scope,
    deselect,
    find_scope,
    forget_hidden,
    is_selected,
    select,
    select_only,
)
from pandev.scope_tree import read_tree
from pandev.tap_config import quiet_context, read_tap_config
from tap_clickup.selection import Selection
from tap_clickup.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clickup_receiver.meltano_project import MeltanoProject
    from pandev.console import OutputFormat
    from pandev.scope_tree import ScopeTree, Space, WorkspaceTree

INDENT = "  "
NEXT_STEP = (
    "run pandev connect if webhooks are registered: those that cover more than the selection are "
    "ignored until then. The next run reads what was added, back to the start date. Rows of what "
    "was deselected stay in the store and are no longer updated"
)


@click.group(
    "scopes",
    cls=ProjectGroup,
    invoke_without_command=True,
)
@click.pass_context
def scope_commands(context: click.Context) -> None:
    """List the workspaces, spaces and folders that the token sees, and select what is read.

    Without a command, lists them.
    """
    if context.invoked_subcommand is None:
        context.invoke(list_scopes, output_format="text")


@scope_commands.command("list", short_help="List everything that the token sees.")
@format_option
@click.pass_context
def list_scopes(context: click.Context, output_format: str) -> None:
    """List workspaces, spaces and folders with their ids, and whether they are selected.

    Spaces of which the token's user is not a member are not visible, and are not read.

    Exit codes: 0 listed, 1 something could not be read.
    """
    config = read_tap_config(find_project(context))
    selection = Selection.from_config(config)
    tree = read_tree(config, with_folders=True)
    if output_format == "json":
        print_json(_as_json(selection, tree))
    else:
        print_table(("kind", "id", "name", "selected"), _rows(selection, tree))
        click.echo()
        print_facts({"selected": _describe(selection, tree)})
    for hidden in sorted(_hidden_ids(selection, tree)):
        print_problem(
            f"{hidden}: selected and not visible to the token; make its user a member, or run "
            f"pandev scopes deselect {hidden}"
        )
    _exit_if_incomplete(tree)


@scope_commands.command("select", short_help="Select workspaces or spaces.")
@click.argument("scopes", nargs=-1, metavar="[ID_OR_NAME]...")
@click.option("--only", is_flag=True, help="Deselect everything else.")
@click.option("--all", "everything", is_flag=True, help="Select everything, also what is new.")
@format_option
@click.pass_context
def select_scopes(
    context: click.Context,
    scopes: tuple[str, ...],
    *,
    only: bool,
    everything: bool,
    output_format: OutputFormat,
) -> None:
    """Select workspaces or spaces, by id or by a name that only one of them has.

    As long as nothing is selected, everything is read. So what is selected first restricts reading
    to it, and what is selected later is added. The selection is saved in .env once a check of the
    connection has passed.

    Exit codes: 0 selected, 1 refused, nothing is saved.
    """
    if everything == bool(scopes):
        raise click.UsageError("give ids or names, or --all")
    project = find_project(context)
    config = read_tap_config(project)
    before = Selection.from_config(config)
    tree = read_tree(config, with_folders=False)
    chosen = [find_scope(tree, text) for text in scopes]
    after = Selection() if everything or only else before
    if only:
        after = select_only(chosen, tree)
    else:
        for scope in chosen:
            after = select(after, scope, tree)
    if after == before and chosen:
        names = ", ".join(describe_scope(scope) for scope in chosen)
        text = f"selected already: {printable(names)}; to read nothing else, use --only"
        print_result(output_format, _changed_as_json(before, saved_in=None), text)
        return
    _save(project, config, after, tree, output_format)


@scope_commands.command("deselect", short_help="Deselect workspaces or spaces.")
@click.argument("scopes", nargs=-1, required=True, metavar="ID_OR_NAME...")
@format_option
@click.pass_context
def deselect_scopes(
    context: click.Context, scopes: tuple[str, ...], output_format: OutputFormat
) -> None:
    """Deselect workspaces or spaces, by id or by a name that only one of them has.

    If everything was selected, all the others are selected by their ids: spaces that are created
    later are not read then. The last one cannot be deselected.

    Exit codes: 0 deselected, 1 refused, nothing is saved.
    """
    project = find_project(context)
    config = read_tap_config(project)
    before = selection = Selection.from_config(config)
    tree = read_tree(config, with_folders=False)
    for text in scopes:
        without_hidden = forget_hidden(selection, text, tree)
        if without_hidden is not None:
            selection = without_hidden
            continue
        scope = find_scope(tree, text)
        if not is_selected(selection, scope):
            print_problem(f"not selected: {printable(describe_scope(scope))}")
            continue
        selection = deselect(selection, scope, tree)
    if selection == before:
        print_result(output_format, _changed_as_json(before, saved_in=None), "nothing is changed")
        return
    _save(project, config, selection, tree, output_format)


def _save(
    project: MeltanoProject | None,
    config: Mapping[str, Any],
    after: Selection,
    tree: ScopeTree,
    output_format: OutputFormat,
) -> None:
    """Save a selection if a check passes with it. Raises `CommandError`."""
    values = {"workspace_ids": list(after.workspace_ids), "space_ids": sorted(after.space_ids)}
    require_access(check_connection(quiet_context({**config, **values})))
    before = Selection.from_config(config)
    changed = {
        f"TAP_CLICKUP_{name.upper()}": json.dumps(value)
        for name, value in values.items()
        if sorted(value) != sorted(getattr(before, name))
    }
    folder = settings_folder(project)
    save_settings(folder, changed)
    file = describe_env_file(folder)
    print_result(
        output_format,
        _changed_as_json(after, saved_in=file),
        {"selected": _describe(after, tree), "saved in": file, "next": NEXT_STEP},
    )


def _changed_as_json(selection: Selection, *, saved_in: str | None) -> dict[str, object]:
    """Return what is selected now, and where that was saved; empty lists mean everything."""
    return {
        "workspace_ids": sorted(selection.workspace_ids),
        "space_ids": sorted(selection.space_ids),
        "saved_in": saved_in,
        "next": NEXT_STEP if saved_in else None,
    }


def _describe(selection: Selection, tree: ScopeTree) -> str:
    """Return how much of what is visible is selected."""
    if selection == Selection():
        return "everything, also what is created later"
    workspaces = [item for item in tree.workspaces if is_selected(selection, item)]
    spaces = [space for space in tree.spaces if is_selected(selection, space)]
    counted = (
        f"{len(spaces):,} of {format_count(len(tree.spaces), 'space')}, in {len(workspaces):,} of "
        f"{format_count(len(tree.workspaces), 'workspace')}"
    )
    later = "are" if not selection.space_ids else "are not"
    return f"{counted}; spaces that are created there later {later} read"


def _hidden_ids(selection: Selection, tree: ScopeTree) -> set[str]:
    """Return the selected ids that the token does not see, if all could be read."""
    if tree.failures:
        return set()
    visible = {scope.id for scope in tree.scopes}
    return {*selection.workspace_ids, *selection.space_ids} - visible


def _exit_if_incomplete(tree: ScopeTree) -> None:
    for failure in tree.failures:
        print_problem(printable(failure))
    if tree.failures:
        sys.exit(1)


def _rows(selection: Selection, tree: ScopeTree) -> Iterator[tuple[str, ...]]:
    for workspace in tree.workspaces:
        name = printable(workspace.name or "")
        yield "workspace", workspace.id, name, _yes_no(selection, workspace)
        for space in workspace.spaces:
            archived = " (archived)" if space.is_archived else ""
            name = INDENT + printable(space.name or "") + archived
            yield "space", space.id, name, _yes_no(selection, space)
            for folder in space.folders:
                indent = INDENT * (2 + folder.depth)
                yield "folder", folder.id, indent + printable(folder.name or ""), ""


def _yes_no(selection: Selection, scope: WorkspaceTree | Space) -> str:
    return "yes" if is_selected(selection, scope) else "no"


def _as_json(selection: Selection, tree: ScopeTree) -> dict[str, Any]:
    return {
        "workspaces": [
            {
                "id": workspace.id,
                "name": workspace.name,
                "is_selected": is_selected(selection, workspace),
                "spaces": [_space_as_json(selection, space) for space in workspace.spaces],
            }
            for workspace in tree.workspaces
        ],
        "hidden_ids": sorted(_hidden_ids(selection, tree)),
    }


def _space_as_json(selection: Selection, space: Space) -> dict[str, Any]:
    return {
        "id": space.id,
        "name": space.name,
        "is_archived": space.is_archived,
        "is_selected": is_selected(selection, space),
        "folders": [{"id": folder.id, "name": folder.name} for folder in space.folders],
    }

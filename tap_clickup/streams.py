"""One class a stream: its name, its key, and where its records come from."""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import SchemaDirectory, Stream, StreamSchema
from singer_sdk.helpers.conform import TypeConformanceLevel

from tap_clickup import records, schemas
from tap_clickup.client import ProtocolError
from tap_clickup.hierarchy import Reading
from tap_clickup.keyset import Keyset, MismatchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import RecordMessage

    from tap_clickup.tap import TapClickUp, Workspace

OVERLAP = timedelta(minutes=10)
"""How far a run reads again behind its bookmark: ClickUp's index may lag behind an edit."""
PASSES = {"live": False, "archived": True}
"""The readings of a workspace's tasks, by the value of ClickUp's `archived`."""
BACKFILL = timedelta(days=90)
"""How far the first run reads back where no start_date is set."""
SCHEMAS = SchemaDirectory(schemas)


class ClickUpStream(Stream):
    """A stream of one record after another from each selected workspace.

    A subclass gives `name`, `primary_keys` and `read`. An error in one workspace is reported by the
    stream's name and stops neither the other workspaces nor the other streams.
    """

    schema: ClassVar[StreamSchema[str]] = StreamSchema(SCHEMAS)
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # `records` makes what the schema declares
    _tap: TapClickUp
    _sent_at: datetime

    @abstractmethod
    def read(self, workspace: Workspace, context: Context | None) -> Iterator[Reading]:
        """Yield the stream's records of one workspace."""

    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:
        """Yield the records of the context's workspace, or of all."""
        for workspace in self._tap.workspaces:
            if context is None or context["workspace_id"] == workspace.id:
                yield from self._counted(workspace, context)

    def _counted(self, workspace: Workspace, context: Context | None) -> Iterator[dict[str, Any]]:
        with workspace.report.guard(f"stream {self.name}"):
            for reading in self.read(workspace, context):
                self._sent_at = reading.sent_at
                workspace.report.records[self.name] += 1
                yield reading.record

    def _generate_record_messages(self, record: dict[str, Any]) -> Iterator[RecordMessage]:  # type: ignore[override]
        """Date each record by its request: what was edited after that is not in it."""
        for message in super()._generate_record_messages(record):
            message.time_extracted = self._sent_at
            yield message


class Workspaces(ClickUpStream):
    """The selected workspaces."""

    name = "workspaces"
    primary_keys = ("id",)

    def read(self, workspace: Workspace, context: Context | None) -> Iterator[Reading]:  # noqa: ARG002
        """Yield the workspace itself."""
        yield Reading(records.workspace(workspace.team), workspace.sent_at)


class HierarchyStream(ClickUpStream):
    """What the walk over the hierarchy found under the stream's name."""

    primary_keys: tuple[str, ...] = ("workspace_id", "id")

    def read(self, workspace: Workspace, context: Context | None) -> Iterator[Reading]:  # noqa: ARG002
        """Yield what the walk found."""
        yield from workspace.hierarchy.readings[self.name]


class Spaces(HierarchyStream):
    """Spaces, live and archived."""

    name = "spaces"


class Folders(HierarchyStream):
    """Folders, live and archived."""

    name = "folders"


class Lists(HierarchyStream):
    """Lists, live and archived."""

    name = "lists"


class Statuses(HierarchyStream):
    """Statuses of spaces, and of folders and lists that override them."""

    name = "statuses"
    primary_keys = ("workspace_id", "scope_type", "scope_id", "status")


class Tasks(ClickUpStream):
    """Tasks and subtasks, open and closed, by `date_updated`."""

    name = "tasks"
    primary_keys = ("workspace_id", "id")
    replication_key = "date_updated"
    is_sorted = True
    check_sorted = False  # the overlap begins before the bookmark, on purpose
    STATE_MSG_FREQUENCY = 1_000
    _cursor = "live"
    _has_update = False

    @property
    def partitions(self) -> list[dict[str, Any]]:
        """One bookmark a workspace."""
        return [{"workspace_id": workspace.id} for workspace in self._tap.workspaces]

    def read(self, workspace: Workspace, context: Context | None) -> Iterator[Reading]:
        """Yield live tasks updated since their cursor, oldest update first, then archived ones.

        ClickUp answers live or archived tasks, never both, so each pass has a cursor of its own.
        Tasks of archived lists, folders and spaces are in neither: they follow, list by list.
        """
        space_ids = tuple(workspace.hierarchy.found_space_ids) if self._tap.space_ids else ()
        if self._tap.space_ids and not space_ids:
            return  # the selected spaces are in other workspaces
        for self._cursor, archived in PASSES.items():
            start = records.milliseconds(self.starts_at(context, self._cursor))
            keyset = Keyset(start, space_ids, archived)
            yield from self._read_all(workspace, keyset, path=f"/team/{workspace.id}/task")
        yield from self._read_archives(workspace, context)

    def _read_archives(self, workspace: Workspace, context: Context | None) -> Iterator[Reading]:
        """Yield the tasks of archived lists, once as long as the same lists are archived."""
        state, hierarchy = self.get_context_state(context), workspace.hierarchy
        if state.get("archives") == hierarchy.archives_digest:
            return
        self._cursor, gaps = "", len(workspace.report.gaps)
        start = records.milliseconds(records.parsed(state["start_date"]))
        for list_id in hierarchy.archives:
            for archived in PASSES.values():
                with workspace.report.guard(f"tasks of archived list {list_id}"):
                    keyset = Keyset(start, (), archived)
                    yield from self._read_all(workspace, keyset, path=f"/list/{list_id}/task")
        if len(workspace.report.gaps) == gaps:
            state["archives"] = hierarchy.archives_digest

    def _read_all(self, workspace: Workspace, keyset: Keyset, *, path: str) -> Iterator[Reading]:
        while question := keyset.question:
            answer = self._tap.client.get(path, question.params, expect="tasks")
            try:
                for task in keyset.answered(
                    answer.body["tasks"], last_page=answer.body.get("last_page")
                ):
                    workspace.people.update({str(u["id"]): u for u in records.people(task)})
                    self._has_update = bool(task.get("date_updated"))
                    record = records.task(task, workspace_id=workspace.id)
                    yield Reading(record, answer.sent_at)
            except MismatchError as error:
                raise ProtocolError(f"GET {path}: {error}") from error
        if keyset.stopped_short:
            self.logger.warning(
                "workspace %s: ClickUp promised further tasks and sent none", workspace.id
            )

    def starts_at(self, context: Context | None, name: str) -> datetime:
        """Return from when a pass reads: its cursor less an overlap, else the start date.

        The start of the first run is kept in the state, so that later runs do not move it.
        """
        state = self.get_context_state(context)
        now = datetime.now(UTC)
        start = self.config.get("start_date") or (now - BACKFILL).isoformat(timespec="milliseconds")
        first = records.parsed(state.setdefault("start_date", start))
        cursors = state.setdefault("cursors", {})
        if name not in cursors:
            return first
        at = records.parsed(cursors[name])
        if at > now:
            self.logger.warning("the cursor %s lies in the future, reading from now", cursors[name])
            at = now
        cursors[name] = at.astimezone(UTC).isoformat(timespec="milliseconds")
        return max(first, at - OVERLAP)

    def _increment_stream_state(
        self, latest_record: dict[str, Any], *, context: Context | None = None
    ) -> None:
        """Move the pass's cursor to a task's update: forward only, and to no other date of a task.

        The bookmark that Singer's tools show is the smaller of the cursors.
        """
        state = self.get_context_state(context)
        updated = latest_record["date_updated"] or ""
        if self._cursor and self._has_update and updated > state["cursors"].get(self._cursor, ""):
            state["cursors"][self._cursor] = updated
            state["replication_key"] = self.replication_key
            state["replication_key_value"] = min(state["cursors"].values())


class Users(ClickUpStream):
    """Members of the workspaces, and people seen on tasks who have left."""

    name = "users"
    primary_keys = ("workspace_id", "id")

    def read(self, workspace: Workspace, context: Context | None) -> Iterator[Reading]:  # noqa: ARG002
        """Yield the members, then those whom only tasks name."""
        members = {str(m["user"]["id"]): m["user"] for m in workspace.team.get("members") or ()}
        for user in members.values():
            yield Reading(records.member(user, workspace_id=workspace.id), workspace.sent_at)
        for user_id, user in sorted(workspace.people.items()):
            if user_id not in members:
                record = records.former_member(user, workspace_id=workspace.id)
                yield Reading(record, workspace.sent_at)


class SyncRuns(ClickUpStream):
    """The run itself; the last stream, so that it can tell of all others."""

    name = "sync_runs"
    primary_keys = ("workspace_id", "source", "started_at")

    def read(self, workspace: Workspace, context: Context | None) -> Iterator[Reading]:  # noqa: ARG002
        """Yield what was read, asked and refused."""
        report, traffic = workspace.report, self._tap.client.traffic
        finished_at = datetime.now(UTC)
        record = {
            "workspace_id": workspace.id,
            "source": "tap-clickup",
            "started_at": report.started_at.isoformat(timespec="milliseconds"),
            "finished_at": finished_at.isoformat(timespec="milliseconds"),
            "complete": not report.gaps,
            "records": dict(report.records),
            "requests": traffic.requests,
            "retries": traffic.retries,
            "waited_seconds": round(traffic.waited_seconds, 3),
            "refused": [{"what": gap.what, "why": gap.why} for gap in report.gaps],
        }
        yield Reading(record, finished_at)

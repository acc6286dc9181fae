"""The base classes of the streams, which yield the records of one workspace after another."""

from __future__ import annotations

import math
import time
from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, cast

from singer_sdk import SchemaDirectory, StreamSchema

from tap_base.streams import BaseStream
from tap_clickup import schemas
from tap_clickup.errors import ScopeError
from tap_clickup.extracted import ExtractedRecord
from tap_clickup.read_scope import ReadScope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import Message

    from tap_clickup.fields import Fields
    from tap_clickup.hierarchy import Hierarchy
    from tap_clickup.read_scope import ScopeConditions
    from tap_clickup.sync import HasSyncContext, SyncContext
    from tap_clickup.workspace import Workspace

RequestTarget: TypeAlias = "tuple[str, Sequence[tuple[str, str]]]"
"""The path of a request, and its query parameters."""
SCHEMAS = SchemaDirectory(schemas)
STATE_INTERVAL_SECONDS = 0.5
"""A burst of requests may be followed by a minute of waiting for the rate limit; of such a burst no
more than this is read again after an interruption."""


class ClickUpStream(BaseStream):
    """A stream of the records of each selected workspace.

    A subclass defines `name`, `primary_keys` and `read`. An error in one workspace is reported with
    the stream's name and stops neither the other workspaces nor the other streams.
    """

    schema: ClassVar[StreamSchema[str]] = StreamSchema(SCHEMAS)

    @property
    def sync_context(self) -> SyncContext:
        """What the streams of this run share. Named so since the SDK has a method `sync`."""
        return cast("HasSyncContext", self._tap).sync_context

    @abstractmethod
    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the stream's records of one workspace."""

    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:
        """Yield the records of the context's workspace, or of all workspaces."""
        for workspace in self.sync_context.workspaces:
            if context is None or context["workspace_id"] == workspace.id:
                yield from self._count_records(workspace)

    def _count_records(self, workspace: Workspace) -> Iterator[dict[str, Any]]:
        counts = workspace.report.records
        earlier_reads = len(workspace.completed_reads)
        with workspace.report.capture_errors(f"stream {self.name}"):
            for extracted in self.read(workspace):
                self._extracted_at = extracted.extracted_at
                counts[self.name] += 1
                yield extracted.record
                self.sync_context.on_record()
        for completed_read in workspace.completed_reads[earlier_reads:]:
            self._validate_scope(completed_read.scope)

    def _validate_scope(self, scope: ReadScope) -> None:
        """Raise `ScopeError` if the scope does not fit the stream's name, key and schema."""
        if scope.stream != self.name:
            raise ScopeError(f"stream {self.name}: its ReadScope names the stream {scope.stream}")
        key = scope.key_properties
        if {*key, "workspace_id"} != {*self.primary_keys, "workspace_id"}:
            raise ScopeError(
                f"stream {self.name}: key_properties of its ReadScope are ({', '.join(key)}); "
                f"expected those of primary_keys ({', '.join(self.primary_keys)}), with or without "
                "workspace_id"
            )
        conditions = {"workspace_id", *scope.conditions}
        if unknown := conditions - self.schema["properties"].keys():
            raise ScopeError(
                f"stream {self.name}: a condition of its ReadScope is on {', '.join(unknown)}, "
                "which is not in its schema"
            )

    def messages(self, extracted_records: Iterable[ExtractedRecord]) -> Iterator[Message]:
        """Yield the stream's SCHEMA and a RECORD for each record, as a run of the tap would."""
        yield from self._generate_schema_messages()
        for extracted in extracted_records:
            self._extracted_at = extracted.extracted_at
            yield from self._generate_record_messages(extracted.record)


class SingleResponseStream(ClickUpStream):
    """A stream of all objects of a workspace, which ClickUp returns in one response.

    It costs a request per run: no webhook reports changes of these objects.
    """

    primary_keys: tuple[str, ...] = ("workspace_id", "id")
    response_key: ClassVar[str]

    @abstractmethod
    def request_target(self, workspace: Workspace) -> RequestTarget:
        """Return the path and the parameters of the request."""

    @abstractmethod
    def record(self, item: Fields, *, workspace_id: str) -> dict[str, Any]:
        """Return the record of an object."""

    def select(self, items: Sequence[Any], workspace: Workspace) -> Sequence[Any]:  # noqa: ARG002 - of a subclass
        """Return the objects of a response that belong to the workspace: all of them."""
        return items

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the objects. Without those of unreadable ids, no completed read is added."""
        path, params = self.request_target(workspace)
        client = self.sync_context.client
        response = client.get(path, params, required_key=self.response_key)
        converted = workspace.report.convert_all(
            self.name,
            self.select(response.body[self.response_key], workspace),
            partial(self.record, workspace_id=workspace.id),
            place=f"GET {path}",
        )
        for record in converted.values:
            yield ExtractedRecord(record, response.requested_at)
        if not converted.unidentified_count:
            ids = [*(record["id"] for record in converted.values), *converted.left_out_ids]
            scope = ReadScope(self.name, response.requested_at, {})
            workspace.add_completed_read(scope, [(object_id,) for object_id in ids])


class BookmarkedStream(ClickUpStream):
    """A stream with one bookmark per workspace, which its `read` saves in `workspace_state`."""

    check_sorted = False
    STATE_MSG_FREQUENCY = 1_000
    _state_written_at = -math.inf

    @property
    def partitions(self) -> list[dict[str, Any]]:
        """One partition per workspace."""
        return [{"workspace_id": workspace.id} for workspace in self.sync_context.workspaces]

    def workspace_state(self, workspace_id: str) -> dict[str, Any]:
        """Return a workspace's part of the stream's state, to read and to write."""
        return self.get_context_state({"workspace_id": workspace_id})

    def write_due_state(self) -> None:
        """Write a STATE, unless the last one was written here within the interval."""
        now = time.monotonic()
        if now - self._state_written_at >= STATE_INTERVAL_SECONDS:
            self._state_written_at = now
            self._write_state_message()

    def _increment_stream_state(
        self, latest_record: dict[str, Any], *, context: Context | None = None
    ) -> None:
        """Leave the bookmark to `read`, which knows what was read completely."""


class HierarchyStream(ClickUpStream):
    """A stream of objects in spaces, found by the walk over the hierarchy.

    Only a thorough walk over a space finds all of them, so deletions are derived only from those
    spaces, and only if all spaces were walked: what is missing in one may have moved to another.
    The contents of a deleted space are not marked individually: the space is.
    """

    primary_keys: tuple[str, ...] = ("workspace_id", "id")

    @abstractmethod
    def records(self, hierarchy: Hierarchy) -> list[ExtractedRecord]:
        """Return the stream's records after the walk."""

    def read(self, workspace: Workspace) -> Iterator[ExtractedRecord]:
        """Yield the objects that the walk has found."""
        hierarchy = workspace.hierarchy
        hierarchy.walk()
        records = self.records(hierarchy)
        yield from records
        if not (hierarchy.complete and hierarchy.walked_all_spaces):
            return
        if set(hierarchy.thorough_space_ids) == set(hierarchy.space_ids_found):
            self._add_completed_read(workspace, records, hierarchy.space_ids_found, name="all")
            return
        for space_id in hierarchy.thorough_space_ids:
            self._add_completed_read(workspace, records, [space_id], name=f"space {space_id}")

    def _add_completed_read(
        self,
        workspace: Workspace,
        records: list[ExtractedRecord],
        space_ids: list[str],
        *,
        name: str,
    ) -> None:
        conditions: ScopeConditions = {"space_id": {"in": space_ids}}
        scope = ReadScope(self.name, workspace.hierarchy.started_at, conditions, name=name)
        keys = [(row.record["id"],) for row in records if row.record["space_id"] in space_ids]
        workspace.add_completed_read(scope, keys)

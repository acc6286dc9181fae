"""Compare the objects of one stream with their rows, and count them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pandev.verification.causes import ComparedObject, ObjectKey
from pandev.verification.reads import no_reads, read_rejections, read_workspace_reads
from pandev.verification.result import StreamResult
from target_pandev.database import StoredObjects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pandev.verification.causes import Difference, LiveRecord, WorkspaceReads
    from pandev.verification.result import Extent, Verification
    from target_pandev.database import StoredRecord, StoreReader


class Comparer:
    """Adds to `result` how objects of a table differ; `compared` are those that were."""

    def __init__(
        self,
        reader: StoreReader,
        config: Mapping[str, Any],
        *,
        table: str,
        noun: str,
        result: Verification,
    ) -> None:
        self.stored = StoredObjects(reader, table)
        self.stream_result = StreamResult(noun)
        self.compared: set[ObjectKey] = set()
        self._reads = read_workspace_reads(reader, config)
        self._rejections = read_rejections(reader, table)
        self._result = result

    def sample(self, workspace_ids: Sequence[str], extent: Extent) -> list[ObjectKey]:
        """Return the keys of random rows, and count all rows."""
        self.stream_result.stored_count = self.stored.count(workspace_ids)
        sample = self.stored.sample(workspace_ids, extent.size, seed=extent.seed)
        return [self.key(*values) for values in sample]

    def key(self, workspace_id: str, object_id: str) -> ObjectKey:
        """Return the key of an object of this stream."""
        return ObjectKey(workspace_id, object_id, self.stream_result.noun)

    def read(self, key: ObjectKey) -> StoredRecord | None:
        """Return the row of an object as it is now."""
        return self.stored.read(key.workspace_id, key.id)

    def reads_of(self, workspace_id: str) -> WorkspaceReads:
        """Return when a workspace was read."""
        return self._reads.get(workspace_id) or no_reads()

    def compare(self, key: ObjectKey, live: LiveRecord, stored: StoredRecord | None) -> None:
        """Add how an object differs from its row, which was read before it."""
        self.compared.add(key)
        self.stream_result.compared += 1
        differences = self._find_causes(key, live, stored)
        self._result.differences += differences
        self.stream_result.equal += not differences

    def add_missing(self, key: ObjectKey, live: LiveRecord) -> None:
        """Add an object whose id is not stored, unless it was stored meanwhile."""
        stored = self.read(key)
        if key not in self.compared and (stored is None or stored.deleted_at):
            self._result.differences += self._find_causes(key, live, stored)

    def _find_causes(
        self, key: ObjectKey, live: LiveRecord, stored: StoredRecord | None
    ) -> list[Difference]:
        rejection = self._rejections.get((key.workspace_id, key.id))
        reads = self.reads_of(key.workspace_id)
        return ComparedObject(key, live, stored, reads, rejection).find_causes()

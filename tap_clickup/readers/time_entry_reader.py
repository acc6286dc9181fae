"""Slices of time entries, asked for by name of each person and checked against the question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tap_clickup import records
from tap_clickup.conversions import to_epoch_ms
from tap_clickup.errors import AccessDeniedError, BadRequestError, UnexpectedResponseError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tap_clickup.client import Client
    from tap_clickup.date_slices import Slice
    from tap_clickup.records import Json
    from tap_clickup.workspace import Workspace

MAX_ASSIGNEES_PER_REQUEST = 50
"""Most people of one request, which names them in its address."""
PRIVILEGED_ROLES = {1, 2}
"""The roles that see the time of others: owner and admin."""


@dataclass(frozen=True)
class TimeEntrySlice:
    """A slice: the records that may be kept, and the people on them.

    `user_ids` are those who were asked for. `requested_at` is of the first request.
    """

    slice: Slice
    records: list[dict[str, Any]]
    user_ids: list[str]
    seen_users: list[Json]
    requested_at: datetime


class TimeEntryReader:
    """Reads slices of one workspace; several threads may, at once.

    `space_ids` are the selected spaces, None for all; `task_id` asks for the time on one task.
    `denied_user_ids` are users whose time entries ClickUp denies; `without_location` are entries
    of which it is not known whether they are in a selected space.
    """

    def __init__(
        self,
        client: Client,
        workspace: Workspace,
        user_ids: Sequence[str],
        space_ids: Collection[str] | None,
        *,
        task_id: str | None = None,
    ) -> None:
        self.denied_user_ids: set[str] = set()
        self.without_location: set[str] = set()
        self._client = client
        self._workspace = workspace
        self._user_ids = tuple(user_ids)
        self._space_ids = space_ids
        self._task_id = task_id
        self._token_user_id = client.user_id
        self._seen: set[str] = set()
        self._others_seen = False

    @property
    def privileged(self) -> bool:
        """Whether the token's user sees the time of others."""
        return _role(self._workspace, self._token_user_id) in PRIVILEGED_ROLES

    @property
    def others_confirmed_visible(self) -> bool:
        """Whether others were seen: an ignored `assignee` would have shown nobody else."""
        return self.privileged and bool(self._seen - {self._token_user_id})

    @property
    def hidden_user_ids(self) -> set[str]:
        """The members whose time the token may not see."""
        hidden = {*self._workspace.members} - {self._token_user_id} - self._seen
        return set() if self.privileged else hidden

    def read(self, part: Slice) -> TimeEntrySlice:
        """Return the entries of a slice.

        Raises `UnexpectedResponseError` if they do not match the request.
        """
        requested_at = datetime.now(UTC)
        found: dict[str, Json] = {}
        asked: list[str] = []
        for first in range(0, len(self._user_ids), MAX_ASSIGNEES_PER_REQUEST):
            items, user_ids = self._ask(
                part, self._user_ids[first : first + MAX_ASSIGNEES_PER_REQUEST]
            )
            found |= {str(item["id"]): item for item in items if _starts_within(item, part)}
            asked += user_ids
        kept = [item for item in found.values() if self._is_selected(item)]
        return TimeEntrySlice(
            slice=part,
            records=[records.time_entry(item, workspace_id=self._workspace.id) for item in kept],
            user_ids=asked,
            seen_users=[item["user"] for item in kept if item.get("user")],
            requested_at=requested_at,
        )

    def _ask(self, part: Slice, asked: Sequence[str]) -> tuple[list[Json], list[str]]:
        """Return the entries of people, and of whom; without those that ClickUp refuses.

        It may refuse a request for the sake of one who has left. So members are asked for alone
        then, and who has left by halves until it is found.
        """
        user_ids = [one for one in asked if one not in self.denied_user_ids]
        if not user_ids:
            return [], []
        try:
            items = self._get(part, user_ids)
        except (BadRequestError, AccessDeniedError):
            members = [
                one for one in user_ids if one in {self._token_user_id, *self._workspace.members}
            ]
            former = [one for one in user_ids if one not in members]
            if not former:
                raise
            if len(user_ids) == 1:
                self.denied_user_ids |= set(former)
                return [], []
            middle = len(former) // 2
            parts = [members, former] if members else [former[:middle], former[middle:]]
            (first, of_first), (rest, of_rest) = (self._ask(part, some) for some in parts)
            return first + rest, of_first + of_rest
        self._check_people(part, user_ids, items)
        return items, user_ids

    def _get(self, part: Slice, user_ids: Sequence[str]) -> list[Json]:
        start, end = to_epoch_ms(part.start), to_epoch_ms(part.end)
        params = [
            ("start_date", str(start)),
            ("end_date", str(end)),
            ("assignee", ",".join(user_ids)),
            *([("task_id", self._task_id)] if self._task_id else []),
        ]
        path = f"/team/{self._workspace.id}/time_entries"
        items: list[Json] = self._client.get(path, params, required_key="data").body["data"]
        for item in items:
            at = item.get("start")
            if at is not None and not start <= int(at) <= end:
                raise UnexpectedResponseError(
                    f"GET {path}: entry {item['id']} began at {at}, asked were entries from "
                    f"{start} to {end}"
                )
            if self._task_id and records.task_id_of(item) != self._task_id:
                raise UnexpectedResponseError(
                    f"GET {path}: entry {item['id']} is not of task {self._task_id}, which alone "
                    "was asked for: task_id is ignored"
                )
        return items

    def _check_people(self, part: Slice, user_ids: Sequence[str], items: list[Json]) -> None:
        """Raise `UnexpectedResponseError` if entries belong to users that were not requested.

        An ignored `assignee` gives the own entries only, which may also be all there are. So where
        only own ones come, others are asked for alone, once.
        """
        found = _people(items)
        self._seen |= found
        if not self.privileged:
            return
        self._check(found, user_ids)
        others = [one for one in user_ids if one != self._token_user_id]
        if found == {self._token_user_id} and others and not self._others_seen:
            self._check(_people(self._get(part, others)), others)
        self._others_seen |= bool(found)

    def _check(self, found: set[str], asked: Sequence[str]) -> None:
        if unexpected := sorted(found - set(asked)):
            raise UnexpectedResponseError(
                f"GET /team/{self._workspace.id}/time_entries: entries of user {unexpected[0]}, "
                "who was not asked for: assignee is ignored"
            )

    def _is_selected(self, item: Json) -> bool:
        """Return whether an entry may be kept: with a selection only what lies in its spaces.

        Entries made on a phone show no place; those of a task that this run has read lie there.
        """
        if self._space_ids is None:
            return True
        if (space_id := (item.get("task_location") or {}).get("space_id")) is not None:
            return str(space_id) in self._space_ids
        task_id = records.task_id_of(item)
        if task_id and task_id not in self._workspace.synced_task_ids:
            self.without_location.add(str(item["id"]))
        return task_id in self._workspace.synced_task_ids


def _role(workspace: Workspace, user_id: str) -> int | None:
    return (workspace.members.get(user_id) or {}).get("role")


def _people(items: Sequence[Json]) -> set[str]:
    return {str(user["id"]) for item in items if (user := item.get("user"))}


def _starts_within(item: Json, part: Slice) -> bool:
    """Return whether an entry belongs to the slice: one that begins at its end does not."""
    return item.get("start") is None or int(item["start"]) < to_epoch_ms(part.end)

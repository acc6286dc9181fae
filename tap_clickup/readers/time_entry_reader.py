"""Read slices of time entries: request every user by id and validate the response.

ClickUp returns the entries of the token's own user unless other users are requested, and it
silently ignores a parameter that it does not understand.
https://developer.clickup.com/reference/gettimeentrieswithinadaterange
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from tap_clickup import records
from tap_clickup.bisect_requests import Accepted, request_with_bisection, split_in_half
from tap_clickup.conversions import plausible_ms, to_epoch_ms
from tap_clickup.errors import UnexpectedResponseError
from tap_clickup.fields import Fields
from tap_clickup.urls import api_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tap_clickup.client import Client
    from tap_clickup.date_slices import Slice
    from tap_clickup.fields import Json
    from tap_clickup.workspace import Workspace

MAX_ASSIGNEES_PER_REQUEST = 50
"""The ids are sent in the query string, whose length is limited."""
PRIVILEGED_ROLES = {1, 2}
"""The roles that see the time of other users: owner and admin."""


@dataclass(frozen=True)
class TimeEntrySlice:
    """The time entries of a slice as records, and the users on them.

    `left_out_ids` are entries that exist and are odd or lack a location. The slice `is_complete`
    unless an entry has no readable id. `user_ids` are the users whose entries were requested;
    `requested_at` is the time of the first request.
    """

    slice: Slice
    records: list[dict[str, Any]]
    left_out_ids: list[str]
    is_complete: bool
    user_ids: list[str]
    seen_users: list[Json]
    requested_at: datetime

    @property
    def entry_ids(self) -> list[str]:
        """The ids of all entries that exist."""
        return [*(record["id"] for record in self.records), *self.left_out_ids]


class TimeEntryReader:
    """Reads slices of one workspace. Thread-safe.

    `space_ids` are the selected spaces, None for all; with `task_id` only the entries of that task
    are read. `denied_user_ids` are users whose time entries ClickUp denies; `without_location` are
    entries for which it is unknown whether they are in a selected space.
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
        self._incomplete: set[Slice] = set()
        self._others_seen = False

    @property
    def privileged(self) -> bool:
        """Whether the token's user sees the time of other users."""
        return _role(self._workspace, self._token_user_id) in PRIVILEGED_ROLES

    @property
    def others_confirmed_visible(self) -> bool:
        """Whether entries of other users were seen: with `assignee` ignored there would be none."""
        return self.privileged and bool(self._seen - {self._token_user_id})

    @property
    def hidden_user_ids(self) -> set[str]:
        """The members whose time the token may not see."""
        hidden = {*self._workspace.members} - {self._token_user_id} - self._seen
        return set() if self.privileged else hidden

    def read(self, part: Slice) -> TimeEntrySlice:
        """Return the entries of a slice.

        Raises `UnexpectedResponseError` if they do not match the request.
        https://developer.clickup.com/reference/gettimeentrieswithinadaterange
        """
        requested_at = datetime.now(UTC)
        entries: dict[str, Json] = {}
        user_ids: list[str] = []
        for first in range(0, len(self._user_ids), MAX_ASSIGNEES_PER_REQUEST):
            batch = self._user_ids[first : first + MAX_ASSIGNEES_PER_REQUEST]
            for accepted in self._read_users(part, batch):
                user_ids += accepted.ids
                for entry in accepted.response:
                    if _starts_within(entry, part):
                        entries[Fields(entry).required_id] = entry
        selected = [entry for entry in entries.values() if self._is_selected(entry)]
        converted = self._workspace.report.convert_all(
            "time_entries",
            selected,
            lambda fields: records.time_entry(fields, workspace_id=self._workspace.id),
            place=f"GET {self._path}",
        )
        return TimeEntrySlice(
            slice=part,
            records=converted.values,
            left_out_ids=[*converted.left_out_ids, *(self.without_location & entries.keys())],
            is_complete=part not in self._incomplete,
            user_ids=user_ids,
            seen_users=[Fields(entry).object("user").payload for entry in selected],
            requested_at=requested_at,
        )

    @property
    def _path(self) -> str:
        return api_path("team", self._workspace.id, "time_entries")

    def _read_users(self, part: Slice, user_ids: Sequence[str]) -> Iterator[Accepted[list[Json]]]:
        """Yield the validated entries of users, except those whose entries ClickUp denies.

        Raises the error if ClickUp denies the entries of members.
        """
        outcomes = request_with_bisection(
            user_ids,
            partial(self._request_entries, part),
            split=self._split_users,
            excluded=self.denied_user_ids,
        )
        for outcome in outcomes:
            if isinstance(outcome, Accepted):
                self._validate_users(part, outcome.ids, outcome.response)
                yield outcome
            elif self._former_members(outcome.ids):
                self.denied_user_ids.update(outcome.ids)
            else:
                raise outcome.error

    def _former_members(self, user_ids: Sequence[str]) -> list[str]:
        members = {self._token_user_id, *self._workspace.members}
        return [user_id for user_id in user_ids if user_id not in members]

    def _split_users(self, user_ids: list[str]) -> list[list[str]]:
        """Separate members from former members, then halve the former members.

        Members are not split further: ClickUp rejects a request because of a former member only.
        """
        former = self._former_members(user_ids)
        members = [user_id for user_id in user_ids if user_id not in former]
        if members:
            return [members, former] if former else []
        return split_in_half(former)

    def _request_entries(self, part: Slice, user_ids: Sequence[str]) -> list[Json]:
        """Return the entries of users in a slice, validated by time and task.

        Entries without a readable id are left out.
        """
        start_ms = to_epoch_ms(part.start)
        end_ms = to_epoch_ms(part.end)
        params = [
            ("start_date", str(start_ms)),
            ("end_date", str(end_ms)),
            ("assignee", ",".join(user_ids)),
        ]
        if self._task_id:
            params.append(("task_id", self._task_id))
        items = self._client.get(self._path, params, required_key="data").body["data"]
        entries = self._identified(part, items)
        for entry in entries:
            entry_id = Fields(entry).id
            at = plausible_ms(entry.get("start"))
            if at is not None and not start_ms <= at <= end_ms:
                raise UnexpectedResponseError(
                    f"GET {self._path}: entry {entry_id} started at {at}, requested were entries "
                    f"from {start_ms} to {end_ms}"
                )
            if self._task_id and records.task_id_of(entry) != self._task_id:
                raise UnexpectedResponseError(
                    f"GET {self._path}: entry {entry_id} does not belong to the requested task "
                    f"{self._task_id}: the parameter task_id is ignored"
                )
        return entries

    def _identified(self, part: Slice, items: Sequence[Any]) -> list[Json]:
        """Return the entries with a readable id; name the others, which leave the slice open."""
        converted = self._workspace.report.convert_all(
            "time_entries", items, _payload, place=f"GET {self._path}"
        )
        if converted.unidentified_count:
            self._incomplete.add(part)
        return converted.values

    def _validate_users(
        self, part: Slice, user_ids: Sequence[str], entries: Sequence[Json]
    ) -> None:
        """Raise `UnexpectedResponseError` if entries belong to users that were not requested.

        With `assignee` ignored ClickUp returns only the token user's own entries, which may also
        be the only ones. So if only own entries are returned, other users are requested
        separately, once.
        """
        seen = _user_ids(entries)
        self._seen |= seen
        if not self.privileged:
            return
        self._check_requested(seen, user_ids)
        others = [user_id for user_id in user_ids if user_id != self._token_user_id]
        if seen == {self._token_user_id} and others and not self._others_seen:
            self._check_requested(_user_ids(self._request_entries(part, others)), others)
        self._others_seen |= bool(seen)

    def _check_requested(self, seen: set[str], user_ids: Sequence[str]) -> None:
        if unexpected := sorted(seen - set(user_ids)):
            raise UnexpectedResponseError(
                f"GET {self._path}: entries of user {unexpected[0]}, "
                "which were not requested: the parameter assignee is ignored"
            )

    def _is_selected(self, entry: Json) -> bool:
        """Return whether an entry is in a selected space.

        Entries made in ClickUp's mobile app have no location; they are in a selected space if this
        run has read their task.
        """
        if self._space_ids is None:
            return True
        fields = Fields(entry)
        if space_id := fields.object("task_location").identifier("space_id"):
            return space_id in self._space_ids
        task_id = records.task_id_of(fields)
        has_no_location = task_id or fields.odd_fields
        if has_no_location and task_id not in self._workspace.synced_task_ids:
            self.without_location.add(fields.required_id)
        return task_id in self._workspace.synced_task_ids


def _role(workspace: Workspace, user_id: str) -> int | None:
    return Fields(workspace.members.get(user_id, {})).integer("role")


def _user_ids(entries: Sequence[Json]) -> set[str]:
    users = [Fields(entry).object("user") for entry in entries]
    return {user.id for user in users if user.id}


def _payload(fields: Fields) -> Json:
    """Return an object with a readable id as it is. Raises `OddFieldError` for any other."""
    fields.required_id  # noqa: B018 - raises
    return fields.payload


def _starts_within(entry: Json, part: Slice) -> bool:
    """Return whether an entry belongs to the slice, whose end is exclusive."""
    at = plausible_ms(entry.get("start"))
    return at is None or at < to_epoch_ms(part.end)

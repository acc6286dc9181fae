"""Read slices of time entries: request every user by id and validate the response.

ClickUp returns the entries of the token's own user unless other users are requested, and it
silently ignores a parameter that it does not understand.
https://developer.clickup.com/reference/gettimeentrieswithinadaterange
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from tap_clickup import records
from tap_clickup.bisect_requests import Accepted, request_with_bisection, split_in_half
from tap_clickup.conversions import plausible_ms, to_epoch_ms
from tap_clickup.errors import UnexpectedResponseError
from tap_clickup.fields import Fields
from tap_clickup.packed import PackedRecords, pack
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
    """The time entries of a slice as records, and the users on them: of all users, or of some.

    `left_out_ids` are entries that exist and are odd or lack a location. The slice `is_complete`
    unless an entry has no readable id. `user_ids` are the users whose entries were requested;
    `requested_at` is the time of the first request.
    """

    slice: Slice
    records: PackedRecords
    record_ids: list[str]
    left_out_ids: list[str]
    is_complete: bool
    user_ids: list[str]
    seen_users: list[Json]
    requested_at: datetime

    @property
    def entry_ids(self) -> list[str]:
        """The ids of all entries that exist."""
        return [*self.record_ids, *self.left_out_ids]


@dataclass(frozen=True)
class _Response:
    """The entries of one response: records by id.

    `user_ids` are the users on all entries, `users` those on records.
    """

    requested_at: datetime
    records: dict[str, bytes] = field(default_factory=dict)
    left_out_ids: list[str] = field(default_factory=list)
    user_ids: set[str] = field(default_factory=set)
    users: dict[str, Json] = field(default_factory=dict)


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
        # Converted one at a time, large responses take less memory and no more time.
        self._converting = Lock()

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

    def is_complete(self, part: Slice) -> bool:
        """Whether all entries found in a slice so far have a readable id."""
        return part not in self._incomplete

    def read(self, part: Slice) -> TimeEntrySlice:
        """Return the entries of a slice.

        Raises `UnexpectedResponseError` if they do not match the request.
        https://developer.clickup.com/reference/gettimeentrieswithinadaterange
        """
        requested_at = datetime.now(UTC)
        parts = list(self.read_parts(part))
        return TimeEntrySlice(
            slice=part,
            records=PackedRecords(
                records.time_entry_properties(),
                (text for some in parts for text in some.records.texts),
            ),
            record_ids=[record_id for some in parts for record_id in some.record_ids],
            left_out_ids=[entry_id for some in parts for entry_id in some.left_out_ids],
            is_complete=self.is_complete(part),
            user_ids=[user_id for some in parts for user_id in some.user_ids],
            seen_users=[user for some in parts for user in some.seen_users],
            requested_at=requested_at,
        )

    def read_parts(self, part: Slice) -> Iterator[TimeEntrySlice]:
        """Yield the entries of a slice for the users of each request, and each entry once.

        Raises the same errors as `read`.
        """
        seen_ids: set[str] = set()
        for first in range(0, len(self._user_ids), MAX_ASSIGNEES_PER_REQUEST):
            batch = self._user_ids[first : first + MAX_ASSIGNEES_PER_REQUEST]
            for accepted in self._read_users(part, batch):
                response = accepted.response
                new_ids = [key for key in response.records if key not in seen_ids]
                some = TimeEntrySlice(
                    slice=part,
                    records=PackedRecords(
                        records.time_entry_properties(),
                        (response.records[entry_id] for entry_id in new_ids),
                    ),
                    record_ids=new_ids,
                    left_out_ids=response.left_out_ids,
                    is_complete=self.is_complete(part),
                    user_ids=accepted.ids,
                    seen_users=list(response.users.values()),
                    requested_at=response.requested_at,
                )
                seen_ids.update(some.entry_ids)
                yield some

    @property
    def _path(self) -> str:
        return api_path("team", self._workspace.id, "time_entries")

    @property
    def _request(self) -> str:
        return f"GET {self._path}"

    def _read_users(self, part: Slice, user_ids: Sequence[str]) -> Iterator[Accepted[_Response]]:
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
                self._validate_users(part, outcome.ids, outcome.response.user_ids)
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

    def _request_entries(self, part: Slice, user_ids: Sequence[str]) -> _Response:
        """Return the entries of users in a slice, validated by time and task.

        Entries without a readable id are named and left out, and leave the slice open.
        """
        params = [
            ("start_date", str(to_epoch_ms(part.start))),
            ("end_date", str(to_epoch_ms(part.end))),
            ("assignee", ",".join(user_ids)),
        ]
        if self._task_id:
            params.append(("task_id", self._task_id))
        items, requested_at = self._client.get_items(self._path, params, required_key="data")
        response = _Response(requested_at)
        convert = partial(self._read_entry, part, response)
        with self._converting:
            converted = self._workspace.report.convert_all(
                "time_entries", items, convert, place=self._request
            )
        if converted.unidentified_count:
            self._incomplete.add(part)
        response.left_out_ids.extend(converted.left_out_ids)
        return response

    def _read_entry(self, part: Slice, response: _Response, fields: Fields) -> None:
        """Add the record of an entry to a response, unless it is in another slice or not selected.

        Raises `OddFieldError` without a readable id.
        """
        entry_id, entry = fields.required_id, fields.payload
        self._validate_entry(part, entry_id, entry)
        user = Fields(entry).object("user")
        if user.id:
            response.user_ids.add(user.id)
        if not _starts_within(entry, part):
            return
        if not self._is_selected(entry):
            if entry_id in self.without_location:
                response.left_out_ids.append(entry_id)
            return
        if user.id:
            response.users[user.id] = user.payload
        record = records.time_entry(fields, workspace_id=self._workspace.id)
        response.records[entry_id] = pack(record)

    def _validate_entry(self, part: Slice, entry_id: str, entry: Json) -> None:
        """Raise `UnexpectedResponseError` if an entry is not in the slice or not of the task."""
        start_ms, end_ms = to_epoch_ms(part.start), to_epoch_ms(part.end)
        at = plausible_ms(entry.get("start"))
        if at is not None and not start_ms <= at <= end_ms:
            raise UnexpectedResponseError(
                f"{self._request}: entry {entry_id} started at {at}, requested were entries "
                f"from {start_ms} to {end_ms}"
            )
        if self._task_id and records.task_id_of(entry) != self._task_id:
            raise UnexpectedResponseError(
                f"{self._request}: entry {entry_id} does not belong to the requested task "
                f"{self._task_id}: the parameter task_id is ignored"
            )

    def _validate_users(self, part: Slice, user_ids: Sequence[str], seen: set[str]) -> None:
        """Raise `UnexpectedResponseError` if entries belong to users that were not requested.

        With `assignee` ignored ClickUp returns only the token user's own entries, which may also
        be the only ones. So if only own entries are returned, other users are requested
        separately, once.
        """
        self._seen |= seen
        if not self.privileged:
            return
        self._check_requested(seen, user_ids)
        others = [user_id for user_id in user_ids if user_id != self._token_user_id]
        if seen == {self._token_user_id} and others and not self._others_seen:
            self._check_requested(self._request_entries(part, others).user_ids, others)
        self._others_seen |= bool(seen)

    def _check_requested(self, seen: set[str], user_ids: Sequence[str]) -> None:
        if unexpected := sorted(seen - set(user_ids)):
            raise UnexpectedResponseError(
                f"{self._request}: entries of user {unexpected[0]}, "
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


def _starts_within(entry: Json, part: Slice) -> bool:
    """Return whether an entry belongs to the slice, whose end is exclusive."""
    at = plausible_ms(entry.get("start"))
    return at is None or at < to_epoch_ms(part.end)

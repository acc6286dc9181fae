"""The checks of `pandev doctor`, in the order in which they are shown."""

from __future__ import annotations

from typing import Final

from pandev.diagnosis import clickup, delivery, freshness, machine, store, webhooks
from pandev.diagnosis.check import Check

CHECKS: Final = (
    Check("token", "whether ClickUp accepts the token", clickup.check_token),
    Check("clock", "this machine's clock against ClickUp's", clickup.check_clock),
    Check("role", "what the token's user may not do", clickup.check_role),
    Check("access", "selected workspaces and spaces that the user sees", clickup.check_access),
    Check("clickapps", "ClickApps that are off", clickup.check_clickapps),
    Check("store", "whether the store can be read, and its versions", store.check_store),
    Check("back-fill", "the first read of each workspace", freshness.check_backfill),
    Check("last sync", "the age and the result of the last run", freshness.check_last_sync),
    Check("time entries", "access to tracked time", freshness.check_time_entries),
    Check("denied", "what ClickUp did not let the last run read", freshness.check_denied),
    Check("statuses", "statuses whose group is UNDEFINED", store.check_statuses),
    Check("rejected", "records that could not be loaded", store.check_rejected_records),
    Check("webhooks", "missing, failing and silent webhooks", webhooks.check_webhooks),
    Check("address", "the public address, as curl -I reaches it", delivery.check_public_address),
    Check("receiver", "clickup-receiver on this machine", delivery.check_receiver),
    Check("inbox", "dead letters and events that are not loaded", delivery.check_inbox),
    Check("disk", "free space of the store and the inbox", machine.check_disk),
    Check("versions", "Python, Meltano and this package", machine.check_versions),
    Check("files", "secrets that other users can read", machine.check_files),
)

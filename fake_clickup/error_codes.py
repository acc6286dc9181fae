"""The errors of ClickUp's API v2: `{"err": text, "ECODE": code}` with a status.

ClickUp's real responses in the cases of `PLACEHOLDER_ERRORS` are not known: a client may rely on
the class of their status, not on their code or text.
"""

from __future__ import annotations

ERRORS = {
    "APP_001": (404, "Route not found"),
    "APP_002": (429, "Rate limit reached"),
    "APP_405": (405, "Method not allowed"),
    "INPUT_003": (400, "validateListIDEx List ID invalid"),
    "OAUTH_017": (401, "Authorization header required"),
    "OAUTH_018": (401, "Oauth token not found"),
    "OAUTH_025": (401, "Token invalid"),
    "OAUTH_027": (401, "Team not authorized"),
    "OAUTH_056": (401, "Team not authorized"),
    "OAUTH_171": (400, "Webhook configuration already exists"),
    "PROJ_006": (404, "Space not found"),
    "PUBAPITASK_014": (400, "statuses must be an array"),
    "SHARD_031": (404, "Workspace not found"),
    "TIMEENTRY_064": (
        403,
        "Your plan is limited to {{limit}} usages of Advanced Time Tracking, {{usage}} usage.",
    ),
}
PLACEHOLDER_ERRORS = {
    "FEATURE_001": (400, "Time in status is not enabled"),
    "FEATURE_002": (400, "Too many task ids"),
    "BODY_001": (400, "A webhook needs an endpoint, events and, to change it, a status"),
    "BODY_002": (400, "A time entry needs a start and a duration, a change of tags its action"),
    "ROLE_001": (403, "Only owners and admins may make webhooks"),
    "ROLE_002": (403, "Only owners and admins may write the time of others"),
}


class ApiError(Exception):
    """The response to a request is the error of this code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.status, text = {**ERRORS, **PLACEHOLDER_ERRORS}[code]
        self.body = {"err": text, "ECODE": code}

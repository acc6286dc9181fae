"""What keeps the tap from reading."""

from __future__ import annotations


class ClickUpError(Exception):
    """What kept the tap from reading: one line that says what, where, and what to do."""


class ConfigurationError(ClickUpError):
    """A setting that cannot work. Nothing was sent."""


class InvalidTokenError(ClickUpError):
    """ClickUp does not accept the token."""


class AccessDeniedError(ClickUpError):
    """ClickUp refuses one object: it is gone, or hidden from the token's user."""


class ApiUnavailableError(ClickUpError):
    """ClickUp cannot be reached, or keeps failing."""


class UnexpectedResponseError(ClickUpError):
    """An answer is not what ClickUp's documentation promises."""


class BadRequestError(UnexpectedResponseError):
    """ClickUp does not take the question: a 4xx that is not about one object."""

    def __init__(self, what: str, *, ecode: str = "") -> None:
        super().__init__(what)
        self.ecode = ecode

"""What keeps the tap from reading."""

from __future__ import annotations


class ClickUpError(Exception):
    """What kept the tap from reading: one line that says what, where, and what to do."""


class SettingError(ClickUpError):
    """A setting that cannot work. Nothing was sent."""


class TokenError(ClickUpError):
    """ClickUp does not accept the token."""


class RefusedError(ClickUpError):
    """ClickUp refuses one object: it is gone, or hidden from the token's user."""


class UnavailableError(ClickUpError):
    """ClickUp cannot be reached, or keeps failing."""


class ProtocolError(ClickUpError):
    """An answer is not what ClickUp's documentation promises."""


class BadRequestError(ProtocolError):
    """ClickUp does not take the question: a 4xx that is not about one object."""

    def __init__(self, what: str, *, ecode: str = "") -> None:
        super().__init__(what)
        self.ecode = ecode

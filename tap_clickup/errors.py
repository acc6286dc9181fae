"""The errors of reading ClickUp: one tree, rooted in `ClickUpError`.

Their texts are one line each and never contain the token or any part of a response body.
"""

from __future__ import annotations


class ClickUpError(Exception):
    """The tap could not read: the text names what failed, where, and what to do."""


class ConfigurationError(ClickUpError):
    """A setting or the state is invalid. No request was sent."""


class FatalError(ClickUpError):
    """No request of the run can lead to a right result."""


class InvalidTokenError(FatalError):
    """ClickUp does not accept the token."""


class ClockError(FatalError):
    """The clock of this machine differs from ClickUp's, so times of reading would be wrong."""


class AccessDeniedError(ClickUpError):
    """ClickUp denies access to one object: it was deleted, or the token's user cannot see it."""


class OtherWorkspaceError(AccessDeniedError):
    """An object is not in the workspace in which it was expected."""


class ApiUnavailableError(ClickUpError):
    """ClickUp cannot be reached, or keeps failing."""


class UnexpectedResponseError(ClickUpError):
    """A response differs from ClickUp's documentation."""


class BadRequestError(UnexpectedResponseError):
    """ClickUp rejected the request: a 4xx that is not about one object. `ecode` is its code."""

    def __init__(self, summary: str, *, ecode: str = "") -> None:
        super().__init__(summary)
        self.ecode = ecode


class ScopeError(Exception):
    """A stream adds a scope that its own schema or key does not allow: a fault of its code.

    Outside the tree, so that it ends the run with a traceback, in a test of the stream too.
    """


UNEXPECTED_SHAPE_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""Raised by the conversion of an object that is not as documented."""


class OddFieldError(ValueError):
    """A field without which an object cannot be read, by its name."""


def unexpected_shape_error(error: Exception) -> UnexpectedResponseError:
    """Return the error for an object whose conversion raised `error`, without its content."""
    reason = str(error) if isinstance(error, OddFieldError) else type(error).__name__
    return UnexpectedResponseError(f"ClickUp sent an object of an unexpected shape ({reason})")

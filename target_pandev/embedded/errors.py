"""Errors of the embedded store."""


class EmbeddedError(Exception):
    """The embedded store cannot be used; one line with the cause, the place and the remedy."""

"""What the embedded store says when it cannot do its work."""


class EmbeddedError(Exception):
    """The embedded store cannot be used: one line that says what, where and what to do."""

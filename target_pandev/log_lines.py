"""Log records of one line: names in the messages of a tap cannot forge lines of the log."""

from __future__ import annotations

import logging

_CONTROL_CHARACTERS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
_ESCAPES = {code: f"\\x{code:02x}" for code in _CONTROL_CHARACTERS}


class OneLineRecord(logging.LogRecord):
    """A log record whose message has its control characters and line ends escaped."""

    def getMessage(self) -> str:  # noqa: N802 - of `LogRecord`
        """Return the message on one line."""
        return super().getMessage().translate(_ESCAPES)

"""Write Singer messages without a system call per message."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from singer_sdk.singerlib import RecordMessage

from tap_base.writer import MessageWriter

if TYPE_CHECKING:
    from singer_sdk.singerlib import Message


class BufferedWriter(MessageWriter):
    """Buffers RECORD messages; any other message flushes standard output.

    A STATE message is therefore written at once, after the records it covers.
    """

    def write(self, message: Message) -> None:
        """Write a message, and flush unless it is a RECORD."""
        sys.stdout.buffer.write(self.format_message(message))
        if not isinstance(message, RecordMessage):
            sys.stdout.flush()

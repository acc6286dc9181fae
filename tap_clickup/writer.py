"""Write Singer messages without a system call per message."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib import RecordMessage

if TYPE_CHECKING:
    from singer_sdk.singerlib import Message


class BufferedWriter(MsgSpecWriter):
    """Buffers RECORD messages; any other message flushes standard output.

    A STATE message is therefore written at once, after the records it covers.
    """

    def write_message(self, message: Message) -> None:
        """Write a message, and flush unless it is a RECORD."""
        sys.stdout.buffer.write(self.format_message(message))
        if not isinstance(message, RecordMessage):
            sys.stdout.flush()

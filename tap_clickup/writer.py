"""Writes messages without a system call for each of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib import RecordMessage

if TYPE_CHECKING:
    from singer_sdk.singerlib import Message


class BufferedWriter(MsgSpecWriter):
    """Records wait in the buffer of standard output until it is full; other messages send it off.

    So a STATE is never behind: what stands before it has been written before it.
    """

    def write_message(self, message: Message) -> None:
        """Write a message."""
        sys.stdout.buffer.write(self.format_message(message))
        if not isinstance(message, RecordMessage):
            sys.stdout.flush()

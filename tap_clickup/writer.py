"""Write Singer messages without a system call per message, until the target ends."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib import RecordMessage

if TYPE_CHECKING:
    from singer_sdk.singerlib import Message

logger = logging.getLogger("tap-clickup")


class BufferedWriter(MsgSpecWriter):
    """Buffers RECORD messages; any other message flushes standard output.

    A STATE message is therefore written at once, after the records it covers.
    """

    def write_message(self, message: Message) -> None:
        """Write a message, and flush unless it is a RECORD. Exits with 1 if the target has ended.

        The SDK would log any other exception with its traceback.
        """
        try:
            sys.stdout.buffer.write(self.format_message(message))
            if not isinstance(message, RecordMessage):
                sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the last flush
            logger.critical("the target has ended, its log says why; nothing more is read")
            sys.exit(1)

"""Write Singer messages until the target ends."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import MsgSpecWriter

if TYPE_CHECKING:
    from singer_sdk.singerlib import Message


class TargetEnded(SystemExit):
    """The target reads no further. Not an `Exception`, which the SDK would log with a traceback."""


class MessageWriter(MsgSpecWriter):
    """Writes each message at once."""

    def write_message(self, message: Message) -> None:
        """Write a message. Raises `TargetEnded`."""
        try:
            self.write(message)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the last flush
            raise TargetEnded(1) from None

    def write(self, message: Message) -> None:
        """Write a message to standard output, whose other end may be closed."""
        super().write_message(message)

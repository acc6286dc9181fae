"""Write Singer messages until the target ends."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import MsgSpecWriter

if TYPE_CHECKING:
    from singer_sdk.singerlib import Message

logger = logging.getLogger("tap-ide")


class TargetEnded(SystemExit):
    """The target reads no further."""


class MessageWriter(MsgSpecWriter):
    """Writes each message at once."""

    def write_message(self, message: Message) -> None:
        """Write a message. Exits with 1 if the target has ended."""
        try:
            super().write_message(message)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the last flush
            logger.critical("the target has ended, its log says why; nothing more is read")
            raise TargetEnded(1) from None

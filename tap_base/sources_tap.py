"""The base of a tap with several sources: those that cannot be read do not stop the others."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from tap_base.sources_context import Interruption, SourcesContext
from tap_base.tap import BaseTap
from tap_base.writer import MessageWriter, TargetEnded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class SourcesTap(BaseTap):
    """Reads what it can, then logs what could not be read and exits with 1.

    A signal ends it between two records, with the state and exit code 128 + its number.
    """

    message_writer_class = MessageWriter
    context_class: ClassVar[type[SourcesContext]]
    sync_context: SourcesContext

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Create the tap without opening any source."""
        self._interruption = Interruption()  # used by the signal handler that the SDK installs
        super().__init__(*args, **kwargs)
        self.sync_context = self.context_class(self.config, self._interruption)

    def sync_all(self) -> None:  # type: ignore[misc] # final in the SDK, which has no other hook
        """Validate the settings and read all streams."""
        with self._report_failures():
            super().sync_all()

    def run_connection_test(self) -> bool:  # type: ignore[misc] # final in the SDK, as above
        """Validate the settings and read one record of each stream (`--test`)."""
        with self._report_failures():
            return super().run_connection_test()

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 the SDK's signature
        self._interruption.request(signum)
        signal.signal(signum, signal.SIG_DFL)  # a second signal ends the process at once

    @contextmanager
    def _report_failures(self) -> Iterator[None]:
        try:
            self.sync_context.validate()
            yield
        except TargetEnded:
            raise
        except SystemExit:
            self.logger.warning("interrupted by a signal; the next run resumes from the last state")
            if self.state:
                self.state_writer.write_state(self.state)
            raise
        for failure in self.sync_context.failures:
            self.logger.error("%s", failure)
        if self.sync_context.failures:
            sys.exit(1)

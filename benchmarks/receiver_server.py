"""The receiver that the benchmark starts in a separate process: whole, or with a part replaced.

`python -m benchmarks.receiver_server VARIANT FOLDER` prints its port and serves until it is
terminated. `fed` is the whole receiver with a target that accepts everything.
"""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from clickup_receiver.feed.feeder import Feeder, SingerBatch
from clickup_receiver.http import group_commit
from clickup_receiver.http.app import Receiver
from clickup_receiver.http.server import bind_socket, build_server
from clickup_receiver.inbox.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickup_receiver.inbox.inbox import Delivery

SECRET = "BENCHMARK0SECRET"  # noqa: S105 - not a real secret
WEBHOOK_ID = "4b67ac88-e506-4a29-9d42-26e504e3435e"
WHOLE = "ours"
NO_INBOX = "no_inbox"
COMMIT_EACH = "commit_each"
FED = "fed"


class NoInbox(Inbox):
    """An inbox that stores nothing."""

    def add(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Report every delivery as new."""
        return [True] * len(deliveries)


def main() -> None:
    """Serve one variant."""
    variant = sys.argv[1]
    folder = Path(sys.argv[2])
    if variant == COMMIT_EACH:
        group_commit.MAX_GROUP_SIZE = 1
    inbox = (NoInbox if variant == NO_INBOX else Inbox)(
        folder / f"{variant}.sqlite", limit_bytes=2**40
    )
    stopped = Event()
    feeding = Thread(target=feed, args=(inbox, stopped))
    if variant == FED:
        feeding.start()
    receiver = Receiver(inbox, lambda webhook_id: (SECRET,) if webhook_id == WEBHOOK_ID else ())
    with bind_socket("127.0.0.1", 0) as socket:
        print(socket.getsockname()[1], flush=True)
        build_server(receiver.build_app()).run([socket])
    stopped.set()


def feed(inbox: Inbox, stopped: Event) -> None:
    """Load the inbox into a target that accepts everything, until the receiver is stopped."""
    feeder = Feeder(inbox, build_messages=lambda *_: SingerBatch([]), load=lambda _: None)
    while not stopped.wait(0.05):
        while feeder.feed() and not stopped.is_set():
            pass


if __name__ == "__main__":
    main()

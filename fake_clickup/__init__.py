"""A fake ClickUp: API v2 over HTTP on the loopback device, for tests, demo and benchmarks.

It imports no other package of this project, and no test: it must not know how a client reads it.
It follows ClickUp's documentation and recorded payloads, never the tap.

* Data: `model` (dataclasses and look-ups), `account` (an account that can be edited; `storage`,
  `task_edits`, `hierarchy_edits`, `time_entry_edits` and `webhook_edits` are its parts).
* Generated accounts: `generator` with awkward shapes for tests, `demo` with plausible names for
  people (`demo_names`), both made by `generator_hierarchy`, `generator_work`, `random_data`
  and `sizes`. `people` work on that of the demo.
* HTTP: `server` (sockets, faults), `routes` (paths), `access` (permissions), `rate_limit`,
  `error_codes`, `behaviour` (the settings of all of these), `cli` (the command).
* Requests: `task_query` and `search` (tasks), `time_entries`, `time_in_status`; those that write:
  `webhook_requests` and `time_entry_requests`, both with a `request_body`.
* Responses: `hierarchy`, `tasks`, `users`, `custom_fields`, `webhooks`.
* Webhooks: `webhook_events` (events of a change), `webhook_sender` (their delivery).
"""

from .account import Account
from .behaviour import Behaviour, Fault, Request
from .demo import generate_demo
from .generator import generate
from .people import MadeEdit, People
from .server import FakeClickUp
from .webhook_sender import WebhookSender

__all__ = [
    "Account",
    "Behaviour",
    "FakeClickUp",
    "Fault",
    "MadeEdit",
    "People",
    "Request",
    "WebhookSender",
    "generate",
    "generate_demo",
]

"""The benchmarks' own workspace can be generated; the runs themselves are `make bench-*`."""

from __future__ import annotations

from benchmarks.clickup_process import SPACES, generated_account


def test_the_workspace_of_the_extract_benchmark_has_its_sizes() -> None:
    (workspace,) = generated_account(300).workspaces
    archived = [task_list for task_list in workspace.lists.values() if task_list.archived]
    assert (len(workspace.spaces), len(workspace.tasks), len(archived)) == (SPACES, 300, SPACES)
    assert workspace.webhooks == {}


def test_the_spaces_that_a_webhook_covers_can_be_generated() -> None:
    (workspace,) = generated_account(300, 12, has_webhook=True).workspaces
    (webhook,) = workspace.webhooks.values()
    assert len(workspace.spaces) == 12
    assert (webhook.events, webhook.health, webhook.space_id) == (("*",), "active", None)

"""The benchmarks' own workspace can be generated; the runs themselves are `make bench-*`."""

from __future__ import annotations

from benchmarks.clickup_process import SPACES, generated_account
from benchmarks.hostile_goals import evaluate, format_table


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


def test_every_goal_of_the_hostile_benchmark_can_be_missed() -> None:
    """The figures of the unprotected application miss all of them."""
    attack = {
        "p99_ms": 1_000,
        "failures": 0,
        "memory_growth_mib": 50,
        "log_bytes_per_minute": 7_000,
    }
    worse = {
        "p99_ms": 7_000,
        "failures": 9,
        "memory_growth_mib": 400,
        "log_bytes_per_minute": 10**8,
    }
    for ours, cpu_ms, is_met in ((attack, 2, True), (worse, 152, False)):
        figures = {
            "attacks": {"idle": {"ours": ours, "unprotected": worse}},
            "cpu_ms_per_mib": {"1 MiB": {"ours": cpu_ms, "unprotected": 152}},
        }
        goals = evaluate(figures)
        assert [goal.met for goal in goals] == [is_met] * 5
        assert "idle: p99, ms" in format_table(figures, goals)

"""Write-back on a store on Citus: its statements."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pandev.worklogs.journal import Journal, only_writer
from pandev.worklogs.plan import build_plan
from pandev.worklogs.reading import read_facts, read_period
from pandev.worklogs.rules import WorklogRules
from tap_clickup.selection import Selection
from target_pandev.database import Store
from tests.pandev.worklog_store import fill
from tests.support.citus_rules import refused_forms
from tests.support.query_trees import collect_trees, printing_trees

if TYPE_CHECKING:
    import pytest


def test_write_back_sends_no_statement_that_citus_refuses(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database)
    rules = WorklogRules(days=2)
    trees = collect_trees(monkeypatch)
    with Store(printing_trees(database), schema="pandev") as store, only_writer(store):
        facts = read_facts(store, read_period(store, rules, date(2026, 3, 3)))
        created, adopted, *_ = [
            entry for entry in build_plan(facts, rules, Selection()) if entry.action == "create"
        ]
        journal = Journal(store)
        journal.store_plan([created])
        journal.adopt([adopted])
        journal.mark_sent(created)
        journal.mark_answered(created, "confirmed", written_ms=60_000, time_entry_id="7")
    assert any("worklog_entries" in tree for tree in trees)
    assert refused_forms(database, trees) == set()

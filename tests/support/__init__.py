"""Helpers that the tests of several packages share.

`clocks` has clocks that a test controls, `waiting` waits for a condition with a deadline,
`processes` stops and kills servers and processes by their id, `commands` runs a command in a process
that has imported it already, and `signals` restores signal handlers. `documents` reads the pages of docs/, `store_reference` draws docs/reference/store.md,
`dbt_sources` the sources of dbt, and `plugin_definitions` those that `meltano add` takes.
"""

"""Helpers that the tests of several packages share.

`clocks` has clocks that a test controls, `waiting` waits for a condition with a deadline,
`commands` runs our commands without their imports, also those that a command starts by
`command_client`, `processes` stops and kills servers and processes by their id, and `signals`
restores signal handlers. `passwords` makes log-ins to a test's server cheap. `documents` reads the
pages of docs/, `store_reference` draws docs/reference/store.md, `dbt_sources` the sources of dbt,
and `plugin_definitions` those that `meltano add` takes.
"""

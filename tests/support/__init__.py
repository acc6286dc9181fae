"""Helpers that the tests of several packages share.

`clocks` has clocks that a test controls, `waiting` waits for a condition with a deadline,
`processes` stops and kills servers and processes by their id, and `signals` restores signal
handlers. `documents` reads the pages of docs/, and `store_reference` draws docs/reference/store.md.
"""

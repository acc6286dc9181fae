"""The four inputs of the load benchmark, in the order in which they are loaded. Pure.

Each changes records of the one before: none, every tenth, all.
"""

from __future__ import annotations

FRESH = "fresh"
NONE = "none_changed"
TENTH = "tenth_changed"
ALL = "all_changed"
INPUTS = (FRESH, NONE, TENTH, ALL)
READ_SIZES = (10_000, 100_000, 1_000_000)
"""Numbers of keys in a completed read."""

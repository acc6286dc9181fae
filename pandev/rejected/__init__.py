"""Records that could not be loaded: what they are, and another attempt.

`objects` reads them from the store and decides which of them can be read one by one, `retry` reads
these from ClickUp and loads them, and `output` describes both.
"""

"""Kinds of charts, each a function that returns markup. They know neither rows nor requests.

`bars` draws counts, and `grid` draws days.
"""

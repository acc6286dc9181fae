"""Kinds of charts, each a function that returns markup. They know neither rows nor requests.

`scales` chooses ticks and `plot` draws the frame of `scatter` (points by day), `areas` (stacked, by
day) and `columns` (by week). `bars` draws horizontal bars, `grid` days and hours, and `legend`
explains colours.
"""

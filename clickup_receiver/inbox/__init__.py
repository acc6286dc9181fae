"""Deliveries that have been received and not loaded yet.

`events` parses a delivery into an event without free text, `inbox` stores events in SQLite.
"""

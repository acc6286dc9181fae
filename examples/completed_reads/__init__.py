"""Deletions for any Singer target: a filter that applies completed reads, in the standard library.

`mapper` is the filter and its command line, `memory` the rows that it has passed on, and `scopes`
decides which rows a completed read is about. docs/explained/completed-reads.md is the convention.
"""

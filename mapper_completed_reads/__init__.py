"""mapper-completed-reads: deletions for a target that does not know completed reads.

`mapper` is the Singer mapper, between a tap and its target. `rows` keeps what it passed on, and
`completed_reads` determines which of that a completed read is about.
docs/explained/completed-reads.md is the convention.
"""

"""Compare ClickUp's tasks and time entries with the stored ones. Only reads, at both ends.

`verifier` compares a sample and all ids, with a verifier for each stream: `task_verifier`, for
which `live_tasks` reads tasks, and `time_entry_verifier`. Both share `comparer`. `mapped_stream`
has what the tap would emit, `reads` when the workspaces were read. `fields` compares values,
`causes` decides why an object differs, `result` is what is returned: these are pure. `output`
describes the result.
"""

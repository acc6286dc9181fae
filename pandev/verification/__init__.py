"""Compare ClickUp's tasks with the stored ones. Only reads, at both ends.

`live_tasks` reads tasks as the tap would emit them, `fields` compares values, `causes` decides why
a task differs; the last two are pure. `reads` has when the workspaces were read, `verifier`
compares a sample and all ids, and `output` describes the result.
"""

"""The streams, one class each: its name, its key, and where its records come from.

`base` has the base classes. The streams are `workspaces`, `users`, `groups`, `spaces`, `folders`,
`lists`, `statuses`, `task_types`, `tasks`, `time_entries`, `sprints`, `time_in_status`, `webhooks`,
`task_changes` (written by clickup-receiver), `completed_reads` and `sync_runs`.
"""
